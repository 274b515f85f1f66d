"""One pull: from where each source was left to the end of what it has, or of the budget.

Belongs here: the cursor, what becomes of each statement, resuming. Not here: HTTP (fetching.py), the grammar (xapi/),
the log (stream/).

The cursor of a source is a time by the source's own clock. It never passes what the source says is consistent, nor its
own present less the overlap: a statement may become visible later than its `stored` says. What lies behind the cursor
and is here already is remembered by id, so the overlap costs a request and no statement. It is kept after every page,
in the same database as the statements.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from lrs_platform import __version__
from lrs_platform.pulling.fetching import Fetched, Fetcher, Page, SourceBusy, SourceFailed
from lrs_platform.pulling.sources import Source, SourcesInvalid
from lrs_platform.stream import DurableLog, Entry, LogUnavailable
from lrs_platform.xapi.equality import same_statement
from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.identifiers import ordered_uuid
from lrs_platform.xapi.statements import Incoming, parse

SEEN = 50_000  # ids remembered behind a cursor; beyond it the newest count, and the log finds the others
LONGEST_WAIT = 20.0  # a source that wants longer is asked again by a later run
BACKLOG = 200_000  # statements that wait to be loaded; beyond it pulling would only fill the log's memory
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNORDERED = "it has more than one run fetched and does not send it in the order asked for: raise pages and page_size"
ATTEMPTS = 4  # appends of one page; each further one needs another sender of the same ids in between
EXCLUSIVE = timedelta(milliseconds=1)  # `since` leaves its own instant out (Communication 2.1.3); some LRSs count in ms


class McpServer(Protocol):
    """The part of the MCP client that pulling needs."""

    async def call_json(self, tool: str, arguments: dict[str, Any], *, safe_to_retry: bool = False) -> Any: ...


@dataclass(slots=True)
class Pulled:
    """What came from one source: pulled into the log, known (here already), refused (kept in lrs.rejected).

    complete: the end of what the source had was reached. skipped: it was not due. error: why it ended early.
    """

    pulled: int = 0
    known: int = 0
    refused: int = 0
    pages: int = 0
    complete: bool = False
    skipped: bool = False
    since: str | None = None
    error: str | None = None
    ms: float = 0.0


@dataclass(slots=True)
class Cursor:
    """Where a source was left. `seen` are the statements at or after `since` that are here already, with their `stored`
    (None until this pull has met them again).
    """

    since: datetime | None = None
    seen: dict[str, datetime | None] = field(default_factory=dict)
    not_before: datetime | None = None
    pulled_at: datetime | None = None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Cursor:
        """A cursor as the warehouse tells it."""
        times = {
            name: datetime.fromisoformat(row[name]) if row[name] else None
            for name in ("since", "not_before", "pulled_at")
        }
        return cls(seen=dict.fromkeys(row["seen"], None), **times)

    def advance(self, newest: datetime, page: Page, overlap: timedelta) -> None:
        """Move on to the newest statement of the pages up to `page`, as far as that proves; forget what lies before."""
        reached = min(newest, (page.clock or newest) - overlap, page.consistent or newest)
        if self.since is not None and reached <= self.since:
            return
        self.since = reached
        self.seen = {
            statement_id: at for statement_id, at in self.seen.items() if at is None or at >= reached - EXCLUSIVE
        }

    def remember(self, statements: Sequence[Fetched]) -> None:
        """Note statements of a page as being here. Call it before `advance`."""
        for fetched in statements:
            if fetched.id:
                self.seen.pop(fetched.id.lower(), None)  # newest last
                self.seen[fetched.id.lower()] = fetched.at

    def forget_unseen(self) -> None:
        """At the end of what the source has: what this pull has not met again lies before the cursor."""
        self.seen = {statement_id: at for statement_id, at in self.seen.items() if at is not None}

    def kept(self) -> list[str]:
        """Ids to be kept, newest last; what is no UUID was refused, and is so again."""
        return [statement_id for statement_id in self.seen if UUID.fullmatch(statement_id)][-SEEN:]


@dataclass(slots=True)
class Pull:
    """Pulls from all sources that are due, one after the other."""

    sources: Callable[[], Sequence[Source]]  # read when a run begins: a fault of the file is a fault of that step
    log: DurableLog
    warehouse: McpServer

    async def run(self, *, seconds: float) -> dict[str, dict[str, Any]]:
        """What came from each source. A source that fails is told in its `error`; what was pulled until then stays.

        Raises SourcesInvalid where sources.yaml cannot be used, LogUnavailable, McpUnavailable or McpToolError where
        Redis or the warehouse is away.
        """
        sources = self.sources()
        if not sources:
            return {}
        rows = await self.warehouse.call_json("source_cursors", {}, safe_to_retry=True)
        cursors = {row["source"]: Cursor.of(row) for row in rows}
        told: dict[str, dict[str, Any]] = {}
        for number, source in enumerate(sources):
            share = seconds / (len(sources) - number)  # what one does not use, the next ones may
            started = time.monotonic()
            pulled = await self._source(source, cursors.get(source.name, Cursor(since=source.since)), share)
            pulled.ms = round((time.monotonic() - started) * 1000, 1)
            seconds -= time.monotonic() - started
            told[source.name] = asdict(pulled)
        return told

    async def _source(self, source: Source, cursor: Cursor, seconds: float) -> Pulled:
        done = Pulled(since=_iso(cursor.since))
        now = datetime.now(UTC)
        due = (cursor.pulled_at or now) + timedelta(seconds=source.every_seconds)
        if (cursor.not_before and now < cursor.not_before) or (cursor.pulled_at and now < due) or seconds <= 0:
            done.skipped = True
            return done
        cursor.not_before = None
        try:
            await self._pages(source, cursor, done, time.monotonic() + seconds)
        except SourceBusy as busy:
            cursor.not_before = datetime.now(UTC) + timedelta(seconds=busy.seconds)
            done.error = f"{busy}; asked again after {_iso(cursor.not_before)}"
        except (SourceFailed, SourcesInvalid) as error:
            done.error = str(error)[:500]
        if done.complete:
            cursor.forget_unseen()
        await self._keep(source, cursor, done)
        return done

    async def _pages(self, source: Source, cursor: Cursor, done: Pulled, end: float) -> None:
        """Page after page, each in the log before the cursor moves on."""
        overlap = timedelta(seconds=source.overlap_seconds)
        since = cursor.since - EXCLUSIVE if cursor.since else None
        newest: datetime | None = None
        ordered = True
        async with Fetcher(source) as fetcher:
            page = await _patiently(lambda: fetcher.first(since), end)
            while True:
                pulled, refused = done.pulled, done.refused
                new = [fetched for fetched in page.statements if (fetched.id or "").lower() not in cursor.seen]
                done.known += len(page.statements) - len(new)
                await self._take(source, new, done)
                cursor.remember(page.statements)
                times = [fetched.at for fetched in page.statements if fetched.at is not None]
                ordered = ordered and times == sorted(times) and (not times or newest is None or times[0] >= newest)
                newest = max([*times, *([newest] if newest else [])], default=None)
                if newest is not None and (ordered or not page.more):  # else what is left may be older than what came
                    cursor.advance(newest, page, overlap)
                done.pages += 1
                done.since = _iso(cursor.since)
                done.complete = not page.more
                await self._keep(source, cursor, done, pulled=done.pulled - pulled, refused=done.refused - refused)
                if done.complete:
                    return
                if done.pages >= source.pages or time.monotonic() > end or await self._log_is_behind():
                    if not ordered:
                        raise SourceFailed(UNORDERED)
                    return
                more = page.more
                page = await _patiently(lambda: fetcher.following(more), end)  # noqa: B023 - called before `more` changes

    async def _log_is_behind(self) -> bool:
        return (await self.log.position()).backlog > BACKLOG

    async def _keep(self, source: Source, cursor: Cursor, done: Pulled, *, pulled: int = 0, refused: int = 0) -> None:
        """Keep the cursor, and add to what came in all."""
        await self.warehouse.call_json(
            "set_source_cursor",
            {
                "source": source.name,
                "since": _iso(cursor.since),
                "seen": cursor.kept(),
                "pulled": pulled,
                "refused": refused,
                "complete": done.complete,
                "not_before": _iso(cursor.not_before),
                "error": done.error,
            },
        )

    async def _take(self, source: Source, fetched: Sequence[Fetched], done: Pulled) -> None:
        """Into the log what is valid and new, into lrs.rejected what is not."""
        valid: list[Entry] = []
        refused: list[tuple[Fetched, str]] = []
        for one, checked in _checked(source, fetched):
            if isinstance(checked, str):
                refused.append((one, checked))
            else:
                valid.append(Entry(checked.id or ordered_uuid(), checked.raw, fresh=checked.id is None))
        known, conflicts = await self._append(source, valid)
        refused += conflicts
        done.pulled += len(valid) - known - len(conflicts)
        done.known += known
        done.refused += len(refused)
        if refused:
            lines = "\n".join(_rejected(source, one, reason) for one, reason in refused)
            await self.warehouse.call_json(
                "load_statements", {"statements": "", "events": "", "rejected": lines}, safe_to_retry=True
            )

    async def _append(self, source: Source, entries: Sequence[Entry]) -> tuple[int, list[tuple[Fetched, str]]]:
        """Append what the log does not know; how many it knew, and those that it knows otherwise."""
        known: set[str] = set()
        conflicts: list[tuple[Fetched, str]] = []
        for _ in range(ATTEMPTS if entries else 0):
            appended = await self.log.append(
                entries, version=source.version.value, authority=source.authority_json(), known=known
            )
            if not appended.taken:
                return len(known) - len(conflicts), conflicts
            for taken in appended.taken:
                entry = entries[taken.index]
                held = taken.raw if taken.raw is not None else await self._held(entry.statement_id)
                known.add(entry.statement_id)
                if held is not None and not same_statement(held, entry.raw):
                    reason = "another statement with this id is stored already"
                    conflicts.append((Fetched(entry.raw, entry.statement_id, None), reason))
        if entries:
            raise LogUnavailable("others send the same statements just now")
        return 0, []

    async def _held(self, statement_id: str) -> bytes | None:
        """The text of a statement that the log knows and has trimmed."""
        found = await self.warehouse.call_json("find_statements", {"statement_id": statement_id}, safe_to_retry=True)
        return found["statements"][0]["raw"].encode() if found["statements"] else None


def _checked(source: Source, fetched: Sequence[Fetched]) -> list[tuple[Fetched, Incoming | str]]:
    """Each statement with what the grammar makes of it, or why it refuses it. All at once where all are valid."""
    if not fetched:
        return []
    try:
        batch = parse(b"[" + b",".join(one.raw for one in fetched) + b"]", source.version)
        return list(zip(fetched, batch.statements, strict=True))
    except StatementInvalid:
        return [(one, _alone(one, source)) for one in fetched]


def _alone(one: Fetched, source: Source) -> Incoming | str:
    try:
        return parse(one.raw, source.version).statements[0]
    except StatementInvalid as error:
        return str(error)


def _rejected(source: Source, one: Fetched, reason: str) -> str:
    """The rejected line of a statement that never gets into the log."""
    name = one.id or hashlib.sha256(one.raw).hexdigest()[:32]
    return json.dumps(
        {
            "log_id": f"pull:{source.name}:{name}",
            "statement_id": one.id,
            "stage": "pull",
            "reason": reason,
            "mapping": f"xapi@{__version__}",
            "raw": one.raw.decode("utf-8", "replace"),
        }
    )


async def _patiently(fetch: Callable[[], Coroutine[Any, Any, Page]], end: float) -> Page:
    """A page; a source that is busy is waited for where that fits into the budget. Raises SourceBusy, SourceFailed."""
    while True:
        try:
            return await fetch()
        except SourceBusy as busy:
            if busy.seconds > LONGEST_WAIT or time.monotonic() + busy.seconds > end:
                raise
            await asyncio.sleep(max(busy.seconds, 0.2))


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
