"""Streaming ETL: drain the log into the warehouse in micro-batches. Module b.02 of the plan.

Belongs here: the order of the steps and what happens when one fails. Not here: the log (stream/), the sandboxed script
(mappings/), SQL (the warehouse server), and Dagster (defs/ingest/), which drains from a sensor and from an asset.

    read -> run_python_code -> load_statements -> XACK        one call each per batch, several batches in flight

A batch whose data is at fault is halved until the statement at fault stands alone; that one goes to `lrs.rejected` and
its neighbours to the tables. A batch that fails because a server is away stays pending; the next drain claims it.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from lrs_platform import tracing
from lrs_platform.call_log.work import about
from lrs_platform.mappings.composing import Composed, current
from lrs_platform.mappings.remapping import rejected_line
from lrs_platform.mappings.rules import MappingInvalid
from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform.mcp_servers.python.result import return_value
from lrs_platform.stream import DurableLog, LogEntry, LogUnavailable

CONSUMER = "loader"  # one name for all: the lease lets one drain at a time work, and it claims what an earlier one left
LONGEST_WAIT_SECONDS = 1.0  # for a first statement, so that an `end` which was moved nearer is seen
LEASE_SECONDS = 10.0  # renewed three times as often; a killed drain blocks the next one no longer than this


class McpServer(Protocol):
    """The part of the MCP client that draining needs."""

    async def call(self, tool: str, arguments: dict[str, Any], *, safe_to_retry: bool = False) -> str: ...


class Busy(Exception):
    """Another drain holds the lease."""


@dataclass(slots=True)
class Drained:
    """What a drain did. Counts are statements, `claimed` those of `entries` that an earlier drain left behind; `ms_*`
    are sums over batches: with two in flight more than the clock.
    """

    entries: int = 0
    claimed: int = 0
    inserted: int = 0
    duplicates: int = 0
    redelivered: int = 0
    conflicts: int = 0
    rejected: int = 0
    batches: int = 0
    last_statement_id: str = ""
    last_log_id: str = ""
    lag_ms: int = 0
    ms_read: float = 0.0
    ms_map: float = 0.0
    ms_load: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, loaded: dict[str, Any], last: LogEntry) -> None:
        """Count what the warehouse answered for one call."""
        self.inserted += loaded["inserted"]
        self.duplicates += loaded["duplicates"]
        self.redelivered += loaded["redelivered"]
        self.conflicts += loaded["conflicts"]
        self.rejected += loaded["rejected"]
        log_id = last.id.decode()
        if _order(log_id) > _order(self.last_log_id):
            self.last_log_id, self.last_statement_id = log_id, _statement_id(last)


@dataclass(slots=True)
class Drain:
    """One pass over the log. `budget_seconds` bounds reading, not the batches then in flight; so does `end`, a time of
    time.monotonic() that may be moved while the drain runs. Batches are loaded in `context` (whose work it is).

    Each batch is mapped by `mapping`, else by what is in force then.
    """

    log: DurableLog
    python: McpServer
    warehouse: McpServer
    budget_seconds: float = 4.8
    batch_size: int = 5000
    in_flight: int = 2
    linger_ms: int = 15
    load_delay_ms: int = 0
    until_empty: bool = False
    end: float | None = None
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    mapping: Composed | None = None
    drained: Drained = field(default_factory=Drained)
    _failed: bool = False

    async def run(self) -> Drained:
        """Drain until the budget is over, or the log is empty where `until_empty`.

        Raises Busy where another drain is at work, LogUnavailable where Redis is away. A server that is away or a
        batch that could not be loaded is told in `Drained.failures`; its entries stay pending.
        """
        if self.end is None:
            self.end = time.monotonic() + self.budget_seconds
        holder = uuid.uuid4().hex
        if not await self.log.acquire_lease(holder, LEASE_SECONDS):
            raise Busy("another drain holds the lease of this log")
        renewal = asyncio.create_task(self._renew(holder))
        try:
            await self.log.ensure_group()
            slots = asyncio.Semaphore(self.in_flight)
            async with asyncio.TaskGroup() as batches:
                async for batch in self._batches(slots):
                    batches.create_task(self._one(batch, slots), context=self.context.copy())
            await self.log.trim()
        finally:
            renewal.cancel()
            await self.log.release_lease(holder)
        return self.drained

    def take(self) -> Drained:
        """What was done since the last call of this."""
        taken, self.drained = self.drained, Drained()
        return taken

    def _fail(self, error: Exception) -> None:
        """Note a failure; it ends the drain once the batches in flight are through."""
        self._failed = True
        self.drained.failures.append(f"{type(error).__name__}: {error}")

    async def _renew(self, holder: str) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            await self.log.acquire_lease(holder, LEASE_SECONDS)

    async def _batches(self, slots: asyncio.Semaphore) -> AsyncIterator[list[LogEntry]]:
        """Batches to load, each with a slot taken for it: first what an earlier drain left, then what is new."""
        try:
            async for batch in self._left_behind(slots):
                yield batch
            async for batch in self._arriving(slots):
                yield batch
        except LogUnavailable as error:
            self._fail(error)

    async def _left_behind(self, slots: asyncio.Semaphore) -> AsyncIterator[list[LogEntry]]:
        cursor = "0-0"
        while not self._failed:
            await slots.acquire()
            cursor, left = await self.log.claim(CONSUMER, self.batch_size, idle_ms=0, start=cursor)
            if not left:
                slots.release()
            else:
                self.drained.claimed += len(left)
                yield left
            if cursor == "0-0":
                return

    async def _arriving(self, slots: asyncio.Semaphore) -> AsyncIterator[list[LogEntry]]:
        while not self._failed and (wait := self._left()) > 0:
            await slots.acquire()
            started = time.monotonic()
            wait_ms = 0 if self.until_empty else max(1, int(min(wait, LONGEST_WAIT_SECONDS) * 1000))
            batch = await self.log.read(CONSUMER, self.batch_size, wait_ms)
            waited = time.monotonic() - started
            if not batch:
                slots.release()
                if self.until_empty:
                    return
                continue
            if len(batch) < self.batch_size and not self.until_empty and self.linger_ms:
                await asyncio.sleep(self.linger_ms / 1000)
                batch += await self.log.read(CONSUMER, self.batch_size - len(batch), 0)
            if waited < 0.05:  # a longer one was spent waiting for statements, not reading them
                self.drained.ms_read += waited * 1000
            yield batch

    def _left(self) -> float:
        """Seconds left to read in."""
        return (self.end or 0.0) - time.monotonic()

    async def _one(self, batch: list[LogEntry], slots: asyncio.Semaphore) -> None:
        """Load one batch and acknowledge it; what cannot be done now is noted and stays pending."""
        try:
            if self.load_delay_ms:
                await asyncio.sleep(self.load_delay_ms / 1000)
            links = [entry.trace for entry in batch if entry.trace]
            with tracing.span("load batch", kind="consumer", links=links, statements=len(batch)):
                await self.load(batch)
            await self.log.ack([entry.id for entry in batch])
            self.drained.entries += len(batch)
            self.drained.batches += 1
            self.drained.lag_ms = max(0, int(time.time() * 1000) - _order(batch[-1].id.decode())[0])
        except (McpUnavailable, McpToolError, LogUnavailable, MappingInvalid) as error:
            self._fail(error)
        finally:
            slots.release()

    async def load(self, batch: Sequence[LogEntry]) -> None:
        """Map and load `batch` in one transaction; where its data is at fault, its halves one after the other.

        Raises MappingInvalid where the user's mapping cannot be used: the log keeps what came until it is mended.
        """
        mapping = self.mapping or current()
        payload = b"\n".join(entry.line for entry in batch).decode()
        stage = "map"
        try:
            with about(rows=len(batch)):
                events, rejected = _sort_out(await self._map(payload, mapping), batch, mapping.version)
                stage = "load"
                await self._send(payload, events, rejected, batch[-1], mapping)
        except McpToolError as error:
            if error.transient:
                raise
            if len(batch) > 1:
                half = len(batch) // 2
                await self.load(batch[:half])
                await self.load(batch[half:])
                return
            await self._reject(batch[0], stage, str(error), mapping)

    async def _reject(self, entry: LogEntry, stage: str, reason: str, mapping: Composed) -> None:
        """Keep a statement that cannot become an event: in the record if possible, in lrs.rejected in any case."""
        rejected = _rejected_line(entry, stage, reason, mapping.version)
        try:
            await self._send(entry.line.decode(), "", rejected, entry, mapping)
        except McpToolError as error:
            if error.transient:
                raise
            await self._send("", "", rejected, entry, mapping)

    async def _map(self, payload: str, mapping: Composed) -> str:
        """Event lines of a payload, made by the mapping script in the sandbox."""
        started = time.monotonic()
        reply = await self.python.call(
            "run_python_code",
            {"python_code": mapping.text, "global_variables": {"payload": payload}},
            safe_to_retry=True,
        )
        self.drained.ms_map += (time.monotonic() - started) * 1000
        return str(return_value(reply))

    async def _send(self, statements: str, events: str, rejected: str, last: LogEntry, mapping: Composed) -> None:
        """One transaction in the warehouse. Safe to repeat: the statement id is the key."""
        started = time.monotonic()
        reply = await self.warehouse.call(
            "load_statements",
            {"statements": statements, "events": events, "rejected": rejected, "mapping": mapping.version},
            safe_to_retry=True,
        )
        self.drained.ms_load += (time.monotonic() - started) * 1000
        self.drained.add(json.loads(reply), last)


def mapping_version() -> str:
    """Name and content hash of the mapping in force, e.g. `mappings@1f0c2ab94d3e`. Raises MappingInvalid."""
    return current().version


def _sort_out(events: str, batch: Sequence[LogEntry], version: str) -> tuple[str, str]:
    """Event lines, and rejected lines for statements that the script cannot digest (its lines that are objects)."""
    lines = events.split("\n")
    if len(lines) != len(batch):
        raise McpToolError(f"data: mapping {version} gave {len(lines)} rows for {len(batch)} statements")
    if not (events.startswith("{") or "\n{" in events):
        return events, ""
    rejected = [
        _rejected_line(entry, "map", json.loads(line)["error"], version)
        for line, entry in zip(lines, batch, strict=True)
        if line.startswith("{")
    ]
    return "\n".join(line for line in lines if not line.startswith("{")), "\n".join(rejected)


def _rejected_line(entry: LogEntry, stage: str, reason: str, version: str) -> str:
    return rejected_line(entry.line.decode(), stage, reason, version)


def _statement_id(entry: LogEntry) -> str:
    return entry.line.split(b"\t", 2)[1].decode()


def _order(log_id: str) -> tuple[int, int]:
    ms, _, seq = (log_id or "0-0").partition("-")
    return int(ms), int(seq or 0)
