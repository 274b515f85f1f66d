"""How retention reaches its policy and the warehouse."""

from __future__ import annotations

from typing import Any

import dagster as dg

from lrs_platform.mcp_client import LoopThread, McpClient
from lrs_platform.rights.retention import apply
from lrs_platform.settings import Settings, get_settings

PART_SECONDS = 900.0  # of one call: 5,000 statements with all that hangs on them


class Retention(dg.ConfigurableResource[Any]):
    """Removes what is older than it may be."""

    def apply(self) -> dict[str, int]:
        """Rows removed, by table. Raises PolicyInvalid, McpToolError, McpUnavailable."""
        loop = LoopThread()
        try:
            return loop.run(_applied(get_settings()))
        finally:
            loop.close()


async def _applied(settings: Settings) -> dict[str, int]:
    warehouse = McpClient(
        "warehouse",
        settings.require("mcp_warehouse_url"),
        settings.require("mcp_warehouse_token"),
        read_timeout=PART_SECONDS,
    )
    try:
        return await apply(settings, warehouse)
    finally:
        await warehouse.close()
