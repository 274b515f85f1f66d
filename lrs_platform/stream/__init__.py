"""The durable log: a Redis Stream that holds every accepted statement until the warehouse has it.

`log.py` is what the gateway and the loader use, `position.py` where the log stands, `looking.py` looks at that for many
at once, `lease.py` is the right to load; `wire.py` is the lean connection of the append, `append.lua` its script;
`rereading.py` reads entries again, past the consumer group; `shards.py` is the log as several streams. `durable_log.py`
is what any log promises, `kafka/` another one that does, `opening.py` chooses.
"""

from lrs_platform.stream.durable_log import Appended, DurableLog, Entry, LogUnavailable, Taken
from lrs_platform.stream.entries import LogEntry
from lrs_platform.stream.log import StatementLog
from lrs_platform.stream.position import LogPosition

__all__ = ["Appended", "DurableLog", "Entry", "LogEntry", "LogPosition", "LogUnavailable", "StatementLog", "Taken"]
