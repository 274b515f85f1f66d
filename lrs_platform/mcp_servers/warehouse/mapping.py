"""Tools for mapping stored statements otherwise: statements to try it on, what would differ, what no mapping knows.

Belongs here: the tools. Not here: SQL (warehouse/catching_up), replacing events (catching_up.py), mapping (mappings/).
"""

from __future__ import annotations

from typing import Any

import msgspec
from mcp.server.mcpserver import MCPServer
from psycopg.rows import dict_row

from lrs_platform.mcp_servers.warehouse.database import Database
from lrs_platform.warehouse.catching_up import sql

MOST_LINES = 10_000  # of one call: 12 MB of statements


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools to `server`."""

    @server.tool(structured_output=False)
    async def stored_lines(after: int = 0, upto: int = 0, limit: int = 2000) -> str:
        """Stored statements as statement lines, in the order of the record, voided ones too.

        JSON text {"lines": lines joined by newlines, "after": position to go on from, null at the end, "upto": the
        highest position to read; give it again, so that statements which arrive meanwhile do not count}.
        """
        async with database.connection() as connection:
            if not upto:
                row = await (await connection.execute(sql("newest"))).fetchone()
                assert row is not None
                upto = int(str(row[0]))
            limit = min(limit, MOST_LINES)
            cursor = await connection.execute(sql("stored_lines"), {"after": after, "upto": upto, "rows": limit})
            rows = await cursor.fetchall()
            return msgspec.json.encode(
                {
                    "lines": "\n".join(str(line) for _, line in rows),
                    "after": rows[-1][0] if len(rows) == limit else None,
                    "upto": upto,
                }
            ).decode()

    @server.tool(structured_output=False)
    async def sampled_lines(limit: int = 1000) -> str:
        """Stored statements as statement lines, half of them the newest, half picked by chance, joined by newlines."""
        async with database.connection() as connection:
            cursor = await connection.execute(sql("sampled_lines"), {"rows": min(limit, MOST_LINES)})
            return "\n".join([str(line) for (line,) in await cursor.fetchall()])

    @server.tool(structured_output=False)
    async def mapped_otherwise(events: str) -> str:
        """Which event lines differ from the events that stand. Nothing is changed.

        JSON array of {statement_id, verb_id, object_id, added, changes: {column: [standing, new]}}.
        """
        async with database.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(sql("mapped_otherwise"), {"events": events})
            return msgspec.json.encode(await cursor.fetchall()).decode()

    @server.tool(structured_output=False)
    async def standing_events(statement_ids: list[str]) -> str:
        """Which of these statements have an event: a JSON array of ids."""
        async with database.connection() as connection:
            cursor = await connection.execute(sql("standing_events"), {"statement_ids": statement_ids})
            return msgspec.json.encode([str(found) for (found,) in await cursor.fetchall()]).decode()

    @server.tool(structured_output=False)
    async def unmapped(limit: int = 100) -> str:
        """What no mapping made part of a learning path, the most frequent first.

        JSON array of {reason, verb, type, statements, latest (an id), latest_at}. Statements that the marts have not
        read yet are not in it.
        """
        async with database.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(sql("unmapped"), {"rows": limit})
            return msgspec.json.encode(await cursor.fetchall()).decode()
