"""What readers are running: cancelling a question of theirs, and ending what outlives every limit.

Belongs here: the tool and the watch. A reader's own limits (statement_timeout and the like) are settings that any
session may change; whoever got past the guard and DBHub could hold a connection for ever. This watch runs as another
role, so it cannot be turned off from there. It needs the rights that deploy/postgres/reader_limits.sql grants.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from lrs_platform.mcp_servers.warehouse.database import Database, DataFault, told
from lrs_platform.sql_guard.framing import mark
from lrs_platform.warehouse.terminal import sql

logger = logging.getLogger(__name__)

READERS = ["lrs_reader", "lrs_reader_pii"]
LOOK_EVERY_SECONDS = 5.0
TRIES = 5  # a question may still be on its way to Postgres when it is cancelled
PAUSE_SECONDS = 0.2


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tool to `server`."""

    @server.tool()
    async def cancel_question(question: str) -> dict[str, int]:
        """Cancel the running query that was sent under the UUID `question`; {"cancelled": 0} where none runs."""
        with told():
            try:
                wanted = mark(uuid.UUID(question))
            except ValueError as error:
                raise DataFault("question is not a UUID") from error
        for _ in range(TRIES):
            async with database.connection() as connection:
                row = await (
                    await connection.execute(sql("question_cancel"), {"readers": READERS, "mark": wanted})
                ).fetchone()
            if row and isinstance(row[0], int) and row[0]:
                return {"cancelled": row[0]}
            await asyncio.sleep(PAUSE_SECONDS)
        return {"cancelled": 0}


@asynccontextmanager
async def watched(database: Database, *, seconds: float) -> AsyncIterator[None]:
    """While open: sessions of readers that have been in one transaction for more than `seconds` are ended."""
    watch = asyncio.create_task(_watch(database, seconds))
    try:
        yield
    finally:
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch


async def _watch(database: Database, seconds: float) -> None:
    told = ""
    while True:
        await asyncio.sleep(min(LOOK_EVERY_SECONDS, seconds))
        problem = ""
        try:
            async with database.connection() as connection:
                row = await (
                    await connection.execute(sql("overdue"), {"readers": READERS, "seconds": seconds})
                ).fetchone()
            if row and row[0]:
                logger.warning("ended %s session(s) of readers after more than %g s", row[0], seconds)
        except (ToolError, psycopg.Error) as error:
            problem = str(error)
        if problem and problem != told and "not ready" not in problem:
            logger.warning("queries of readers cannot be watched: %s", problem)
        told = problem
