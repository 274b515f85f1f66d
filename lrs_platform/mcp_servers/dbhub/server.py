"""DBHub's tools on our address: tools/list and tools/call pass through unchanged.

Belongs here: what is passed on and what a failure is called. Not here: the child (child.py), its start (launch.py).
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from starlette.types import ASGIApp

from lrs_platform.mcp_servers.dbhub.child import ChildError, ChildGone, KeptChild, ReplyTooLarge
from lrs_platform.mcp_servers.dbhub.launch import launch
from lrs_platform.mcp_servers.serving import STREAMABLE_HTTP, Health, log_to_stderr, serve
from lrs_platform.settings import get_settings

HEALTH_SECONDS = 2.0


def application(child: KeptChild, seconds: float) -> ASGIApp:
    """The ASGI application of the server; it starts and ends `child`. `seconds` bounds a call."""

    @asynccontextmanager
    async def lifespan(_: Server[Any]) -> AsyncIterator[KeptChild]:
        async with child.opened():
            yield child

    async def list_tools(_: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        cursor = {"cursor": params.cursor} if params is not None and params.cursor else {}
        try:
            return types.ListToolsResult.model_validate(await child.request("tools/list", cursor, seconds))
        except (ChildGone, ChildError, ReplyTooLarge, TimeoutError) as error:
            raise MCPError(types.INTERNAL_ERROR, f"DBHub {_words(error, seconds)}") from error

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        call = {"name": params.name, "arguments": params.arguments or {}}
        try:
            return types.CallToolResult.model_validate(await child.request("tools/call", call, seconds))
        except ChildError as error:
            raise MCPError(error.code, str(error)) from error
        except ReplyTooLarge as error:
            return _failed(f"data: {error}: ask for fewer rows or columns")
        except (ChildGone, TimeoutError) as error:
            return _failed(f"transient: DBHub {_words(error, seconds)}")

    server: Server[KeptChild] = Server(
        "dbhub",
        instructions="Reads the views of schema report: execute_sql, search_objects.",
        lifespan=lifespan,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    return server.streamable_http_app(**STREAMABLE_HTTP)


async def health(child: KeptChild) -> Health:
    """Whether DBHub and the database behind it answer a query."""
    started = time.perf_counter()
    call = {"name": "execute_sql", "arguments": {"sql": "select 1"}}
    try:
        result = await child.request("tools/call", call, HEALTH_SECONDS)
    except (ChildGone, ChildError, ReplyTooLarge, TimeoutError) as error:
        return Health(False, {"reason": f"DBHub {_words(error, HEALTH_SECONDS)}"})
    if result.get("isError"):
        return Health(False, {"reason": "DBHub cannot query Postgres"})
    return Health(True, {"ms": round((time.perf_counter() - started) * 1000, 1)})


def _words(error: Exception, seconds: float) -> str:
    return f"did not answer within {seconds:g} s" if isinstance(error, TimeoutError) else str(error)


def _failed(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)


def main() -> None:
    """Serve until SIGTERM. Raises SettingMissing, and DbHubMissing where it is not installed."""
    log_to_stderr()
    settings = get_settings()
    # uvicorn ends by raising the signal that it got once more: like this the directory goes before the process does
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="lrs-dbhub-") as directory:
        child = KeptChild(launch(settings, Path(directory)), settings.dbhub_max_reply_bytes)
        seconds = settings.dbhub_query_seconds + 5.0  # Postgres ends the query first, and DBHub says so

        async def ask() -> Health:
            return await health(child)

        serve("dbhub", application(child, seconds), settings, ask)
