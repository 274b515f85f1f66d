"""Outreach: reminders to learners who are behind, their effect, and the morning lists of coordinators."""

from lrs_platform.defs.outreach.resources import Reminders
from lrs_platform.defs.outreach.schedules import daily_reminder, reminders_job

RESOURCES = {"reminders": Reminders()}
JOBS = [reminders_job]
SCHEDULES = [daily_reminder]
