"""What is told of a load, and what the checks hold it to: for the asset, its sensor and its checks alike."""

from __future__ import annotations

from typing import Any

import dagster as dg

from lrs_platform.call_log.loading import LoadedCalls

CONTRACT = "b04_orchestrator"
FAILED_LIMIT = 0.05  # share of calls in a quarter of an hour; a server that is started again costs less
P95_LIMIT_MS = 5_000.0  # a full batch of 5,000 statements takes 300 ms
LONG_BY_NATURE = frozenset({"refresh_marts", "check_marts"})  # a full build takes minutes


def figures(loaded: LoadedCalls) -> dict[str, Any]:
    """Metadata of a materialisation."""
    return {"rows": loaded.added, "calls": loaded.calls, "purged": loaded.purged, "last_entry": loaded.last_entry}


def few_fail(loaded: LoadedCalls) -> dict[str, Any]:
    """Outcome of the check `few_calls_fail`."""
    share = loaded.failed_share
    worst = {tool["tool"]: tool["failed"] for tool in loaded.tools if tool["failed"]}
    return {
        "passed": share <= FAILED_LIMIT,
        "severity": dg.AssetCheckSeverity.ERROR,
        "metadata": {"failed_share": round(share, 4), "failed": worst},
    }


def quick(loaded: LoadedCalls) -> dict[str, Any]:
    """Outcome of the check `calls_are_quick`: a warning, because a slow hour is no fault of the module."""
    tool, p95 = loaded.slowest(LONG_BY_NATURE)
    return {
        "passed": p95 <= P95_LIMIT_MS,
        "severity": dg.AssetCheckSeverity.WARN,
        "metadata": {"slowest_tool": tool, "p95_ms": round(p95, 1)},
    }
