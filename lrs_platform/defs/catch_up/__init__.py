"""Catching up: what streaming left undone is found and done every few minutes, and source LRSs are asked for news."""

from lrs_platform.defs.catch_up.resources import CatchingUp
from lrs_platform.defs.catch_up.schedules import catch_up_job, incremental_catch_up

JOBS = [catch_up_job]
SCHEDULES = [incremental_catch_up]
RESOURCES = {"catching_up": CatchingUp()}
