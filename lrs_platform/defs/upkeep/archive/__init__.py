"""The archive of raw statements, a file a day, written every night for the days that are over."""

from lrs_platform.defs.upkeep.archive.resources import Archiving
from lrs_platform.defs.upkeep.archive.schedules import archive_daily, archive_statements

RESOURCES = {"archiving": Archiving()}
SENSORS: list[object] = []
SCHEDULES = [archive_daily]
JOBS = [archive_statements]
