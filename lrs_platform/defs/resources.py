"""What assets, checks and sensors work with. Belongs here: how a Dagster process gets hold of the platform's parts.

Connections outlive a tick: a session of the MCP servers costs more than a small batch. They are made at first use,
never at import, and live on one background event loop of the process.
"""

from __future__ import annotations

import asyncio
import atexit
from contextlib import suppress
from functools import cache
from typing import Any

import dagster as dg

from lrs_platform.etl_streaming import Drain, Drained
from lrs_platform.log_and_record import Compared, compare
from lrs_platform.mcp_client import LoopThread, McpClient
from lrs_platform.settings import Settings, get_settings
from lrs_platform.standing_drain import StandingDrain
from lrs_platform.stream import LogPosition
from lrs_platform.stream.opening import open_index, open_log

# Of the log, every few minutes: at 10 statements a second two hours, which takes a second.
COMPARED_HOURS, COMPARED_ENTRIES = 2.0, 100_000
LET_GO_SECONDS = 10.0  # a batch in flight takes a few


class _Connections:
    """The log and the MCP servers of this process, on its background loop."""

    def __init__(self, settings: Settings) -> None:
        self.loop = LoopThread()
        self.log = open_log(settings)
        self.python = _client("python", settings)
        self.warehouse = _client("warehouse", settings)
        self.standing = StandingDrain(lambda: self.drain(settings))
        atexit.register(self._let_go)

    def drain(self, settings: Settings, *, budget_seconds: float | None = None, until_empty: bool = False) -> Drain:
        """A pass over the log, not yet begun."""
        return Drain(
            log=self.log,
            python=self.python,
            warehouse=self.warehouse,
            budget_seconds=budget_seconds or settings.tick_budget_seconds,
            batch_size=settings.batch_size,
            in_flight=settings.batches_in_flight,
            linger_ms=settings.linger_ms,
            load_delay_ms=settings.test_load_delay_ms,
            until_empty=until_empty,
        )

    def _let_go(self) -> None:
        """At the end of the process: give the lease back, or the next one waits until it has run out."""
        with suppress(Exception):  # nobody is left to be told
            self.loop.run(asyncio.wait_for(self.standing.stop(), LET_GO_SECONDS))


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

    def drain(self, *, budget_seconds: float) -> Drained:
        """One pass over the log until it is empty; see `Drain.run`. Raises Busy, LogUnavailable."""
        parts = connections()
        return parts.loop.run(parts.drain(get_settings(), budget_seconds=budget_seconds, until_empty=True).run())

    def tick(self) -> Drained:
        """Load for a tick, and on until the next one; see `StandingDrain.tick`. Raises Busy, LogUnavailable."""
        parts = connections()
        return parts.loop.run(parts.standing.tick(get_settings().tick_budget_seconds))

    def wait_loaded(self, seconds: float) -> Drained:
        """Wait for another drain to load what is in the log now. It tells what it stores; this one stored nothing."""
        parts = connections()

        async def wait() -> Drained:
            newest = (await parts.log.position()).newest
            if await parts.log.wait_loaded(newest, timeout_ms=int(seconds * 1000)):
                return Drained()
            return Drained(failures=[f"the drain that holds the lease did not come to {newest} within {seconds:g} s"])

        return parts.loop.run(wait())

    def position(self) -> LogPosition:
        """Where the log and its loader stand. Raises LogUnavailable."""
        parts = connections()
        return parts.loop.run(parts.log.position())

    def compare(self) -> Compared:
        """The last hours of the log held against the record. Raises LogUnavailable, McpUnavailable, McpToolError."""
        parts = connections()
        index = open_index(get_settings())

        async def compared() -> Compared:
            try:
                return await compare(parts.log, index, parts.warehouse, hours=COMPARED_HOURS, most=COMPARED_ENTRIES)
            finally:
                await index.close()

        return parts.loop.run(compared())

    def describe(self) -> dict[str, Any]:
        """What the warehouse says of itself: counts, last statement, versions."""
        parts = connections()
        described: dict[str, Any] = parts.loop.run(parts.warehouse.call_json("describe", {}, safe_to_retry=True))
        return described
