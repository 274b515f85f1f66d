"""Who is at work inside Dagster: the asset's or sensor's name, its contract and its run, for the call log.

Belongs here: asking Dagster which run this is. Not here: what is logged (lrs_platform/call_log).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import dagster as dg

from lrs_platform.call_log import Work, at_work, log_calls
from lrs_platform.settings import Settings


def working(agent: str, *, contract: str) -> AbstractContextManager[Work]:
    """Everything called inside is logged as `agent`'s, with the run that it belongs to."""
    return at_work(agent, contract=contract, run=_run_id())


def log_calls_of_this_process(settings: Settings) -> None:
    """Log the MCP calls of a Dagster process, where it has a log to write to; connects with the first call."""
    if settings.redis_url is not None:
        log_calls(settings.redis_url.get_secret_value(), process="dagster", agent="dagster")


def _run_id() -> str:
    """Id of the run that is being executed, "" outside of one."""
    try:
        return dg.OpExecutionContext.get().run_id
    except dg.DagsterInvariantViolationError:
        return ""
