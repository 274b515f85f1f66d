"""A part of the evidence: looked at again and again, and `unknown`, with reason and age, once it cannot be.

Belongs here: how old a fact may be before it is no longer one. Not here: what the facts are (board.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)

GRACE_SECONDS = 10.0  # a look may take as long as this beyond its interval before the fact counts as old


class PartAway(Exception):
    """A part cannot be looked at now; the message says why, without secrets."""


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A fact and when it was looked at (s since 1970)."""

    value: T
    at: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """A part that cannot be looked at: why, since when, and when it was last known (s since 1970, None: never)."""

    reason: str
    since: float
    last_known: float | None = None

    def told(self) -> dict[str, Any]:
        """As it stands in an answer."""
        now = time.time()
        known = None if self.last_known is None else round(now - self.last_known, 1)
        return {"unknown": self.reason, "for_seconds": round(now - self.since, 1), "last_known_seconds_ago": known}


@dataclass(slots=True)
class Part(Generic[T]):
    """One part: looked at each `every` s while somebody looks at the pages; no fact any longer after `old_after`."""

    name: str
    look: Callable[[], Awaitable[T]]
    every: float
    old_after: float
    state: Known[T] | Unknown = field(default_factory=lambda: Unknown("it is being looked at", time.time()))
    looked_at: float = 0.0  # when the last look ended, by the monotonic clock
    _started: float = 0.0
    _task: asyncio.Task[None] | None = None
    _last: float | None = None

    def due(self, now: float) -> bool:
        """Whether it is time for a look and none is under way; `now` by the monotonic clock."""
        return (self._task is None or self._task.done()) and now >= self._started + self.every

    def start(self, now: float) -> asyncio.Task[None]:
        """Look, in the background."""
        self._started = now
        self._task = asyncio.create_task(self._renew(), name=f"debug-{self.name}")
        return self._task

    def current(self) -> Known[T] | Unknown:
        """The fact, as long as it is not too old to be one."""
        if isinstance(self.state, Known):
            age = time.time() - self.state.at
            if age > self.old_after + GRACE_SECONDS:
                return Unknown(
                    f"the last look was {age:.0f} s ago and the next has not ended", self.state.at, self._last
                )
        return self.state

    async def cancel(self) -> None:
        """End a look under way."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _renew(self) -> None:
        try:
            value = await self.look()
        except PartAway as away:
            since = self.state.since if isinstance(self.state, Unknown) else time.time()
            self.state = Unknown(str(away), since, self._last)
        except Exception as error:
            log.exception("the part %s of /api/debug could not be looked at", self.name)
            self.state = Unknown(f"a fault of this server: {type(error).__name__}", time.time(), self._last)
        else:
            self._last = time.time()
            self.state = Known(value, self._last)
        finally:
            self.looked_at = time.monotonic()


def told(state: Known[Any] | Unknown) -> dict[str, Any]:
    """How a part stands: its age, or why it is unknown."""
    if isinstance(state, Unknown):
        return state.told()
    return {"age_seconds": round(time.time() - state.at, 1)}
