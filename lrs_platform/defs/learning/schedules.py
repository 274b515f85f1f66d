"""The jobs of this domain, and when they run unasked: every hour, for what depends on the clock, with all checks."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.learning.assets import marts
from lrs_platform.defs.learning.checks import mart_rules
from lrs_platform.defs.learning.resources import Marts

LONGEST_RUN = {"dagster/max_runtime": "1200"}  # seconds; a hung run would keep the sensor from asking for the next

# In process: the step only waits for the warehouse, and a process of its own would double what a run costs.
refresh_marts = dg.define_asset_job(
    "refresh_marts",
    selection=dg.AssetSelection.assets(marts).without_checks(),
    executor_def=dg.in_process_executor,
    description="Bring all marts up to date.",
    tags=LONGEST_RUN,
)


@dg.op(out=dg.Out(dg.Nothing), description="Apply what is pending to all marts; the log says how much that was.")
def apply_changes(context, learning: Marts) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - see assets.py
    """What the assets do, without an event for each of them."""
    done = learning.refresh()
    context.log.info(f"{done['changes']} changes, {done['events']} events, {done['ms']:.0f} ms")


@dg.job(
    name="refresh_marts_untold",
    executor_def=dg.in_process_executor,
    description="Bring all marts up to date without telling it of each: a run of `refresh_marts` leaves 130 kB in "
    "Dagster's database, one every half minute would be 370 MB a day.",
    tags=LONGEST_RUN,
)
def refresh_untold() -> None:
    """One op."""
    apply_changes()


refresh_and_check = dg.define_asset_job(
    "refresh_and_check_marts",
    selection=dg.AssetSelection.assets(marts) | dg.AssetSelection.checks(mart_rules),
    executor_def=dg.in_process_executor,
    description="Bring all marts up to date and hold them to the semantic model.",
    tags=LONGEST_RUN,
)

marts_hourly = dg.ScheduleDefinition(
    name="marts_hourly",
    job=refresh_and_check,
    cron_schedule="2 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Streaks, segments and forecasts move with the clock also where nothing happens.",
)
