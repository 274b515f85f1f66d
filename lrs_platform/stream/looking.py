"""Where a log stands, asked for by many at once: one look serves them all, and the read barrier waits by such looks.

Not here: what the figures mean (position.py), and asking for them (log.py, kafka/log.py).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from lrs_platform.stream.position import LogPosition


class Looks:
    """Looks at a log, shared by whoever asks."""

    def __init__(self, look: Callable[[], Awaitable[LogPosition]], *, shortest: float, longest: float) -> None:
        """`look` asks the log; the barrier's pauses grow from `shortest` to `longest`, in seconds."""
        self._look = look
        self._shortest, self._longest = shortest, longest
        self._last: tuple[float, LogPosition] | None = None
        self._lock = asyncio.Lock()

    async def position(self, max_age_ms: float) -> LogPosition:
        """Where the log stands, at most so old; concurrent callers share one look."""
        arrived = time.monotonic()
        async with self._lock:
            if self._last and (self._last[0] >= arrived or arrived - self._last[0] < max_age_ms / 1000):
                return self._last[1]
            started = time.monotonic()
            position = await self._look()
            self._last = (started, position)
            return position

    async def wait_loaded(self, upto: str, timeout_ms: int) -> bool:
        """Wait until every entry up to `upto` is loaded; False when the time is over."""
        end, pause = time.monotonic() + timeout_ms / 1000, self._shortest
        while not (await self.position(2)).is_loaded(upto):
            if time.monotonic() + pause > end:
                return False
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, self._longest)
        return True
