"""How assets, checks and the sensor of this domain reach the marts: tools of the warehouse server.

A client of its own, because a full build takes longer than any other call may.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import dagster as dg

from lrs_platform.defs.agents import working
from lrs_platform.mcp_client import LoopThread, McpClient
from lrs_platform.settings import get_settings

BUILD_SECONDS = 900.0  # steps/session.sql gives up after the same time


@cache
def _warehouse() -> tuple[LoopThread, McpClient]:
    settings = get_settings()
    client = McpClient(
        "warehouse",
        settings.require("mcp_warehouse_url"),
        settings.require("mcp_warehouse_token"),
        read_timeout=BUILD_SECONDS,
    )
    return LoopThread(), client


class Marts(dg.ConfigurableResource[Any]):
    """The marts, behind the warehouse server. Every method raises McpUnavailable and McpToolError."""

    def refresh(
        self,
        mode: Literal["incremental", "full", "days"] = "incremental",
        *,
        only: list[str] | None = None,
        from_day: str = "",
        upto_day: str = "",
    ) -> dict[str, Any]:
        """Bring the marts up to date; what `refresh_marts` answers. Safe to repeat: a refresh is one transaction."""
        arguments = {"mode": mode, "marts": only, "from_day": from_day, "upto_day": upto_day}
        with working("mart_refresh", contract="learning"):
            return self._call("refresh_marts", arguments)

    def status(self) -> dict[str, Any]:
        """How far the marts are behind, and when each was refreshed."""
        return self._call("mart_status", {})

    def check(self, marts: list[str]) -> dict[str, dict[str, int]]:
        """Rows that break each rule, by mart."""
        return self._call("check_marts", {"marts": marts})

    def picture(self, mart: str) -> dict[str, Any]:
        """What is drawn of a mart: labels x, numbers y."""
        return self._call("mart_picture", {"mart": mart})

    def _call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        loop, client = _warehouse()
        answer: dict[str, Any] = loop.run(client.call_json(tool, arguments, safe_to_retry=True))
        return answer
