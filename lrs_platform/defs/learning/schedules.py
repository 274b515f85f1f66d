"""The jobs of this domain, and when they run unasked: every hour, for what depends on the clock, with all checks."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.learning.assets import marts
from lrs_platform.defs.learning.checks import mart_rules

# In process: the step only waits for the warehouse, and a process of its own would double what a run costs.
refresh_marts = dg.define_asset_job(
    "refresh_marts",
    selection=dg.AssetSelection.assets(marts).without_checks(),
    executor_def=dg.in_process_executor,
    description="Bring all marts up to date.",
    tags={"dagster/max_runtime": "1200"},  # a hung run would keep the sensor from asking for the next
)

refresh_and_check = dg.define_asset_job(
    "refresh_and_check_marts",
    selection=dg.AssetSelection.assets(marts) | dg.AssetSelection.checks(mart_rules),
    executor_def=dg.in_process_executor,
    description="Bring all marts up to date and hold them to the semantic model.",
    tags={"dagster/max_runtime": "1200"},
)

marts_hourly = dg.ScheduleDefinition(
    name="marts_hourly",
    job=refresh_and_check,
    cron_schedule="2 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Streaks, segments and forecasts move with the clock also where nothing happens.",
)
