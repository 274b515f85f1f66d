"""Reading the record: one statement, a page, and what the warehouse says of itself.

Belongs here: the texts of what was found. Not here: what filters find (finding.py), composing statements as an LRS
returns them (xapi/compose.py), SQL (warehouse/record).
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from psycopg.rows import dict_row

from lrs_platform.mcp_servers.warehouse import finding
from lrs_platform.mcp_servers.warehouse.database import Connection, DataFault
from lrs_platform.warehouse import sql

MAX_LIMIT = 1000
MAX_PAGE_BYTES = 16 * 2**20  # of statement texts; a page ends before it and says that there is more
EXACT_UP_TO = 200_000  # rows; counting that many takes 10 ms

Found = dict[str, Any]


async def one(connection: Connection, statement_id: str) -> Found:
    """`{"statements": [the one with this id, also a voided one], "more": None}`; `voided` says whether it is."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(sql("find_by_id"), {"statement_id": _uuid(statement_id)})
    return {"statements": await cursor.fetchall(), "more": None}


async def page(connection: Connection, filters: finding.Filters, within: finding.Span, limit: int) -> Found:
    """`{"statements": [...], "more": position or None}`; `raw` and `authority` are the stored texts."""
    limit = max(1, min(limit, MAX_LIMIT))
    found = await finding.positions(connection, filters, within, limit + 1)
    if not found:
        return {"statements": [], "more": None}
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(sql("find_at"), {"positions": found[:limit], "max_bytes": MAX_PAGE_BYTES})
    rows = await cursor.fetchall()
    return {"statements": rows, "more": rows[-1]["position"] if len(rows) < len(found) else None}


def as_json(found: Found) -> str:
    """JSON text of what was found; times are ISO 8601 in UTC."""
    return msgspec.json.encode(found).decode()


async def describe(connection: Connection) -> dict[str, Any]:
    """Schema version, counts (with whether they are estimates), the last statement with its event, size, version."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(sql("describe"), {"exact_up_to": EXACT_UP_TO})
    row = await cursor.fetchone()
    assert row is not None
    return row


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise DataFault("statement_id is not a UUID") from error
