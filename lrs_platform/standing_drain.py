"""A drain that outlives the tick that started it, so that statements arriving between two ticks are loaded at once.

Belongs here: keeping one drain going from tick to tick, and handing each tick what was loaded since the last one. Not
here: how a batch is loaded (etl_streaming.py), and ticks (defs/ingest). Dagster leaves 0.2 to 2 s between two ticks of
a sensor, during which a statement would wait; but a sensor that is switched off, or a daemon that is gone, has to stop
loading. So a tick lends the drain a time to go on alone, and no longer.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable

from lrs_platform.etl_streaming import Drain, Drained

ALONE_SECONDS = 6.0  # between two ticks; a daemon under load took up to 4 s, and Dagster's own cycle is 5 s


class StandingDrain:
    """One drain after the other over the same log. Use it from one event loop."""

    def __init__(self, new_drain: Callable[[], Drain], *, alone_seconds: float = ALONE_SECONDS) -> None:
        self._new_drain = new_drain
        self._alone = alone_seconds
        self._drain: Drain | None = None
        self._task: asyncio.Task[Drained] | None = None
        self._left = Drained()  # loaded, and told by no tick yet because it failed

    async def tick(self, seconds: float) -> Drained:
        """Load for `seconds`, and leave loading on for the next tick; what was loaded since the last one.

        Returns early where loading ended: after a failure, which `Drained.failures` tells. Raises what `Drain.run`
        raises: Busy, LogUnavailable.
        """
        drain, task = self._going()
        drain.end = time.monotonic() + seconds + self._alone
        drain.context = contextvars.copy_context()  # what is loaded from now on is logged as this tick's work
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            self._drain = self._task = None
            if not task.cancelled() and task.exception() is not None:
                self._left = drain.take()
            await task
        else:
            await drain.log.trim()
        return drain.take()

    async def stop(self) -> None:
        """Let the batches in flight be stored and give the lease back."""
        if self._drain is not None and self._task is not None:
            self._drain.end = 0.0
            await asyncio.wait({self._task})

    def _going(self) -> tuple[Drain, asyncio.Task[Drained]]:
        if self._drain is None or self._task is None or self._task.done():
            left = self._left_over()
            self._drain = self._new_drain()
            self._drain.drained = left
            self._task = asyncio.create_task(self._drain.run())
        return self._drain, self._task

    def _left_over(self) -> Drained:
        """What a drain that ended alone had loaded since its last tick, and why it ended."""
        if self._drain is None or self._task is None:
            left, self._left = self._left, Drained()
            return left
        left = self._drain.take()
        if not self._task.cancelled() and self._task.exception() is not None:
            left.failures.append(str(self._task.exception()))
        return left
