"""Running untrusted Python: a pool of Monty interpreters, each in a process of its own, with limits.

Belongs here: the pool, the limits, what a failure is called. Not here: the tool (server.py), its reply (result.py).
Monty is an interpreter without a way to files, network or environment (pydantic-monty 1.4); nothing is mounted here and
no host function is given. A worker that crashes or overstays is killed and replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic_monty import (
    AsyncMonty,
    CollectString,
    MontyConversionError,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
    ResourceLimits,
)

CHECKOUT_SECONDS = 20.0  # a caller waits that long for a free worker, then is told to come back
PRINTED_BYTES = 2**20  # printing is for people; what a script makes is its result
RUNS_PER_WORKER = (
    500  # a worker's heap grows to its largest run and never shrinks; at 5,000 rows a run, one start in minutes
)


class SandboxBusy(RuntimeError):
    """No worker became free in time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use: seconds of execution, bytes of heap, calls deep, characters of result."""

    seconds: float
    memory_bytes: int
    recursion_depth: int
    result_bytes: int


@dataclass(frozen=True, slots=True)
class Run:
    """How a run ended: `value` of the last expression, or `error`, a traceback; `printed` in either case."""

    value: Any = None
    error: str | None = None
    printed: str = ""


class Sandbox:
    """A pool of `workers` interpreters. Nothing of one run is left for the next."""

    def __init__(self, workers: int, limits: Limits) -> None:
        self._limits = limits
        self._policy: ResourceLimits = {
            "max_feed_duration_secs": limits.seconds,
            "max_memory": limits.memory_bytes,
            "max_recursion_depth": limits.recursion_depth,
        }
        self._pool = AsyncMonty(
            min_processes=workers,
            max_processes=workers,
            checkout_timeout=CHECKOUT_SECONDS,
            request_timeout=limits.seconds + 5.0,  # for a worker that does not even notice its own limit
            max_checkouts_per_worker=RUNS_PER_WORKER,
        )
        self._running = 0
        self._workers = workers

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Sandbox]:
        """Start the workers, and end them."""
        async with self._pool:
            yield self

    @property
    def running(self) -> int:
        """Runs that are under way or wait for a worker."""
        return self._running

    @property
    def workers(self) -> int:
        """Workers in the pool."""
        return self._workers

    async def run(self, code: str, variables: dict[str, Any]) -> Run:
        """Run `code` with `variables` as its globals. Raises SandboxBusy; whatever the code does is told in the Run."""
        printed = CollectString(max_bytes=PRINTED_BYTES)
        self._running += 1
        try:
            # sleep: a script that sleeps would hold a worker without using up its seconds.
            async with self._pool.checkout(limits=self._policy, os_policy={"sleep": "zero"}) as session:
                value = await session.feed_run(code, inputs=variables, print_callback=printed, os=_refuse)
            return Run(value=value, printed=printed.output)
        except (MontyRuntimeError, MontySyntaxError) as error:
            return Run(error=error.display("traceback"), printed=printed.output)
        except MontyCrashedError as error:
            return Run(error=_crash_text(error, self._limits), printed=printed.output)
        except (MontyConversionError, ValueError) as error:  # ValueError: variables that contain themselves
            return Run(error=f"{type(error).__name__}: {error}", printed=printed.output)
        except TimeoutError as error:
            raise SandboxBusy(f"all {self._workers} workers were busy for {CHECKOUT_SECONDS:g} s") from error
        except MontyError as error:
            return Run(error=f"{type(error).__name__}: {error}", printed=printed.output)
        finally:
            self._running -= 1

    async def answers(self, seconds: float) -> bool:
        """Whether a worker evaluates an expression within `seconds`; one that is busy counts as well."""
        if self._running >= self._workers:
            return True
        try:
            async with asyncio.timeout(seconds):
                return bool((await self.run("1 + 1", {})).value == 2)
        except (TimeoutError, SandboxBusy):
            return False


def _refuse(*, name: str, **_: Any) -> Any:
    raise PermissionError(f"{name}: the sandbox has no files, no network and no environment")


def _crash_text(error: MontyCrashedError, limits: Limits) -> str:
    if error.timed_out:
        return f"TimeoutError: the run took longer than {limits.seconds:g} s and was ended"
    return f"MemoryError: the interpreter ended unexpectedly ({error}); most often a run that needs too much memory"
