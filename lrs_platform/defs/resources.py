"""What assets, checks and sensors work with. Belongs here: how a Dagster process gets hold of the platform's parts.

Connections outlive a tick: a session of the MCP servers costs more than a small batch. They are made at first use,
never at import, and live on one background event loop of the process.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import dagster as dg

from lrs_platform.etl_streaming import Drain, Drained
from lrs_platform.mcp_client import LoopThread, McpClient
from lrs_platform.settings import Settings, get_settings
from lrs_platform.stream import LogPosition, StatementLog


class _Connections:
    """The log and the MCP servers of this process, on its background loop."""

    def __init__(self, settings: Settings) -> None:
        self.loop = LoopThread()
        self.log = StatementLog(
            settings.require("redis_url"),
            settings.stream,
            settings.stream_group,
            retention_hours=settings.log_retention_hours,
        )
        self.python = _client("python", settings)
        self.warehouse = _client("warehouse", settings)


def _client(name: str, settings: Settings) -> McpClient:
    return McpClient(
        name,
        settings.require(f"mcp_{name}_url"),
        settings.require(f"mcp_{name}_token"),
        read_timeout=settings.mcp_read_timeout_seconds,
    )


@cache
def connections() -> _Connections:
    """Those of this process; made when first asked for."""
    return _Connections(get_settings())


class Ingest(dg.ConfigurableResource[Any]):
    """The way of a statement from the log to the warehouse."""

    def drain(self, *, budget_seconds: float | None = None, until_empty: bool = False) -> Drained:
        """One pass over the log; see `Drain.run`. Raises Busy, LogUnavailable."""
        settings, parts = get_settings(), connections()
        drain = Drain(
            log=parts.log,
            python=parts.python,
            warehouse=parts.warehouse,
            budget_seconds=budget_seconds or settings.tick_budget_seconds,
            batch_size=settings.batch_size,
            in_flight=settings.batches_in_flight,
            linger_ms=settings.linger_ms,
            load_delay_ms=settings.test_load_delay_ms,
            until_empty=until_empty,
        )
        return parts.loop.run(drain.run())

    def position(self) -> LogPosition:
        """Where the log and its loader stand. Raises LogUnavailable."""
        parts = connections()
        return parts.loop.run(parts.log.position())

    def describe(self) -> dict[str, Any]:
        """What the warehouse says of itself: counts, last statement, versions."""
        parts = connections()
        described: dict[str, Any] = parts.loop.run(parts.warehouse.call_json("describe", {}, safe_to_retry=True))
        return described
