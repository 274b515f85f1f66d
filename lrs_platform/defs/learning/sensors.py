"""The sensor that asks for a refresh when something changed: one run for all that is pending, never two at once."""

from __future__ import annotations

import time

import dagster as dg

from lrs_platform.defs.in_flight import is_unfinished
from lrs_platform.defs.learning.resources import Marts
from lrs_platform.defs.learning.schedules import refresh_and_check, refresh_marts, refresh_untold
from lrs_platform.defs.resources import Ingest
from lrs_platform.mcp_client import McpUnavailable
from lrs_platform.settings import get_settings
from lrs_platform.stream import LogUnavailable

JOBS = (refresh_marts.name, refresh_untold.name, refresh_and_check.name)
# While so many statements wait in the log, what the marts would be brought to is old anyway, and a refresh takes from
# the loader a third of what loading costs; so one comes at most every two minutes.
MANY_WAIT = 20_000
AT_LATEST_SECONDS = 120.0
TOLD_EVERY_SECONDS = 600.0  # while changes go on, this often the run is one of the assets, with figures for each mart


@dg.sensor(
    name="marts_due",
    jobs=[refresh_marts, refresh_untold],
    minimum_interval_seconds=get_settings().marts_every_seconds,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for one refresh of all marts when changes are pending and none is queued or running; every ten "
    "minutes for one that materialises the assets, in between for one that does not tell of each.",
)
def marts_due(context: dg.SensorEvaluationContext, learning: Marts, ingest: Ingest) -> dg.RunRequest | dg.SkipReason:
    """One tick. No run key: a key is remembered for ever, and the same changes may need a second run."""
    for job in JOBS:
        if is_unfinished(context.instance, job):
            return dg.SkipReason(f"a run of {job} is queued or in progress")
    try:
        status = learning.status()
    except McpUnavailable as error:
        return dg.SkipReason(f"the warehouse is away: {error}")
    if not status["pending"]:
        return dg.SkipReason("no change is pending")
    if status["oldest_pending_seconds"] < AT_LATEST_SECONDS and (waiting := _waiting(ingest)) > MANY_WAIT:
        return dg.SkipReason(f"{waiting:,} statements wait in the log: they are loaded first")
    context.log.info(f"{status['pending']} changes, the oldest {status['oldest_pending_seconds']:.0f} s old")
    if time.time() - float(context.cursor or 0) < TOLD_EVERY_SECONDS:
        return dg.RunRequest(job_name=refresh_untold.name)
    context.update_cursor(str(time.time()))
    return dg.RunRequest(job_name=refresh_marts.name)


def _waiting(ingest: Ingest) -> int:
    """Statements that are accepted and not loaded; 0 where the log cannot be asked."""
    try:
        return ingest.position().backlog
    except LogUnavailable:
        return 0
