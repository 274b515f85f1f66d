"""The sensor that loads the log of MCP calls every minute, within its tick: a run would cost two CPU-seconds."""

from __future__ import annotations

from typing import Any

import dagster as dg
from redis.exceptions import RedisError

from lrs_platform.call_log import at_work
from lrs_platform.defs.upkeep.mcp_calls.figures import CONTRACT, few_fail, figures, quick
from lrs_platform.defs.upkeep.mcp_calls.resources import CallLogLoader
from lrs_platform.mcp_client import McpUnavailable

ASSET = "mcp_calls"


@dg.sensor(
    name="mcp_call_log",
    target=dg.AssetSelection.assets(ASSET),
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Loads the log of MCP calls into Postgres and evaluates its checks, without a run.",
)
def mcp_call_log(context: dg.SensorEvaluationContext, call_log: CallLogLoader) -> dg.SensorResult | dg.SkipReason:
    """One pass; where Redis or the warehouse is away, the calls stay in the stream for the next."""
    try:
        with at_work("mcp_calls", contract=CONTRACT, run="tick"):
            loaded = call_log.load()
    except (RedisError, OSError, McpUnavailable) as error:
        return dg.SkipReason(f"the next tick will load it: {type(error).__name__}: {error}")
    return dg.SensorResult(
        skip_reason=f"loaded {loaded.added} calls",
        asset_events=[
            dg.AssetMaterialization(ASSET, metadata=figures(loaded)),
            _evaluated("few_calls_fail", few_fail(loaded)),
            _evaluated("calls_are_quick", quick(loaded)),
        ],
    )


def _evaluated(check: str, outcome: dict[str, Any]) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(ASSET),
        check_name=check,
        passed=outcome["passed"],
        severity=outcome["severity"],
        metadata={name: dg.MetadataValue.json(value) if isinstance(value, dict) else value
                  for name, value in outcome["metadata"].items()},
    )  # fmt: skip
