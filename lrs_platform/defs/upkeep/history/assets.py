"""The purge of Dagster's history as an asset: a materialisation tells what was removed."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.agents import working
from lrs_platform.defs.upkeep.history.resources import History


@dg.asset(
    key="orchestrator_history",
    description=(
        "Dagster's own events, results of checks and runs, without those that are older than `LRS_HISTORY_DAYS` "
        "(`LRS_HISTORY_FAILED_DAYS` for failed runs); of the steps of runs that succeeded, than "
        "`LRS_HISTORY_STEPS_HOURS`. The newest of each asset, partition and check stays. The schedule `history_hourly` "
        "materialises it."
    ),
    kinds={"postgres"},
)
def orchestrator_history(history: History) -> dg.MaterializeResult[None]:
    """Remove what is old."""
    with working("orchestrator_history", contract="archive"):
        return dg.MaterializeResult(metadata=history.purge().as_metadata())
