"""A day of the record into the archive, and proof that both are the same.

Belongs here: when a day is written, and what is compared. The rows come over MCP, in pages, from the warehouse server,
which alone may read the record; the file is written by whoever asks, who alone needs the archive's credentials. Cut off
anywhere, the same again does no harm.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from lrs_platform.archive.days import ROWS_AT_ONCE, Archive, Batch, day_of, positions_of
from lrs_platform.archive.digest import Digest

TRIES = 3  # somebody who is erased while a day is written makes it another day
PAGES_AHEAD = 2


class McpServer(Protocol):
    """The part of the MCP client that archiving needs."""

    async def call_json(self, tool: str, arguments: dict[str, Any], *, safe_to_retry: bool = False) -> Any: ...


@dataclass(frozen=True, slots=True)
class ArchivedDay:
    """A day in the record and in the archive. `written`: its file is new."""

    day: date
    record: Digest
    archive: Digest
    bytes: int
    written: bool

    @property
    def equal(self) -> bool:
        """Whether both hold the same statements, to the character."""
        return self.record == self.archive


async def span_of_record(warehouse: McpServer) -> tuple[date, date] | None:
    """The days of the first and of the last statement that is stored; None where there is none."""
    span = await warehouse.call_json("record_span", {}, safe_to_retry=True)
    return None if span["first"] is None else (day_of(span["first"]), day_of(span["last"]))


async def archive_day(warehouse: McpServer, archive: Archive, day: date) -> ArchivedDay:
    """Bring a day of the archive to what the record has of it; both are compared before and after.

    Where the archive has more statements than the record it is left alone, and the two are told as they are: a
    database that was lost must not take its archive with it. Raises McpUnavailable, McpToolError, OSError.
    """
    written = False
    for attempt in range(TRIES + 1):
        standing = await asyncio.to_thread(archive.digest, day)
        after, upto = positions_of(day)
        told = await warehouse.call_json("record_digest", {"after": after, "upto": upto}, safe_to_retry=True)
        record = Digest(told["statements"], int(told["checksum"]))
        if record == standing or record.statements < standing.statements or attempt == TRIES:
            break
        await _write(warehouse, archive, day)
        written = True
    return ArchivedDay(day, record, standing, await asyncio.to_thread(archive.size, day), written)


async def _write(warehouse: McpServer, archive: Archive, day: date) -> None:
    """Read pages here and compress them in a thread, so that neither waits for the other."""
    pages: queue.Queue[Batch | None] = queue.Queue(PAGES_AHEAD)
    stopped = threading.Event()

    def arriving() -> Iterator[Batch]:
        while (page := pages.get()) is not None:
            yield page
        if stopped.is_set():
            raise InterruptedError(f"{day} was not read to its end")

    writing = asyncio.create_task(asyncio.to_thread(archive.put, day, arriving()))
    try:
        after, upto = positions_of(day)
        while not writing.done():
            page = await warehouse.call_json(
                "stored_lines", {"after": after, "upto": upto, "limit": ROWS_AT_ONCE}, safe_to_retry=True
            )
            await _hand_over(pages, page["lines"].split("\n") if page["lines"] else [], writing)
            if page["after"] is None:
                break
            after = page["after"]
    except BaseException:
        stopped.set()
        await _hand_over(pages, None, writing)
        await asyncio.wait({writing})
        raise
    await _hand_over(pages, None, writing)
    await writing


async def _hand_over(pages: queue.Queue[Batch | None], page: Batch | None, writing: asyncio.Task[None]) -> None:
    """Put a page into the queue once there is room, or never, where nobody writes any more."""
    while not writing.done():
        try:
            pages.put_nowait(page)
        except queue.Full:
            await asyncio.sleep(0.005)
        else:
            return
