"""Who sends while faults happen, and remembers what was acknowledged.

Belongs here: requests that are repeated until they have an answer, as a good sender does. A statement counts as
acknowledged with the first 2xx of a request that held it.
"""

from __future__ import annotations

import asyncio
import random
import time
from itertools import islice

from lrs_platform.bench.statements import ids, templates
from lrs_platform.http1 import Connection, ConnectionLost, Origin, xapi_headers
from lrs_platform.local.credentials import Credentials

CONNECTIONS = 4
ANSWERED_WITHIN_SECONDS = 240.0
ANSWER_SECONDS = 15.0  # a request without an answer for so long is sent again, as any client would
SINGLES = 0.7  # the share of requests that are a PUT of one, as microlearning tools send


class Traffic:
    """Requests of one round: `acknowledged` by connection in the order of their answers, ids with their text."""

    def __init__(self, credentials: Credentials, *, seed: int, rate: float) -> None:
        self.acknowledged: dict[str, bytes] = {}
        self.in_order: list[list[list[str]]] = []  # of each connection: the requests it had answered, each its ids
        self.repeated_requests = 0
        self._origin = Origin.of(credentials.endpoint)
        self._headers = xapi_headers(credentials.username, credentials.password, "1.0.3")
        self._chance = random.Random(seed)
        self._ids = ids()  # no seed: a second run is not to meet the statements of the first
        self._texts = templates(seed=seed & 0xFFFF)
        self._pause = CONNECTIONS / rate

    async def run(self, seconds: float) -> None:
        """Send for so long, and on until the last request has its answer. TimeoutError where one never gets it."""
        end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._send(end))

    async def _send(self, end: float) -> None:
        connection = Connection(self._origin, self._headers)
        answered: list[list[str]] = []
        self.in_order.append(answered)
        try:
            while time.monotonic() < end:
                batch = 1 if self._chance.random() < SINGLES else self._chance.randint(2, 50)
                statements = {each: self._text(each) for each in islice(self._ids, batch)}
                connection = await self._insist(connection, statements)
                self.acknowledged |= statements
                answered.append(list(statements))
                await asyncio.sleep(self._chance.expovariate(1 / self._pause))
        finally:
            connection.close()

    def _text(self, statement_id: str) -> bytes:
        before, behind = self._chance.choice(self._texts)
        return before + statement_id.encode() + behind

    async def _insist(self, connection: Connection, statements: dict[str, bytes]) -> Connection:
        """Have a request answered by 2xx; the connection that did it."""
        async with asyncio.timeout(ANSWERED_WITHIN_SECONDS):
            while True:
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        status = await self._ask(connection, statements)
                except (ConnectionLost, TimeoutError):
                    connection.close()
                    connection = Connection(self._origin, self._headers)
                else:
                    if status < 300:
                        return connection
                    if status < 500:
                        raise RuntimeError(f"a sound request was answered with {status}")
                self.repeated_requests += 1
                await asyncio.sleep(self._chance.uniform(0.05, 0.3))

    @staticmethod
    async def _ask(connection: Connection, statements: dict[str, bytes]) -> int:
        if len(statements) == 1:
            ((statement_id, text),) = statements.items()
            response = await connection.request("PUT", f"/statements?statementId={statement_id}", text)
        else:
            response = await connection.request("POST", "/statements", b"[%b]" % b",".join(statements.values()))
        return response.status
