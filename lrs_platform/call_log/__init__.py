"""The log of MCP calls: who called which tool of which server, how long it took, what came of it. Never what was said.

`work.py` says on whose behalf this process is working; `record.py` is the shape of a logged call; `writing.py` takes
calls from the MCP client to a capped Redis stream; `reading.py` reads that stream, live calls and heartbeats.
"""

from lrs_platform.call_log.record import LoggedCall
from lrs_platform.call_log.work import Work, about, at_work, current_work
from lrs_platform.call_log.writing import CallLog, log_calls

__all__ = ["CallLog", "LoggedCall", "Work", "about", "at_work", "current_work", "log_calls"]
