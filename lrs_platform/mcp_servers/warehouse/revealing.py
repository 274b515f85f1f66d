"""The tools that say who is behind a pseudonym and what a learner wrote, for callers who may know.

Belongs here: parameters and sizes. Not here: who may (the gateway knows the login and its role; the server's token is
held by the platform's own processes alone).
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from mcp.server.mcpserver import MCPServer
from psycopg.rows import dict_row

from lrs_platform.mcp_servers.warehouse.database import Database, DataFault, told
from lrs_platform.warehouse.revealing import sql

MOST = 10_000  # as many as a report has rows


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools to `server`."""

    @server.tool(structured_output=False)  # the texts once, not twice
    async def reveal_learners(learners: list[str]) -> str:
        """Names of learners by their pseudonyms: JSON {"learners": [{learner, name, mail}]}; at most 10,000."""
        with told():
            _check(learners)
            async with database.connection() as connection:
                cursor = connection.cursor(row_factory=dict_row)
                await cursor.execute(sql("learners"), {"learners": learners})
                return msgspec.json.encode({"learners": await cursor.fetchall()}).decode()

    @server.tool(structured_output=False)
    async def reveal_responses(statement_ids: list[str]) -> str:
        """What learners wrote, by statement: JSON {"responses": [{statement_id, response}]}; at most 10,000."""
        with told():
            _check(statement_ids)
            try:
                wanted = [str(uuid.UUID(each)) for each in statement_ids]
            except ValueError as error:
                raise DataFault("a statement id is no UUID") from error
            async with database.connection() as connection:
                cursor = connection.cursor(row_factory=dict_row)
                await cursor.execute(sql("responses"), {"statement_ids": wanted})
                return msgspec.json.encode({"responses": await cursor.fetchall()}).decode()


def _check(wanted: list[str]) -> None:
    if len(wanted) > MOST:
        raise DataFault(f"at most {MOST:,} at a time")
    if any("\x00" in each for each in wanted):
        raise DataFault("a text holds NUL, which Postgres cannot keep")
