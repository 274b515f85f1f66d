"""When retention runs: at night, when nobody waits for a mart."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.upkeep.retention.assets import retention_runs

apply_retention = dg.define_asset_job(
    "apply_retention",
    selection=dg.AssetSelection.assets(retention_runs),
    executor_def=dg.in_process_executor,
    description="Remove what is older than retention.yaml allows.",
)

retention_nightly = dg.ScheduleDefinition(
    name="retention_nightly",
    job=apply_retention,
    cron_schedule="30 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Removes what is older than retention.yaml allows; where nothing is, it removes nothing.",
)
