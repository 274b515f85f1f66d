"""Dagster's own history, kept to a bound."""

from lrs_platform.defs.upkeep.history.resources import History
from lrs_platform.defs.upkeep.history.schedules import history_hourly

RESOURCES = {"history": History()}
SENSORS: list[object] = []
SCHEDULES = [history_hourly]
