"""When days are archived: at night, in one run for all that are over and not archived, so a failed night is made up."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.in_flight import is_unfinished
from lrs_platform.defs.upkeep.archive.assets import ASSET, statement_archive
from lrs_platform.defs.upkeep.archive.resources import Archiving
from lrs_platform.mcp_client import McpUnavailable
from lrs_platform.settings import get_settings

RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")

archive_statements = dg.define_asset_job(
    "archive_statements",
    selection=dg.AssetSelection.assets(statement_archive),
    executor_def=dg.in_process_executor,
    description="Write days of raw statements into the archive.",
)


@dg.schedule(
    name="archive_daily",
    job=archive_statements,
    cron_schedule=get_settings().archive_cron,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Archives the days that are over and not archived yet.",
)
def archive_daily(context: dg.ScheduleEvaluationContext, archiving: Archiving) -> dg.RunRequest | dg.SkipReason:
    """One tick. Days between the first and the last that are wanted are compared again, which costs little."""
    if is_unfinished(context.instance, archive_statements.name):
        return dg.SkipReason("the last run is not finished")
    try:
        over = [day.isoformat() for day in archiving.days_over()]
    except McpUnavailable as error:
        return dg.SkipReason(f"the warehouse is away, tomorrow makes up for it: {error}")
    known = context.instance.get_materialized_partitions(dg.AssetKey(ASSET))
    wanted = [day for day in over if day not in known]
    if not wanted:
        return dg.SkipReason("every day that is over is archived")
    return dg.RunRequest(tags=dict(zip(RANGE, (wanted[0], wanted[-1]), strict=True)))
