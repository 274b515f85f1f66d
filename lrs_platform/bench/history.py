"""A long history in the record, for measuring how it is read: statements of weeks, put in by the loader's own code.

Belongs here: how they lie in time. Not here: what they say (statements.py), measuring (read.py, growth.py). They go
past the log, and the marts are not told of them; so measure on an instance that you can throw away.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from typing import cast

from lrs_platform.bench.plain_script import sql
from lrs_platform.bench.report import tracked
from lrs_platform.bench.statements import ids, templates
from lrs_platform.bench.subject import AS_THE_WAREHOUSE

CALL = 5000
BURST_MS, TRICKLE_MS = 1, 2000  # between two statements; calls are the one and the other in turn
AUTHORITY = {"objectType": "Agent", "account": {"homePage": "https://learn.example.com", "name": "bench"}}


def fill(database_url: str, statements: int, *, with_events: bool = False) -> int:
    """Add what is missing to `statements` in the record, before the oldest that is there; how many were added."""
    return asyncio.run(_fill(database_url, statements, with_events))


async def _fill(database_url: str, statements: int, with_events: bool) -> int:
    import psycopg

    from lrs_platform.mcp_servers.warehouse.loading import load

    async with await psycopg.AsyncConnection.connect(
        database_url, autocommit=True, options=AS_THE_WAREHOUSE
    ) as connection:
        row = await (await connection.execute(sql("stored"))).fetchone()
        stored, oldest = cast("tuple[int, int | None]", row)
        missing = max(0, statements - stored)
        calls = -(-missing // CALL)
        oldest_ms = oldest >> 20 if oldest else int(time.time() * 1000)
        ms = oldest_ms - (calls + 1) * CALL * (BURST_MS + TRICKLE_MS) // 2
        texts, names, number = itertools.cycle(templates()), ids(), 0
        chance = random.Random(ms)
        for call in tracked("filling the record", calls):
            lines = []
            for _ in range(min(CALL, missing - call * CALL)):
                ms += BURST_MS if call % 2 else chance.randrange(1, 2 * TRICKLE_MS)
                number += 1
                lines.append(_line(f"{ms}-{number % 2**20}", next(names), next(texts)))
            await load(connection, "\n".join(lines), "", "", "bench")
            if with_events:
                await connection.execute(sql("events"), {"first": _position(lines[0]), "last": _position(lines[-1])})
        if missing:
            await connection.execute(sql("vacuum"))
            await connection.execute("checkpoint")  # or what is measured next pays for what was filled in
    return missing


def _position(line: str) -> int:
    ms, _, sequence = line.partition("\t")[0].partition("-")
    return int(ms) * 2**20 + int(sequence)


def _line(log_id: str, statement_id: str, cut: tuple[bytes, bytes]) -> str:
    raw = (cut[0] + statement_id.encode() + cut[1]).decode()
    return f"{log_id}\t{statement_id}\t1.0.3\t{json.dumps(AUTHORITY)}\t{raw}"
