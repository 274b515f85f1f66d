"""Reading the record: one statement, a page, and what the warehouse says of itself.

Belongs here: what a caller's parameters mean in positions. Not here: composing statements as an LRS returns them
(xapi/compose.py), SQL (warehouse/record).
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from psycopg.rows import dict_row

from lrs_platform.mcp_servers.warehouse.database import Connection, DataFault
from lrs_platform.warehouse import sql

MAX_LIMIT = 1000
MAX_PAGE_BYTES = 16 * 2**20  # of statement texts; a page ends before it and says that there is more
EXACT_UP_TO = 200_000  # rows; counting that many takes 10 ms
MILLISECOND = 2**20  # positions in one (docs/architecture.md, "Shapes")
HIGHEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Span:
    """Positions strictly between two others."""

    above: int
    below: int


def span(*, since: str, until: str, ascending: bool, after: int, upto: int) -> Span:
    """The positions that a page may come from.

    `since` and `until` are timestamps (stored later than the one, not later than the other; xAPI 1.0.3, Communication
    2.1.3); `after` is the position of the last statement of the page before; `upto` the highest position, so that
    paging is stable while statements arrive. Empty or 0: no bound. DataFault for what is not a timestamp.
    """
    above, below = -1, HIGHEST
    if since:
        above = max(above, (_milliseconds("since", since) + 1) * MILLISECOND - 1)
    if until:
        below = min(below, (_milliseconds("until", until) + 1) * MILLISECOND)
    if upto:
        below = min(below, upto + 1)
    if after and ascending:
        above = max(above, after)
    elif after:
        below = min(below, after)
    return Span(above, below)


async def find(
    connection: Connection, *, statement_id: str, limit: int, ascending: bool, within: Span
) -> dict[str, Any]:
    """`{"statements": [...], "more": position or None}`; `raw` and `authority` are the stored texts."""
    cursor = connection.cursor(row_factory=dict_row)
    if statement_id:
        await cursor.execute(sql("find_by_id"), {"statement_id": _uuid(statement_id)})
        return {"statements": await cursor.fetchall(), "more": None}
    limit = max(1, min(limit, MAX_LIMIT))
    await cursor.execute(
        sql("find_ascending" if ascending else "find_descending"),
        {"above": within.above, "below": within.below, "rows": limit + 1, "max_bytes": MAX_PAGE_BYTES},
    )
    rows = await cursor.fetchall()
    candidates = rows[0]["candidates"] if rows else 0
    page = rows[:limit]
    for row in page:
        del row["candidates"]
    return {"statements": page, "more": page[-1]["position"] if candidates > len(page) else None}


def as_json(found: dict[str, Any]) -> str:
    """JSON text of what `find` returned; times are ISO 8601 in UTC."""
    return msgspec.json.encode(found).decode()


async def describe(connection: Connection) -> dict[str, Any]:
    """Schema version, counts (with whether they are estimates), the last statement with its event, size, version."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(sql("describe"), {"exact_up_to": EXACT_UP_TO})
    row = await cursor.fetchone()
    assert row is not None
    return row


def _milliseconds(name: str, timestamp: str) -> int:
    """Whole milliseconds since 1970 of an ISO 8601 timestamp, rounded down; UTC where it has no offset."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError as error:
        raise DataFault(f"{name} is not an ISO 8601 timestamp") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since_epoch = moment - datetime(1970, 1, 1, tzinfo=UTC)
    milliseconds = math.floor(since_epoch.total_seconds() * 1_000_000 + 0.5) // 1000
    return max(-1, min(milliseconds, HIGHEST // MILLISECOND - 2))


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise DataFault("statement_id is not a UUID") from error
