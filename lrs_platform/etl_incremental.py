"""Incremental ETL: what streaming left undone, found and done. Module b.03 of the plan.

Belongs here: the order of the steps of one run, their budgets, and what is told of them. Not here: the steps' own work
(etl_streaming.py drains, pulling/ asks source LRSs, mappings/ maps again), SQL (the warehouse server), Dagster
(defs/catch_up/).

    drain -> reconcile log and record -> map rejected statements again -> pull from source LRSs -> drain what was pulled

Each step may be cut off anywhere and is safe to repeat: statements have ids, and how far a step has come lies in the
database that it fills, so that a restored backup knows by itself how far it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from lrs_platform.etl_streaming import Busy, Drain, Drained, mapping_version
from lrs_platform.mappings.remapping import Remapping
from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform.pulling.sources import SourcesInvalid
from lrs_platform.stream import DurableLog, LogUnavailable
from lrs_platform.stream.durable_log import IDS_AT_ONCE, LogIndex

log = logging.getLogger(__name__)

AUDITED_A_RUN = 100_000  # entries of the round over the whole log: about 2 s; a day of 10 a second takes 9 runs
LOADED_AT_ONCE = 500  # missing entries that are loaded in one call
REMAPPED_AT_ONCE = 1000


class McpServer(Protocol):
    """The part of the MCP client that catching up needs."""

    async def call(self, tool: str, arguments: dict[str, Any], *, safe_to_retry: bool = False) -> str: ...

    async def call_json(self, tool: str, arguments: dict[str, Any], *, safe_to_retry: bool = False) -> Any: ...


class Pulling(Protocol):
    """Pulling from the source LRSs that are configured (pulling/)."""

    async def run(self, *, seconds: float) -> dict[str, dict[str, Any]]:
        """What came from each source, by its name; never raises for a source that does not answer."""
        ...


@dataclass(slots=True)
class CaughtUp:
    """What one run did. Counts are statements; `ms` by step.

    drain: done, or busy (the sensor was at work, which is as good), or failed. missing: log entries that the tables did
    not have, though they were marked as loaded; each one is a fault to be looked into. reloaded: those of them that are
    in the tables now. retried, recovered: rejected statements that were mapped again, and those that became events.
    """

    drain: str = ""
    drained: int = 0
    claimed: int = 0
    reconciled: int = 0
    audited: int = 0
    missing: int = 0
    reloaded: int = 0
    missing_ids: list[str] = field(default_factory=list)
    retried: int = 0
    recovered: int = 0
    pulled: dict[str, dict[str, Any]] = field(default_factory=dict)
    mapping: str = ""
    failures: list[str] = field(default_factory=list)
    ms: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class CatchUp:
    """One run. `seconds` bounds it as a whole: what is left, the next run takes."""

    log: DurableLog
    index: LogIndex
    python: McpServer
    warehouse: McpServer
    pulling: Pulling | None = None
    seconds: float = 200.0
    batch_size: int = 5000
    done: CaughtUp = field(default_factory=CaughtUp)

    async def run(self) -> CaughtUp:
        """All steps. A step that fails is told in `failures` and does not keep the others from running."""
        end = time.monotonic() + self.seconds
        self.done.mapping = mapping_version()
        await self._step("drain", lambda: self._drain(end))
        await self._step("reconcile", lambda: self._reconcile(end))
        await self._step("retry", lambda: self._retry(end))
        if self.pulling is not None:
            await self._step("pull", lambda: self._pull(end))
        return self.done

    async def _step(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        started = time.monotonic()
        try:
            await step()
        except (LogUnavailable, McpUnavailable, McpToolError, SourcesInvalid) as error:
            self.done.failures.append(f"{name}: {type(error).__name__}: {error}")
        finally:
            self.done.ms[name] = round((time.monotonic() - started) * 1000, 1)

    async def _drain(self, end: float) -> None:
        """Load what lies in the log. Where the sensor is at work already, that is its business."""
        drain = self._new_drain(end)
        try:
            drained = await drain.run()
        except Busy:
            self.done.drain = self.done.drain or "busy"
            return
        self._told(drained)

    def _told(self, drained: Drained) -> None:
        self.done.drain = "failed" if drained.failures else "done"
        self.done.drained += drained.entries
        self.done.claimed += drained.claimed
        self.done.failures += [f"drain: {failure}" for failure in drained.failures]

    def _new_drain(self, end: float) -> Drain:
        return Drain(
            log=self.log,
            python=self.python,
            warehouse=self.warehouse,
            batch_size=self.batch_size,
            budget_seconds=max(1.0, end - time.monotonic()),
            until_empty=True,
        )

    async def _reconcile(self, end: float) -> None:
        """Compare the log, up to the watermark, with the tables: first what no run has compared, then a part of the
        rest again, in rounds, because a row may go after it was compared.
        """
        name = {"log": self.log.stream}
        mark: dict[str, str] = await self.warehouse.call_json("reconciled", name, safe_to_retry=True)
        watermark = f"{max(0, (await self.log.position(max_age_ms=0)).watermark_ms)}"
        upto, self.done.reconciled = await self._compare(mark["upto"], watermark, end)
        audited, self.done.audited = await self._compare(mark["audited"], upto or "0", end, most=AUDITED_A_RUN)
        if self.done.audited < AUDITED_A_RUN and time.monotonic() < end:
            audited = ""  # the round is over
        await self.warehouse.call_json("set_reconciled", {**name, "upto": upto, "audited": audited}, safe_to_retry=True)

    async def _compare(self, after: str, upto: str, end: float, *, most: int | None = None) -> tuple[str, int]:
        """Compare entries after one log id up to another; how far it came, and how many it compared."""
        compared = 0
        while time.monotonic() < end and (most is None or compared < most):
            ids = await self.index.ids(after=after, upto=upto, count=IDS_AT_ONCE)
            if not ids:
                break
            lines = "\n".join(f"{log_id}\t{statement_id}" for log_id, statement_id in ids)
            reply = await self.warehouse.call_json("missing", {"entries": lines}, safe_to_retry=True)
            await self._load_missing(reply["missing"])
            after = ids[-1][0]
            compared += len(ids)
        return after, compared

    async def _load_missing(self, log_ids: list[str]) -> None:
        if not log_ids:
            return
        self.done.missing += len(log_ids)
        self.done.missing_ids = (self.done.missing_ids + log_ids)[:20]
        log.error(
            "%d log entries up to the watermark are not in the tables, the first is %s: loading them again",
            len(log_ids),
            log_ids[0],
        )
        for start in range(0, len(log_ids), LOADED_AT_ONCE):
            entries = await self.index.entries(log_ids[start : start + LOADED_AT_ONCE])
            if entries:
                drain = Drain(log=self.log, python=self.python, warehouse=self.warehouse)
                await drain.load(entries)
                self.done.reloaded += len(entries)

    async def _retry(self, end: float) -> None:
        """Map rejected statements again which another version of the mapping refused."""
        version, after = self.done.mapping, 0
        while time.monotonic() < end:
            reply = await self.warehouse.call_json(
                "rejected_by_other_mapping",
                {"mapping": version, "after": after, "limit": REMAPPED_AT_ONCE},
                safe_to_retry=True,
            )
            if reply["lines"]:
                lines = reply["lines"].split("\n")
                remapping = Remapping(self.python, self.warehouse)
                await remapping.run(lines)
                self.done.retried += len(lines)
                self.done.recovered += remapping.done.added
            if reply["after"] is None:
                return
            after = reply["after"]

    async def _pull(self, end: float) -> None:
        """Pull into the log, and load what came; the sensor may be faster."""
        assert self.pulling is not None
        self.done.pulled = await self.pulling.run(seconds=end - time.monotonic())
        if any(told["pulled"] for told in self.done.pulled.values()):
            await self._drain(end)
