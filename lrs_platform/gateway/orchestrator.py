"""What Dagster's instance knows of the loading: the last materialisations of the asset `statements`, and who of its
daemons lives.

Belongs here: reading Dagster's storage. Not here: definitions (defs/, which this package never imports), judging
(streaming.py, health.py). Dagster is imported when first asked for, in a thread: it takes seconds of CPU, and
accepting statements does not need it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from dagster import DagsterInstance
    from dagster._core.events.log import EventLogEntry

T = TypeVar("T")

ASSET = "statements"
MATERIALIZATIONS = 90  # one in 10 s at most (LRS_MATERIALIZATION_EVERY_SECONDS): 15 minutes
STATEMENT_TIMEOUT_MS = 5_000  # a query of a page; Dagster's own webserver allows 15 s
POOL_RECYCLE_SECONDS = 3_600
MAX_OVERFLOW = 2  # connections beyond the pool; this process asks one question at a time


class OrchestratorAway(Exception):
    """Dagster's instance cannot be read now; the message says why."""


@dataclass(frozen=True, slots=True)
class Materialization:
    """One AssetMaterialization of `statements`: time in s since 1970, its run ("" for the sensor's, which have none),
    metadata.
    """

    timestamp: float
    run_id: str
    metadata: dict[str, Any]

    @property
    def rows(self) -> int:
        """Statements that it tells were stored."""
        rows = self.metadata.get("rows", 0)
        return int(rows) if isinstance(rows, int | float) else 0


@dataclass(frozen=True, slots=True)
class OrchestratorState:
    """Newest materialisations first; heartbeats by daemon, in s since 1970; Dagster's version."""

    materializations: list[Materialization]
    heartbeats: dict[str, float]
    version: str


class Orchestrator:
    """Reads Dagster's instance; requests that come together share one look."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dagster-instance")
        self._instance: DagsterInstance | None = None
        self._look: asyncio.Future[OrchestratorState] | None = None

    def warm_up(self) -> None:
        """Start a first look, so that the first page need not wait for the import; whoever asks next gets its
        outcome.
        """
        self._look = asyncio.get_running_loop().run_in_executor(self._thread, self._read)
        self._look.add_done_callback(lambda look: look.cancelled() or look.exception())  # told when asked for

    async def state(self, *, timeout_seconds: float) -> OrchestratorState:
        """What the instance says now. Raises OrchestratorAway, also when it takes longer than `timeout_seconds`."""
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().run_in_executor(self._thread, self._read)
        return await _within(timeout_seconds, self._look)

    async def ask(self, question: Callable[[DagsterInstance], T], *, timeout_seconds: float) -> T:
        """What `question` finds in the instance; it runs in the one thread that reads it. Raises OrchestratorAway."""
        answer = asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._put(question))
        return await _within(timeout_seconds, answer)

    async def close(self) -> None:
        """Close the instance's connections, where there are any; does not wait for a look under way."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._instance is not None and (self._look is None or self._look.done()):
            self._instance.dispose()

    def _opened(self) -> DagsterInstance:
        """The instance, opened at first use."""
        if not os.environ.get("DAGSTER_HOME"):
            raise OrchestratorAway("DAGSTER_HOME is not set for the gateway")
        import dagster

        if self._instance is None:
            instance = dagster.DagsterInstance.get()
            # Without this every storage call opens and closes a connection of its own.
            instance.optimize_for_webserver(
                statement_timeout=STATEMENT_TIMEOUT_MS, pool_recycle=POOL_RECYCLE_SECONDS, max_overflow=MAX_OVERFLOW
            )
            self._instance = instance
        return self._instance

    def _put(self, question: Callable[[DagsterInstance], T]) -> T:
        from sqlalchemy.exc import OperationalError

        try:
            return question(self._opened())
        except OperationalError:  # a pooled connection died with its server; the next one is new
            return question(self._opened())

    def _read(self) -> OrchestratorState:
        return self._put(self._state_of)

    def _state_of(self, instance: DagsterInstance) -> OrchestratorState:
        import dagster

        records = instance.fetch_materializations(dagster.AssetKey(ASSET), limit=MATERIALIZATIONS).records
        heartbeats = instance.get_daemon_heartbeats()
        return OrchestratorState(
            materializations=[_materialization(record.event_log_entry) for record in records],
            heartbeats={daemon: beat.timestamp for daemon, beat in heartbeats.items()},
            version=dagster.__version__,
        )


async def _within(timeout_seconds: float, answer: asyncio.Future[T]) -> T:
    """An answer of the thread, which works on where it comes too late. Raises OrchestratorAway."""
    try:
        async with asyncio.timeout(timeout_seconds):
            return await asyncio.shield(answer)
    except TimeoutError as error:
        raise OrchestratorAway(f"Dagster's database did not answer within {timeout_seconds:g} s") from error
    except OrchestratorAway:
        raise
    except Exception as error:  # Dagster passes on whatever its storage raises
        raise OrchestratorAway(f"Dagster's instance cannot be read: {type(error).__name__}") from error


def _materialization(entry: EventLogEntry) -> Materialization:
    told = entry.asset_materialization
    metadata = {name: value.value for name, value in told.metadata.items()} if told else {}
    plain = {name: value for name, value in metadata.items() if isinstance(value, str | int | float | bool | None)}
    return Materialization(timestamp=entry.timestamp, run_id=entry.run_id, metadata=plain)
