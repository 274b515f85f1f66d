"""Getting a file's statements accepted: batches, refusals, waiting, and going on.

Belongs here: what `lrs send` does with each answer of an LRS. Every statement ends accepted or written down as refused;
a request is repeated freely because each statement has an id, and an LRS takes the same one under the same id twice.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from lrs_platform.http1 import Connection, ConnectionLost, Origin, Response, xapi_headers
from lrs_platform.send.bookmark import Bookmark, Rejections
from lrs_platform.send.source import Numbered, Source, SourceUnreadable

MAX_REQUEST_BYTES = 4 * 2**20  # a quarter of the gateway's default limit; a batch of 50 usual statements is 60 kB
LONGEST_PAUSE_SECONDS = 10.0
SERVER_ERROR_TRIES = 5  # a 500 that stays after these is the statement's fault
BUSY = frozenset({429, 502, 503, 504})
DENIED = frozenset({401, 403})
NOT_AN_LRS = frozenset({301, 302, 303, 307, 308, 404, 405})


class Stopped(Exception):
    """Sending cannot go on; the message says why and what to do. What was answered so far stays answered."""


@dataclass(slots=True)
class Tally:
    """Counts of one run; `sent` counts statements that have an answer. `waiting` is why nothing moves just now."""

    sent: int = 0
    accepted: int = 0
    refused: int = 0
    repeated_requests: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    waiting: str | None = None


class Watcher(Protocol):
    """Shows a run while it goes on."""

    def show(self, tally: Tally, source: Source) -> None:
        """Called after every answer; has to be cheap."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send and as whom. `version` is the X-Experience-API-Version of every request."""

    endpoint: str
    username: str
    password: str
    version: str

    def connect(self) -> Connection:
        """A connection whose targets are relative to the endpoint; ValueError when the endpoint is no address."""
        origin = Origin.of(self.endpoint.rstrip("/").removesuffix("/statements"))
        return Connection(origin, xapi_headers(self.username, self.password, self.version))


@dataclass(frozen=True, slots=True)
class _Batch:
    sequence: int
    statements: list[Numbered]


class Delivery:
    """Sends one file to one target, `connections` requests at a time."""

    def __init__(
        self, target: Target, *, batch: int, connections: int, one_by_one: bool, patience: float, watcher: Watcher
    ) -> None:
        self.tally = Tally()
        self._target = target
        self._batch = batch
        self._connections = connections
        self._one_by_one = one_by_one
        self._patience = patience
        self._watcher = watcher
        self._moved = time.monotonic()  # when the LRS last answered anything of use

    async def greet(self) -> None:
        """See that something answers; Stopped where nothing does, before a file is opened."""
        connection = self._target.connect()
        try:
            await connection.request("GET", "/about")
        except ConnectionLost as error:
            raise Stopped(f"no LRS answers at {self._target.endpoint} ({error}): see `sh lrs status`") from error
        finally:
            connection.close()

    async def send(self, source: Source, bookmark: Bookmark, rejections: Rejections) -> None:
        """Send what `source` holds behind the bookmark. Raises Stopped or SourceUnreadable; the bookmark holds then."""
        queue: asyncio.Queue[_Batch | None] = asyncio.Queue(maxsize=2 * self._connections)
        broken: SourceUnreadable | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._connections):
                    group.create_task(self._work(queue, source, bookmark, rejections))
                batches = _batches(source.statements(after=bookmark.point.line), self._batch)
                try:
                    while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                        await queue.put(batch)
                except SourceUnreadable as error:  # what was read before is sent all the same
                    broken = error
                for _ in range(self._connections):
                    await queue.put(None)
        except ExceptionGroup as group:  # every connection stops for the same reason: the first one's words will do
            raise group.exceptions[0] from None
        finally:
            bookmark.save()
        if broken is not None:
            raise broken
        bookmark.finished()

    async def _work(
        self, queue: asyncio.Queue[_Batch | None], source: Source, bookmark: Bookmark, rejections: Rejections
    ) -> None:
        connection = self._target.connect()
        try:
            while (batch := await queue.get()) is not None:
                refused = await self._deliver(connection, batch.statements, rejections, source)
                accepted = len(batch.statements) - refused
                bookmark.answered(batch.sequence, batch.statements[-1].number, accepted, refused)
        finally:
            connection.close()

    async def _deliver(
        self, connection: Connection, statements: list[Numbered], rejections: Rejections, source: Source
    ) -> int:
        """Have every statement of the batch answered for; returns how many were refused."""
        good = [statement for statement in statements if statement.fault is None]
        refused = 0
        for statement in statements:
            if statement.fault is not None:
                self._refuse(statement, 0, {"property": "", "rule": statement.fault}, rejections)
                refused += 1
        if not self._one_by_one and len(good) > 1:
            body = b"[%b]" % b",".join(statement.raw for statement in good)
            response = await self._insist(connection, "POST", "/statements", body, source)
            if response.status < 300:
                self._accept(len(good), source)
                return refused
        for statement in good:  # all of a batch or none: alone, the good ones get through and the bad ones are named
            response = await self._send_alone(connection, statement, source)
            if response.status < 300:
                self._accept(1, source)
            else:
                self._refuse(statement, response.status, problem_of(response), rejections)
                refused += 1
        self._watcher.show(self.tally, source)
        return refused

    async def _send_alone(self, connection: Connection, statement: Numbered, source: Source) -> Response:
        if self._one_by_one and statement.statement_id is not None:
            target = f"/statements?statementId={quote(statement.statement_id, safe='')}"
            return await self._insist(connection, "PUT", target, statement.raw, source)
        return await self._insist(connection, "POST", "/statements", statement.raw, source)

    async def _insist(self, connection: Connection, method: str, target: str, body: bytes, source: Source) -> Response:
        """The LRS's answer to a request, asked for again as long as there is hope; Stopped when there is none."""
        for attempt in itertools.count():
            pause = 0.0
            try:
                response = await connection.request(method, target, body)
            except ConnectionLost as error:
                reason = str(error)
            else:
                status = response.status
                if status in DENIED:
                    raise Stopped(
                        f"{status}: the LRS refuses the credential of {self._target.username!r}: {_text(response)}"
                    )
                if status in NOT_AN_LRS:
                    raise Stopped(
                        f"{status} for {method} {self._target.endpoint}: is the address that of an xAPI endpoint?"
                    )
                if status not in BUSY and (status < 500 or attempt + 1 >= SERVER_ERROR_TRIES):
                    self._moved = time.monotonic()
                    self.tally.waiting = None
                    return response
                reason = f"{status}: {_text(response)}"
                pause = _retry_after(response)
            if time.monotonic() - self._moved > self._patience:
                raise Stopped(f"nothing was accepted for {self._patience:g} s, last because of: {reason}")
            self.tally.waiting = reason
            self.tally.repeated_requests += 1
            self._watcher.show(self.tally, source)
            backoff = min(0.1 * 2 ** min(attempt, 10), LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(max(pause, backoff) * random.uniform(1, 1.2))  # jitter: not all connections at once
        raise AssertionError("unreachable")

    def _accept(self, count: int, source: Source) -> None:
        self.tally.sent += count
        self.tally.accepted += count
        self._watcher.show(self.tally, source)

    def _refuse(self, statement: Numbered, status: int, problem: dict[str, Any], rejections: Rejections) -> None:
        self.tally.sent += 1
        self.tally.refused += 1
        self.tally.reasons[": ".join(part for part in (problem["property"], problem["rule"]) if part)] += 1
        rejections.add(statement.number, status, problem, statement.raw)


def problem_of(response: Response) -> dict[str, Any]:
    """Property and rule of a refusal, as this gateway words it; from another LRS its message stands as the rule."""
    try:
        told = json.loads(response.body)
    except ValueError:
        told = None
    if isinstance(told, dict) and "rule" in told:
        return {"property": told.get("property") or "", "rule": told["rule"]} | {
            name: told[name] for name in ("value", "section") if told.get(name)
        }
    return {"property": "", "rule": f"{response.status}: {_text(response)}"}


def _text(response: Response) -> str:
    """The message of a response, shortened: {"error"}, {"message"} or plain text."""
    text = response.body.decode("utf-8", "replace")
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if isinstance(told, dict):
        text = str(told.get("error") or told.get("message") or told.get("detail") or text)
    return text.strip()[:200] or "no reason given"


def _retry_after(response: Response) -> float:
    """Seconds of Retry-After; 0 where it is absent or a date (then the back-off decides)."""
    value = response.headers.get("retry-after", "")
    return min(float(value), 60.0) if value.isdigit() else 0.0


def _batches(statements: Iterator[Numbered], size: int) -> Iterator[_Batch]:
    """Batches of at most `size` statements and MAX_REQUEST_BYTES."""
    sequence = itertools.count()
    held: list[Numbered] = []
    weight = 0
    for statement in statements:
        if held and (len(held) == size or weight + len(statement.raw) > MAX_REQUEST_BYTES):
            yield _Batch(next(sequence), held)
            held, weight = [], 0
        held.append(statement)
        weight += len(statement.raw) + 1
    if held:
        yield _Batch(next(sequence), held)
