"""The tools about marts: bring them up to date, say how they stand, check them, give what is drawn of them.

Belongs here: parameters, descriptions, failures. Not here: how marts are computed (lrs_platform/warehouse/marts).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from lrs_platform.mcp_servers.warehouse.database import Database
from lrs_platform.warehouse.marts import checking, picture_of, refresh, step


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools about marts to `server`."""

    @server.tool()
    async def refresh_marts(
        mode: Literal["incremental", "full", "days"] = "incremental",
        as_of: str = "",
        marts: list[str] | None = None,
        from_day: str = "",
        upto_day: str = "",
    ) -> dict[str, Any]:
        """Bring the marts up to date, in one transaction.

        incremental: what loads and other changes have touched. full: everything anew. days: also the events of the days
        from_day to upto_day (UTC, ISO 8601), whatever touched them. as_of: the moment that counts as now (ISO 8601 with
        an offset; empty: now). marts: rebuild these alone, each in full; changes stay pending. Answers, for each mart,
        keys touched (null: all), rows written, ms. Fails as transient where another refresh is running.
        """
        with _told():
            moment = _moment(as_of)
            days = _days(from_day, upto_day) if mode == "days" else None
            async with database.connection() as connection:
                done = await refresh.refresh(connection, mode=mode, as_of=moment, only=marts or (), days=days)
        answer = dataclasses.asdict(done)
        answer["as_of"] = done.as_of.isoformat()
        answer["days"] = [day.isoformat() for day in done.days]
        return answer

    @server.tool()
    async def mart_status() -> dict[str, Any]:
        """Changes that are pending and the age of the oldest, rows of the dimensions, the last refresh, and for each
        mart as_of, refreshed_at, rebuilt_at (for all keys), rows and milliseconds of its last refresh."""
        async with database.connection() as connection:
            row = await (await connection.execute(step("status"))).fetchone()
        assert row is not None and isinstance(row[0], dict)
        return row[0]

    @server.tool()
    async def check_marts(marts: list[str] | None = None) -> dict[str, dict[str, int]]:
        """Rows of each mart that break each rule which the semantic model lays down for it; 0 is good."""
        with _told():
            async with database.connection() as connection:
                return await checking.violations(connection, marts or [])

    @server.tool()
    async def mart_picture(mart: str) -> dict[str, Any]:
        """What is drawn of a mart: {"x": labels, "y": numbers}; both empty where nothing is."""
        try:
            query = picture_of(mart) if mart.isidentifier() else None
        except FileNotFoundError:
            query = None
        if query is None:
            return {"x": [], "y": []}
        async with database.connection() as connection:
            rows = await (await connection.execute(query)).fetchall()
        return {"x": [row[0] for row in rows], "y": [row[1] for row in rows]}


@contextmanager
def _told() -> Iterator[None]:
    """Raise what the caller can mend, or can try again, as ToolError."""
    try:
        yield
    except refresh.RefreshRunning as error:
        raise ToolError(f"transient: {error}") from error
    except ValueError as error:
        raise ToolError(f"data: {error}") from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text) if text else datetime.now(UTC)
    if moment.tzinfo is None:
        raise ValueError("as_of has no offset: write it as 2026-03-02T09:00:00Z")
    return moment


def _days(from_day: str, upto_day: str) -> tuple[date, date]:
    if not from_day:
        raise ValueError("mode days needs from_day, e.g. 2026-03-02, and upto_day where it is more than one day")
    return date.fromisoformat(from_day), date.fromisoformat(upto_day or from_day)
