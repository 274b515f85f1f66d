"""The log of MCP calls as an asset."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.agents import working
from lrs_platform.defs.upkeep.mcp_calls.figures import CONTRACT, figures
from lrs_platform.defs.upkeep.mcp_calls.resources import CallLogLoader


@dg.asset(
    key="mcp_calls",
    description=(
        "Every call of an MCP tool, without its arguments, in `lrs.mcp_call`; readers see `report.mcp_call`. The "
        "sensor `mcp_call_log` loads it every minute; materialising it by hand does the same."
    ),
    kinds={"redis", "postgres"},
    metadata={"dagster/table_name": "lrs.mcp_call"},
)
def mcp_calls(call_log: CallLogLoader) -> dg.MaterializeResult[None]:
    """Load what the stream holds."""
    with working("mcp_calls", contract=CONTRACT):
        return dg.MaterializeResult(metadata=figures(call_log.load()))
