"""The tools about the log of MCP calls: keep a batch of them, say how the last ones went.

Belongs here: parameters, descriptions, one transaction. Not here: the stream (lrs_platform/call_log), when it is loaded
(the asset mcp_calls).
"""

from __future__ import annotations

from typing import Any

from mcp.server.mcpserver import MCPServer

from lrs_platform.mcp_servers.warehouse.database import Database
from lrs_platform.warehouse.orchestration import sql


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools about calls to `server`."""

    @server.tool()
    async def load_calls(calls: str, upto_entry: str, keep_days: float) -> dict[str, int]:
        """Keep calls of MCP tools; repeating a call changes nothing.

        calls: a JSON array of arrays: entry, number, then the fields of a logged call in their order. upto_entry: the
        last entry of the stream among them. keep_days: older calls are forgotten.
        """
        async with database.connection() as connection, connection.transaction():
            added = await connection.execute(sql("load_calls"), {"calls": calls})
            await connection.execute(sql("calls_loaded"), {"entry": upto_entry})
            purged = await connection.execute(sql("purge_calls"), {"days": keep_days})
            return {"added": added.rowcount, "purged": purged.rowcount}

    @server.tool()
    async def call_stats(minutes: int = 15) -> dict[str, Any]:
        """Calls, failed ones and the 95th percentile in ms of the last `minutes`, by server and tool; and `loaded_to`,
        the entry up to which the stream of calls is loaded."""
        async with database.connection() as connection:
            row = await (await connection.execute(sql("call_stats"), {"minutes": minutes})).fetchone()
        assert row is not None and isinstance(row[0], dict)
        return row[0]
