"""When Dagster's history is purged: every hour, so that no purge is a long one."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.upkeep.history.assets import orchestrator_history

purge_history = dg.define_asset_job(
    "purge_history",
    selection=dg.AssetSelection.assets(orchestrator_history),
    executor_def=dg.in_process_executor,
    description="Remove Dagster's own history that is older than it need be.",
)

history_hourly = dg.ScheduleDefinition(
    name="history_hourly",
    job=purge_history,
    cron_schedule="47 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Keeps Dagster's database to a bound.",
)
