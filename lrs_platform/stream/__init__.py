"""The durable log: a Redis Stream that holds every accepted statement until the warehouse has it.

`log.py` is what the gateway and the loader use; `wire.py` is the lean connection of the append, `append.lua` its
script.
"""

from lrs_platform.stream.log import (
    Appended,
    Entry,
    LogEntry,
    LogPosition,
    LogUnavailable,
    StatementLog,
    Taken,
)

__all__ = ["Appended", "Entry", "LogEntry", "LogPosition", "LogUnavailable", "StatementLog", "Taken"]
