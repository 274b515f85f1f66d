"""Sends statements to an LRS as fast as it takes them, or at a rate: `python -m lrs_platform.bench.load_generator`.

A process of its own. Standard input: one JSON line with a Load, then, after it has said "ready", any line to begin.
Standard output: one JSON line with a Result. Belongs here: making and timing requests.

Closed loop (`rate` 0): each connection sends its next request when the last was answered. Open loop: requests are due
at their time whether or not the LRS keeps up, and a delay counts from when a request was due.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import time
from collections import Counter
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import msgspec

from lrs_platform.bench.statements import ids, templates
from lrs_platform.http1 import Connection, ConnectionLost, Origin, xapi_headers

GRACE_SECONDS = 30.0  # for the last answers, after which a request counts as lost


class Load(msgspec.Struct):
    """What to send. `batch` 1 is a PUT with statementId, as 7taps sends; more is a POST of so many."""

    endpoint: str
    username: str
    password: str
    batch: int = 1
    connections: int = 8
    seconds: float = 5.0
    statements: int = 0  # if set, stop after so many instead of after `seconds`
    rate: float = 0.0  # requests a second; 0: closed loop
    repeated: float = 0.01  # share of requests that repeat an earlier one word for word
    wrong: float = 0.001  # share of requests with a statement that breaks the standard
    data: str | None = None
    seed: int = 1
    version: str = "1.0.3"


class Result(msgspec.Struct):
    """What came of it. `accepted` counts statements answered by 2xx, repeats too. Delays are in ms, of requests."""

    seconds: float
    requests: int
    accepted: int
    repeated: int
    statuses: dict[str, int]
    p50_ms: float
    p95_ms: float
    p99_ms: float
    worst_ms: float
    bytes_a_statement: float
    generator_cpu_us: float  # a statement; the generator's own, to see that it is not what is measured


class Requests:
    """The requests of a load, one after the other: method, target, body, number of statements, is it a repeat."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._texts = itertools.cycle(templates(Path(load.data) if load.data else None, seed=load.seed))
        self._ids = ids()
        self._chance = random.Random(load.seed)
        self._last: tuple[str, str, bytes] | None = None

    def next(self) -> tuple[str, str, bytes, bool]:
        """The next request."""
        roll = self._chance.random()
        if self._last is not None and roll < self._load.repeated:
            return (*self._last, True)
        wrong = roll > 1 - self._load.wrong
        if self._load.batch == 1:
            statement_id, body = self._statement()
            request = "PUT", f"/statements?statementId={statement_id}", body
        else:
            body = b"[%b]" % b",".join(self._statement()[1] for _ in range(self._load.batch))
            request = "POST", "/statements", body
        if wrong:
            method, target, body = request
            return method, target, body.replace(b'"verb"', b'"verv"', 1), False
        self._last = request
        return (*request, False)

    def _statement(self) -> tuple[str, bytes]:
        before, behind = next(self._texts)
        statement_id = next(self._ids)
        return statement_id, before + statement_id.encode() + behind


class Generator:
    """Runs one load."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._requests = Requests(load)
        self._delays: list[float] = []
        self._statuses: Counter[str] = Counter()
        self._accepted = self._repeated = self._bytes = self._begun = 0
        self._started = 0.0

    async def warm_up(self) -> None:
        """Have the password checked: LRSs remember the verdict, and a slow hash is not what is measured."""
        connection = self._open()
        await connection.request("GET", "/statements?limit=1")
        connection.close()

    async def run(self) -> Result:
        """Send everything and sum up."""
        load = self._load
        cpu = _cpu_seconds()
        self._started = time.perf_counter()
        async with asyncio.timeout(load.seconds + GRACE_SECONDS if not load.statements else None):
            await asyncio.gather(*(self._connection() for _ in range(load.connections)))
        elapsed = time.perf_counter() - self._started
        self._delays.sort()
        sent = max(1, len(self._delays) * load.batch)
        return Result(
            seconds=elapsed,
            requests=len(self._delays),
            accepted=self._accepted,
            repeated=self._repeated,
            statuses=dict(self._statuses),
            p50_ms=quantile(self._delays, 0.50) * 1e3,
            p95_ms=quantile(self._delays, 0.95) * 1e3,
            p99_ms=quantile(self._delays, 0.99) * 1e3,
            worst_ms=quantile(self._delays, 1.0) * 1e3,
            bytes_a_statement=self._bytes / sent,
            generator_cpu_us=(_cpu_seconds() - cpu) / sent * 1e6,
        )

    def _due(self) -> float | None:
        """When the next request is due (seconds of the clock); None when there is none left."""
        load, number = self._load, self._begun
        if load.statements and number * load.batch >= load.statements:
            return None
        due = self._started + number / load.rate if load.rate else time.perf_counter()
        if not load.statements and due - self._started >= load.seconds:
            return None
        self._begun += 1
        return due

    def _open(self) -> Connection:
        load = self._load
        headers = xapi_headers(load.username, load.password, load.version)
        return Connection(Origin.of(load.endpoint), headers, timeout=GRACE_SECONDS)

    async def _connection(self) -> None:
        load = self._load
        connection = self._open()
        try:
            while (due := self._due()) is not None:
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                method, target, body, repeat = self._requests.next()
                try:
                    status = (await connection.request(method, target, body)).status
                except ConnectionLost as error:
                    self._statuses[str(error)[:60]] += 1
                else:
                    self._statuses[str(status)] += 1
                    if status < 300:
                        self._accepted += load.batch
                        self._repeated += load.batch * repeat
                self._delays.append(time.perf_counter() - due)
                self._bytes += len(body)
        finally:
            connection.close()


def quantile(ordered: list[float], share: float) -> float:
    """The value below which `share` of the ordered values lie; 0.0 where there are none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _cpu_seconds() -> float:
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Read the load, say ready, wait for a line, run, print the result."""
    import uvloop

    load = msgspec.json.decode(sys.stdin.readline(), type=Load)
    generator = Generator(load)
    uvloop.run(generator.warm_up())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if not sys.stdin.readline():
        return
    result = uvloop.run(generator.run())
    sys.stdout.write(msgspec.json.encode(result).decode() + "\n")


if __name__ == "__main__":
    main()
