"""Sends statements one by one at a rate and looks for each in Postgres: `python -m lrs_platform.bench.watch`.

A process of its own: a JSON line with a Watch on standard input, "ready" on standard output, any line to begin, a JSON
line with what was Seen. Belongs here: the two times of a statement, accepted and readable.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time

import msgspec
import psycopg

from lrs_platform.bench.load_generator import quantile
from lrs_platform.bench.plain_script import sql
from lrs_platform.bench.statements import ids, templates
from lrs_platform.http1 import Connection, Origin, xapi_headers

CONNECTIONS = 8
PAUSE_SECONDS = 0.003  # between two looks; the delay found is late by at most a pause and a query
LAST_LOOK_SECONDS = 60.0  # a statement that is not readable by then was never seen


class Watch(msgspec.Struct):
    """What to send, and where to look."""

    endpoint: str
    username: str
    password: str
    database_url: str
    seconds: float
    rate: float
    seed: int = 1


class Seen(msgspec.Struct):
    """Delays from the 2xx to being readable, in ms; `period_ms` is the mean time between two looks."""

    seconds: float
    statements: int
    refused: int
    never_seen: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    worst_ms: float
    period_ms: float


class Watcher:
    """One run."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._texts = itertools.cycle(templates(seed=watch.seed))
        self._ids = ids()
        self._begun = self._refused = self._looks = 0
        self._started = 0.0
        self._outstanding: dict[str, float] = {}
        self._delays: list[float] = []
        self._sending = True

    async def run(self) -> Seen:
        """Send for the time given, look until everything was seen."""
        self._started = time.perf_counter()
        looking = asyncio.create_task(self._look())
        await asyncio.gather(*(self._send() for _ in range(CONNECTIONS)))
        sent = time.perf_counter() - self._started
        self._sending = False
        await looking
        elapsed = time.perf_counter() - self._started
        self._delays.sort()
        return Seen(
            seconds=sent,
            statements=len(self._delays),
            refused=self._refused,
            never_seen=len(self._outstanding),
            p50_ms=quantile(self._delays, 0.50) * 1e3,
            p95_ms=quantile(self._delays, 0.95) * 1e3,
            p99_ms=quantile(self._delays, 0.99) * 1e3,
            worst_ms=quantile(self._delays, 1.0) * 1e3,
            period_ms=elapsed / max(1, self._looks) * 1e3,
        )

    async def _send(self) -> None:
        watch = self._watch
        connection = Connection(Origin.of(watch.endpoint), xapi_headers(watch.username, watch.password, "1.0.3"))
        while (due := self._started + self._begun / watch.rate) - self._started < watch.seconds:
            self._begun += 1
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            before, behind = next(self._texts)
            statement_id = next(self._ids)
            body = before + statement_id.encode() + behind
            answer = await connection.request("PUT", f"/statements?statementId={statement_id}", body)
            if answer.status < 300:
                self._outstanding[statement_id] = time.perf_counter()
            else:
                self._refused += 1
        connection.close()

    async def _look(self) -> None:
        readable = sql("readable")
        last = time.perf_counter() + self._watch.seconds + LAST_LOOK_SECONDS
        async with await psycopg.AsyncConnection.connect(self._watch.database_url, autocommit=True) as connection:
            while (self._sending or self._outstanding) and time.perf_counter() < last:
                self._looks += 1
                if self._outstanding:
                    cursor = await connection.execute(readable, {"outstanding": list(self._outstanding)})
                    found = await cursor.fetchall()
                    now = time.perf_counter()
                    self._delays += [now - self._outstanding.pop(statement_id) for (statement_id,) in found]
                await asyncio.sleep(PAUSE_SECONDS)


def main() -> None:
    """Read the task, say ready, wait for a line, run, print what was seen."""
    import uvloop

    watcher = Watcher(msgspec.json.decode(sys.stdin.readline(), type=Watch))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if not sys.stdin.readline():
        return
    seen = uvloop.run(watcher.run())
    sys.stdout.write(msgspec.json.encode(seen).decode() + "\n")


if __name__ == "__main__":
    main()
