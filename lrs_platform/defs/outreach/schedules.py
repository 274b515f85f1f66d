"""When reminders are looked at: every few minutes, because each learner has a morning of their own."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.in_flight import is_unfinished
from lrs_platform.settings import get_settings

# In the run's own process: four small steps are not worth a process each.
reminders_job = dg.define_asset_job(
    "daily_reminder_run",
    selection=dg.AssetSelection.assets("due_reminders", "sent_reminders", "reminder_effect", "coordinator_digest"),
    executor_def=dg.in_process_executor,
    description="Decide who is reminded, send, measure, and tell the coordinators.",
)
RUNS_BY_ITSELF = {
    "off": dg.DefaultScheduleStatus.STOPPED,
    "dry-run": dg.DefaultScheduleStatus.RUNNING,
    "on": dg.DefaultScheduleStatus.RUNNING,
}


@dg.schedule(
    name="daily_reminder",
    job=reminders_job,
    cron_schedule=get_settings().reminder_cron,
    execution_timezone="UTC",
    default_status=RUNS_BY_ITSELF[get_settings().reminders],
    description="Reminds learners who are behind, each in the morning of their own time zone.",
)
def daily_reminder(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One tick. Two runs at once would do no harm, and no good either."""
    if get_settings().reminders == "off":
        return dg.SkipReason("LRS_REMINDERS is off")
    if is_unfinished(context.instance, reminders_job.name):
        return dg.SkipReason("the last run is not finished; it goes on with what is to be sent")
    return dg.RunRequest()
