"""The tools of the warehouse server, as any MCP client sees them.

Belongs here: names, parameters, descriptions. Not here: what they do (loading.py, reading.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.mcpserver import MCPServer
from starlette.types import ASGIApp

from lrs_platform.mcp_servers.hot_tools import HotTools
from lrs_platform.mcp_servers.serving import STREAMABLE_HTTP, log_to_stderr, serve
from lrs_platform.mcp_servers.warehouse import (
    archiving,
    calls,
    catching_up,
    documents,
    entities,
    finding,
    following,
    identity,
    loading,
    mapping,
    outreach,
    questions,
    readers,
    reading,
    refresh,
    revealing,
    rights,
    roster,
    saved_queries,
)
from lrs_platform.mcp_servers.warehouse.database import Database
from lrs_platform.settings import get_settings

INSTRUCTIONS = """\
Holds the record of xAPI statements. load_statements is for the platform's loader. Failures begin with `transient:`
(sending the same again may work) or `data:` (it will not), followed by the SQLSTATE."""


def application(database: Database, *, reader_seconds: float = 90.0) -> ASGIApp:
    """The ASGI application of the server; it opens and closes `database`, and ends what readers run for longer."""

    @asynccontextmanager
    async def lifespan(_: MCPServer[Any]) -> AsyncIterator[Database]:
        async with database.opened(), readers.watched(database, seconds=reader_seconds):
            yield database

    server = MCPServer("warehouse", instructions=INSTRUCTIONS, lifespan=lifespan, log_level="WARNING")

    @server.tool(structured_output=False)
    async def load_statements(statements: str, events: str, rejected: str = "", mapping: str = "") -> loading.Loaded:
        """Load a batch in one transaction; repeating a call changes nothing.

        statements: lines `log id \\t statement id \\t version \\t authority JSON \\t statement JSON`, in log order.
        events: a line for each of them that was mapped, in the same order: a JSON array, core.event's columns from
        statement_id, occurred_at on. rejected: a JSON object a line {log_id, statement_id, stage, reason, mapping,
        raw}; stage is map or load. mapping: name and version of the mapping, for rejected lines that do not say.
        """
        async with database.connection() as connection:
            return await loading.load(connection, statements, events, rejected, mapping)

    @server.tool(structured_output=False)  # the texts once, not twice
    async def find_statements(
        statement_id: str = "",
        agent: str = "",
        verb: str = "",
        activity: str = "",
        registration: str = "",
        related_agents: bool = False,
        related_activities: bool = False,
        authority: str = "",
        since: str = "",
        until: str = "",
        limit: int = 100,
        ascending: bool = False,
        after: int = 0,
        upto: int = 0,
    ) -> str:
        """Statements as they were received: JSON text {"statements": [...], "more": position or null}.

        Either the one with statement_id (`voided` says whether it is), or a page of at most `limit` (1 to 1000) that
        are not voided, newest first unless ascending, stored after `since` and not after `until` (ISO 8601), and found
        by all filters: agent (JSON of an xAPI Agent or Group), verb and activity (IRIs), registration (UUID),
        authority (JSON of the one who vouches). related_agents and related_activities let these filters look at
        context, authority and SubStatements too. For the next page give `more` as `after`. `upto` is the highest
        position to return: with it pages do not shift while statements arrive.
        """
        async with database.connection() as connection:
            if statement_id:
                return reading.as_json(await reading.one(connection, statement_id))
            filters = finding.Filters(
                agent=agent,
                verb=verb,
                activity=activity,
                registration=registration,
                authority=authority,
                related_agents=related_agents,
                related_activities=related_activities,
            )
            within = finding.span(since=since, until=until, ascending=ascending, after=after, upto=upto)
            return reading.as_json(await reading.page(connection, filters, within, limit))

    @server.tool()
    async def describe() -> dict[str, Any]:
        """Schema version, numbers of statements, events, rejected and conflicts, the last statement with its event row,
        size and version of the database."""
        async with database.connection() as connection:
            return await reading.describe(connection)

    refresh.register(server, database)
    calls.register(server, database)
    following.register(server, database)
    roster.register(server, database)
    identity.register(server, database)
    rights.register(server, database)
    documents.register(server, database)
    entities.register(server, database)
    saved_queries.register(server, database)
    outreach.register(server, database)
    questions.register(server, database)
    revealing.register(server, database)
    readers.register(server, database)
    catching_up.register(server, database)
    mapping.register(server, database)
    archiving.register(server, database)
    return HotTools(server.streamable_http_app(**STREAMABLE_HTTP), load_statements, find_statements)


def main() -> None:
    """Serve until SIGTERM. Raises SettingMissing where LRS_DATABASE_URL or the token is not set."""
    log_to_stderr()
    settings = get_settings()
    # A statement ends before the caller gives up, so that a call which is sent again does not meet its own ghost.
    database = Database(settings.require("database_url"), statement_seconds=settings.mcp_read_timeout_seconds * 0.9)
    serve("warehouse", application(database, reader_seconds=settings.reader_seconds), settings, database.health)
