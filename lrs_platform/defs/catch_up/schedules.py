"""When the catch-up runs: by the clock, in one process, never two at once."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.in_flight import is_unfinished
from lrs_platform.settings import get_settings

# In the run's own process: its steps are not worth second processes of 1.4 CPU-seconds. The checks of the record go
# with it, because what they compare, it has just looked at, and a run of their own would cost two CPU-seconds more.
catch_up_job = dg.define_asset_job(
    "catch_up_run",
    selection=dg.AssetSelection.assets("catch_up") | dg.AssetSelection.checks_for_assets("statements"),
    executor_def=dg.in_process_executor,
    description="One run of the incremental ETL, with the checks of the record.",
)


@dg.schedule(
    name="incremental_catch_up",
    job=catch_up_job,
    cron_schedule=get_settings().catch_up_cron,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Finds and does what streaming left undone, and asks source LRSs for news.",
)
def incremental_catch_up(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One tick. A run that takes longer than the time between two ticks is not joined by another."""
    if is_unfinished(context.instance, catch_up_job.name):
        return dg.SkipReason("the last run is not finished; it goes on with what is left")
    return dg.RunRequest()
