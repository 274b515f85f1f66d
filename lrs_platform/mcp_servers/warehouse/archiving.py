"""Tools of the archive: what the record has of a span of positions, as figures to compare a file with.

Belongs here: the tools. Not here: SQL (warehouse/archiving), the rows themselves (`stored_lines` of mapping.py), files
(lrs_platform/archive).
"""

from __future__ import annotations

from typing import Any

from mcp.server.mcpserver import MCPServer

from lrs_platform.mcp_servers.warehouse.database import Database
from lrs_platform.mcp_servers.warehouse.erasing import LONG
from lrs_platform.warehouse.archiving import sql


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools to `server`."""

    @server.tool()
    async def record_span() -> dict[str, Any]:
        """Positions of the first and the last stored statement, {"first", "last"}; null where there is none."""
        async with database.connection() as connection:
            row = await (await connection.execute(sql("span"))).fetchone()
            assert row is not None
            return {"first": row[0], "last": row[1]}

    @server.tool()
    async def record_digest(after: int, upto: int) -> dict[str, Any]:
        """Statements stored behind position `after`, up to `upto`: how many, and the sum of their hashes as text.

        The sum of the first 60 bits of SHA-256 of each statement line; it does not depend on their order.
        """
        async with database.connection() as connection, connection.transaction():
            await connection.execute(LONG)  # a day of ten million takes a minute
            row = await (await connection.execute(sql("digest"), {"after": after, "upto": upto})).fetchone()
            assert row is not None
            return {"statements": row[0], "checksum": row[1]}
