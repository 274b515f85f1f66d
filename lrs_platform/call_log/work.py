"""On whose behalf this process works: the agent, its contract, its Dagster run or tick, its trace.

Belongs here: the context that calls are logged with, and which agents are at work in this process. Not here: telling
others (writing.py). Contexts follow tasks and threads started by asyncio, so nobody passes them along by hand.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from lrs_platform import tracing


@dataclass(frozen=True, slots=True)
class Work:
    """What an agent is doing. `run`: a Dagster run id, or `tick:<ms>`; `trace`: 32 hex digits (W3C trace id)."""

    agent: str = ""
    contract: str = ""
    run: str = ""
    trace: str = ""
    rows: int | None = None  # of the call that is made next
    since_ms: int = 0


NOBODY = Work()
_current: ContextVar[Work] = ContextVar("lrs_work", default=NOBODY)
_active: dict[str, Work] = {}  # by agent; the last one to begin where an agent does two things at once
_ended: dict[str, Work] = {}
_lock = threading.Lock()


def current_work() -> Work:
    """What the running task or thread is doing; `NOBODY` where it did not say."""
    return _current.get()


@contextmanager
def at_work(agent: str, *, contract: str, run: str = "", trace: str = "") -> Iterator[Work]:
    """Everything called inside is logged as `agent`'s, which shows as at work meanwhile."""
    with tracing.span(agent, contract=contract, run=run):
        trace = trace or tracing.trace_id() or os.urandom(16).hex()
        work = Work(agent, contract, run, trace, None, int(time.time() * 1000))
        token = _current.set(work)
        with _lock:
            _active[agent] = work
        try:
            yield work
        finally:
            _current.reset(token)
            with _lock:
                if _active.get(agent) is work:
                    del _active[agent]
                _ended[agent] = work


@contextmanager
def about(rows: int) -> Iterator[None]:
    """Calls made inside are about so many rows."""
    token = _current.set(replace(_current.get(), rows=rows))
    try:
        yield
    finally:
        _current.reset(token)


def agents_at_work() -> tuple[list[Work], list[Work]]:
    """Agents at work in this process, and those that have ended since the last look."""
    with _lock:
        ended = [work for agent, work in _ended.items() if agent not in _active]
        _ended.clear()
        return list(_active.values()), ended
