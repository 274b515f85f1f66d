"""Rows that are older than they may be, removed every night."""

from lrs_platform.defs.upkeep.retention.resources import Retention
from lrs_platform.defs.upkeep.retention.schedules import retention_nightly

RESOURCES = {"retention": Retention()}
SENSORS: list[object] = []
SCHEDULES = [retention_nightly]
