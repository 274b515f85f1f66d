"""The tool that follows one statement through the tables. Not here: the log and Dagster (gateway/debug/trace.py)."""

from __future__ import annotations

import uuid
from typing import Any

from mcp.server.mcpserver import MCPServer

from lrs_platform.mcp_servers.warehouse.database import Database, DataFault
from lrs_platform.warehouse.orchestration import sql


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tool to `server`."""

    @server.tool()
    async def follow_statement(statement_id: str) -> dict[str, Any]:
        """What the tables know of a statement's way: its place in the record, verb and object of its event, rejections,
        conflicts, voidings, the changes that told the marts of it, and when each mart was refreshed."""
        async with database.connection() as connection:
            try:
                wanted = uuid.UUID(statement_id)
            except ValueError as error:
                raise DataFault("statement_id is not a UUID") from error
            row = await (await connection.execute(sql("follow"), {"statement_id": wanted})).fetchone()
        assert row is not None and isinstance(row[0], dict)
        return row[0]
