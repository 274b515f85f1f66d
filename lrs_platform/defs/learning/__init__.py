"""Learning: from canonical events to dimensions and marts, the answers that learning teams ask for."""

from lrs_platform.defs.learning.resources import Marts
from lrs_platform.defs.learning.schedules import marts_hourly, refresh_and_check, refresh_marts
from lrs_platform.defs.learning.sensors import marts_due

RESOURCES = {"learning": Marts()}
JOBS = [refresh_marts, refresh_and_check]
SCHEDULES = [marts_hourly]
SENSORS = [marts_due]
