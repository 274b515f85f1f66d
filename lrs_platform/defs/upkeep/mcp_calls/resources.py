"""How the asset and the sensor of this subject reach Redis and the warehouse."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import dagster as dg

from lrs_platform.call_log.loading import LoadedCalls, load_calls
from lrs_platform.mcp_client import LoopThread, McpClient
from lrs_platform.settings import get_settings

if TYPE_CHECKING:
    import redis


@cache
def _connections() -> tuple[LoopThread, McpClient, redis.Redis]:
    import redis

    settings = get_settings()
    client = McpClient(
        "warehouse",
        settings.require("mcp_warehouse_url"),
        settings.require("mcp_warehouse_token"),
        read_timeout=settings.mcp_read_timeout_seconds,
    )
    log = redis.Redis.from_url(settings.require("redis_url"), socket_connect_timeout=2, socket_timeout=5)
    return LoopThread(), client, log


class CallLogLoader(dg.ConfigurableResource[Any]):
    """Loads the log of MCP calls."""

    def load(self) -> LoadedCalls:
        """One pass; see `load_calls`. Raises RedisError, McpUnavailable, McpToolError."""
        loop, client, log = _connections()

        def call(tool: str, arguments: dict[str, Any]) -> Any:
            return loop.run(client.call_json(tool, arguments, safe_to_retry=True))

        return load_calls(log, call, keep_days=get_settings().calls_retention_days)
