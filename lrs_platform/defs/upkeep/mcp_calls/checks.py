"""Checks of the log of MCP calls: what must hold of the calls of the last quarter of an hour."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.agents import working
from lrs_platform.defs.upkeep.mcp_calls.figures import CONTRACT, few_fail, quick
from lrs_platform.defs.upkeep.mcp_calls.resources import CallLogLoader


@dg.asset_check(asset="mcp_calls", description="At most 5 % of the calls of the last 15 minutes failed.")
def few_calls_fail(call_log: CallLogLoader) -> dg.AssetCheckResult:
    """Fails where more did: see /ui/debug/active-agents?error=any."""
    with working("mcp_calls", contract=CONTRACT):
        return dg.AssetCheckResult(**few_fail(call_log.load()))


@dg.asset_check(asset="mcp_calls", description="Of no tool did the slowest 5 % of calls take over 5 seconds.")
def calls_are_quick(call_log: CallLogLoader) -> dg.AssetCheckResult:
    """Warns where they did; refreshing marts, which takes long by nature, is left out."""
    with working("mcp_calls", contract=CONTRACT):
        return dg.AssetCheckResult(**quick(call_log.load()))
