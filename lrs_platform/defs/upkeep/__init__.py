"""Upkeep: what the platform does for itself. One folder a subject."""

from lrs_platform.defs.upkeep import archive, history, mcp_calls, retention

SUBJECTS = (mcp_calls, retention, archive, history)
RESOURCES = {name: part for subject in SUBJECTS for name, part in subject.RESOURCES.items()}
SENSORS = [sensor for subject in SUBJECTS for sensor in subject.SENSORS]
SCHEDULES = [*retention.SCHEDULES, *archive.SCHEDULES, *history.SCHEDULES]
JOBS = [*archive.JOBS]
