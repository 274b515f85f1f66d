"""From the stream of calls into the table lrs.mcp_call: the asset `mcp_calls`, drained by its sensor every minute.

Belongs here: where to go on, how much the warehouse takes at once. Not here: SQL (warehouse/orchestration).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lrs_platform.call_log.reading import calls_after

if TYPE_CHECKING:
    import redis

ENTRIES = 100  # of the stream in one call of the warehouse: at most 10,000 calls, 2 MB
MOST_ROUNDS = 50
STATS_MINUTES = 15

CallTool = Callable[[str, dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class LoadedCalls:
    """What one pass did, and how the calls of the last quarter of an hour went, by tool."""

    calls: int
    added: int
    purged: int
    last_entry: str
    tools: list[dict[str, Any]]

    @property
    def failed_share(self) -> float:
        """Share of the calls that failed, all tools together."""
        calls = sum(tool["calls"] for tool in self.tools)
        return sum(tool["failed"] for tool in self.tools) / calls if calls else 0.0

    def slowest(self, without: frozenset[str]) -> tuple[str, float]:
        """The tool with the greatest 95th percentile, and that in ms; ("", 0) where there was no call."""
        times = [(tool["tool"], float(tool["p95_ms"])) for tool in self.tools if tool["tool"] not in without]
        return max(times, key=lambda pair: pair[1], default=("", 0.0))


def load_calls(client: redis.Redis, call_tool: CallTool, *, keep_days: float) -> LoadedCalls:
    """Load what the stream holds beyond what was loaded before. Raises RedisError, McpUnavailable, McpToolError."""
    last = call_tool("call_stats", {"minutes": STATS_MINUTES})["loaded_to"] or ""
    seen = added = purged = 0
    for _ in range(MOST_ROUNDS):
        entries = calls_after(client, last, entries=ENTRIES)
        if not entries:
            break
        rows = [[entry, number, *call] for entry, calls in entries for number, call in enumerate(calls)]
        last = entries[-1][0]
        done = call_tool("load_calls", {"calls": json.dumps(rows), "upto_entry": last, "keep_days": keep_days})
        seen, added, purged = seen + len(rows), added + done["added"], purged + done["purged"]
    return LoadedCalls(seen, added, purged, last, call_tool("call_stats", {"minutes": STATS_MINUTES})["tools"])
