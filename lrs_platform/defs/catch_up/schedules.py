"""When the catch-up runs: by the clock, in one process, never two at once."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.in_flight import is_unfinished
from lrs_platform.settings import get_settings

# In the run's own process: its one step is not worth a second process of 1.4 CPU-seconds.
catch_up_job = dg.define_asset_job(
    "catch_up_run",
    selection=dg.AssetSelection.assets("catch_up"),
    executor_def=dg.in_process_executor,
    description="One run of the incremental ETL.",
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
