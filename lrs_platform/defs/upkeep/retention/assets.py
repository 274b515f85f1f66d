"""Retention as an asset: a materialisation tells what was removed."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.agents import working
from lrs_platform.defs.upkeep.retention.resources import Retention


@dg.asset(
    key="retention_runs",
    description=(
        "Rows that are older than `retention.yaml` allows, removed; with statements goes all that hangs on them, and "
        "the marts follow. The schedule `retention_nightly` materialises it at 03:30 UTC."
    ),
    kinds={"postgres"},
    metadata={"dagster/table_name": "lrs.retention_run"},
)
def retention_runs(retention: Retention) -> dg.MaterializeResult[None]:
    """Apply the policy."""
    with working("retention_runs", contract="rights"):
        removed = retention.apply()
    return dg.MaterializeResult(metadata={"removed": dg.MetadataValue.json(removed), "rows": sum(removed.values())})
