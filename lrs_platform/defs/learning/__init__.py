"""Learning: from canonical events to dimensions and marts, the answers that learning teams ask for."""

from typing import Any

from lrs_platform.defs.learning.resources import Marts
from lrs_platform.defs.learning.schedules import marts_hourly, refresh_and_check, refresh_marts, refresh_untold
from lrs_platform.defs.learning.sensors import marts_due

RESOURCES = {"learning": Marts()}
JOBS: list[Any] = [  # two kinds of job, which have no common type in Dagster
    refresh_marts,
    refresh_untold,
    refresh_and_check,
]
SCHEDULES = [marts_hourly]
SENSORS = [marts_due]
