"""Archived days, or the log, loaded as the loader would have: the same mapping, the same transaction, the same places.

Belongs here: reading a source in batches and keeping two in flight. Not here: loading a batch (etl_streaming.py). Every
statement keeps its position and its `stored`, so an empty database becomes what the lost one was; what is there already
counts as redelivered, so a replay may be repeated and may overlap what streaming loads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date

from lrs_platform.archive.days import Archive, positions_of
from lrs_platform.etl_streaming import Drain, Drained, McpServer
from lrs_platform.stream import DurableLog, LogEntry
from lrs_platform.stream.durable_log import LogIndex

BATCH = 5_000
IN_FLIGHT = 2

Batches = AsyncIterator[list[LogEntry]]


async def from_archive(archive: Archive, first: date | None, last: date | None) -> Batches:
    """What the archive has of some days (None: from its first, to its last)."""
    days = await asyncio.to_thread(archive.days)
    for day in days:
        if (first is None or day >= first) and (last is None or day <= last):
            batches = archive.batches(day)
            while (lines := await asyncio.to_thread(next, batches, None)) is not None:
                yield [LogEntry(line.partition("\t")[0].encode(), line.encode()) for line in lines]


async def from_log(index: LogIndex, first: date | None, last: date | None) -> Batches:
    """What the log still has of some days (None: from its first entry, to its last)."""
    after = "" if first is None else _log_id(positions_of(first)[0])
    upto = "+" if last is None else _log_id(positions_of(last)[1])
    while entries := await index.page(after=after, upto=upto, count=BATCH):
        yield entries
        after = entries[-1].id.decode()


async def replay(
    batches: Batches,
    *,
    log: DurableLog,
    python: McpServer,
    warehouse: McpServer,
    told: Callable[[Drained], None] = lambda _: None,
) -> Drained:
    """Load all batches; what became of the statements. `told` hears how far it is after each batch.

    Raises McpUnavailable, or McpToolError that is transient, or MappingInvalid: the same again goes on.
    """
    drain = Drain(log=log, python=python, warehouse=warehouse)
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def load(batch: list[LogEntry]) -> None:
        try:
            await drain.load(batch)
            drain.drained.entries += len(batch)
            told(drain.drained)
        finally:
            slots.release()

    try:
        async with asyncio.TaskGroup() as group:
            async for batch in batches:
                await slots.acquire()
                group.create_task(load(batch))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return drain.drained


def _log_id(position: int) -> str:
    return f"{position >> 20}-{position % (1 << 20)}"
