"""Loading a batch of statements in one transaction, so that whatever is repeated or cut off is stored exactly once.

Belongs here: the order of the steps, what became of each statement. Not here: SQL (warehouse/record), tools (server).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

import msgspec

from lrs_platform.mcp_servers.warehouse import indexing
from lrs_platform.mcp_servers.warehouse.database import Connection, DataFault
from lrs_platform.warehouse import sql


class Last(TypedDict):
    """The last statement line of a call."""

    statement_id: str
    stored: str
    log_id: str


class Loaded(TypedDict):
    """What became of the lines of one call: each statement line counts under one of the first four."""

    inserted: int
    duplicates: int  # another log entry brought the same statement before
    redelivered: int  # this very log entry was loaded before
    conflicts: int  # another log entry brought a different statement under this id before; kept in lrs.conflict
    rejected: int  # rejected lines that were new
    events: int
    last: Last | None
    ms: dict[str, float]


class RejectedLine(msgspec.Struct):
    """A statement that could not be mapped or loaded (docs/architecture.md, "Shapes")."""

    log_id: str
    stage: str
    reason: str
    statement_id: str | None = None
    mapping: str = ""
    raw: str = ""


async def load(connection: Connection, statements: str, events: str, rejected: str, mapping: str) -> Loaded:
    """Load statement lines, the event lines of those that were mapped, and rejected lines, in one transaction.

    Raises DataFault where the lines do not have their shape, psycopg.Error where the database refuses them; nothing is
    stored then.
    """
    started = time.perf_counter()
    refused = rejected_lines(rejected)
    mapped = aligned(statements, events, {line.log_id for line in refused if line.stage == "map"})
    gathered = indexing.gather(statements)
    ready = stored = time.perf_counter()
    lines = inserted = added = duplicates = conflicts = new_rejected = 0
    async with connection.transaction():
        if statements:
            cursor = await connection.execute(sql("insert"), {"statements": statements, "events": mapped})
            (lines, inserted, added, misplaced), new = _counts(await cursor.fetchone())
            if misplaced:
                raise DataFault("event lines are not in the order of the statement lines")
            stored = time.perf_counter()
            statement_ids = gathered.statement_ids
            if new is not None:
                gathered = indexing.gather(statements, new)
            await indexing.index(connection, gathered, statement_ids)
        indexed = time.perf_counter()
        if inserted < lines:
            duplicates, conflicts = await _settle_kept_out(connection, statements)
        if added or duplicates:  # the marts follow what is told here
            span = _span(statements)
            await connection.execute(sql("change"), {**span, "statements": inserted, "duplicates": duplicates})
        for line in refused:
            new_rejected += await _keep_rejected(connection, line, mapping)
        before_commit = time.perf_counter()
    indexing.remember(connection, gathered)
    done = time.perf_counter()
    return Loaded(
        inserted=inserted,
        duplicates=duplicates,
        redelivered=lines - inserted - duplicates - conflicts,
        conflicts=conflicts,
        rejected=new_rejected,
        events=added,
        last=_last(statements),
        ms={
            "align": _ms(ready - started),
            "insert": _ms(stored - ready),
            "index": _ms(indexed - stored),
            "settle": _ms(before_commit - indexed),
            "commit": _ms(done - before_commit),
        },
    )


def aligned(statements: str, events: str, unmapped: set[str]) -> str:
    """Event lines, one for each statement line; an empty one where a statement has no event.

    Events come in the order of their statements, and one id may stand in a call twice; so the two are walked together,
    past statements without an event. `unmapped` are log ids that the mapping failed on. Where there are as many of the
    one as of the other, nothing is to be done (insert.sql compares ids). DataFault where an event has no statement.
    """
    if not events or (statements and events.count("\n") == statements.count("\n")):
        return events
    remaining = iter(events.split("\n"))
    event = next(remaining, "")
    lines = []
    for line in statements.split("\n") if statements else ():
        log_id, statement_id, _ = _fields(line)
        # An event line begins with ["<statement id>"
        if event.startswith(statement_id, 2) and log_id not in unmapped:
            lines.append(event)
            event = next(remaining, "")
        else:
            lines.append("")
    if event:
        raise DataFault("an event line belongs to no statement of this call, or is out of order")
    return "\n".join(lines)


def rejected_lines(rejected: str) -> list[RejectedLine]:
    """The rejected lines of a call, in the order of their log ids' text. DataFault where one is malformed."""
    if not rejected:
        return []
    try:
        lines = [msgspec.json.decode(line, type=RejectedLine) for line in rejected.split("\n")]
    except msgspec.MsgspecError as error:
        raise DataFault("a rejected line is not an object with log_id, stage and reason") from error
    return sorted(lines, key=lambda line: line.log_id)  # the same order in every call: no dead-locks


async def _settle_kept_out(connection: Connection, statements: str) -> tuple[int, int]:
    """Duplicates and conflicts among the lines that an earlier log entry keeps out; conflicts are stored.

    A statement is the same if the standard says so, not if its text is (xAPI 1.0.3, Data 2.3.1).
    """
    cursor = await connection.execute(sql("kept_out"), {"statements": statements})
    duplicates = 0
    conflicting: list[str] = []
    async for log_id, same_text, standing, raw in cursor:
        if same_text or _same_statement(str(standing), str(raw)):
            duplicates += 1
        else:
            conflicting.append(str(log_id))
    if not conflicting:
        return duplicates, 0
    cursor = await connection.execute(sql("conflict"), {"statements": statements, "log_ids": conflicting})
    return duplicates, cursor.rowcount  # conflicts that were stored before count as redelivered


def _same_statement(standing: str, raw: str) -> bool:
    from lrs_platform.xapi.equality import same_statement

    return same_statement(standing.encode(), raw.encode())


async def _keep_rejected(connection: Connection, line: RejectedLine, mapping: str) -> int:
    """Store a rejected line; 1 if it was new. Whatever is wrong with its text must not keep it out."""
    values: dict[str, Any] = msgspec.structs.asdict(line)
    values["mapping"] = line.mapping or mapping
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = value.replace("\x00", "\\u0000")  # Postgres has no NUL in text
    cursor = await connection.execute(sql("rejected"), values)
    return cursor.rowcount


def _span(statements: str) -> dict[str, str]:
    """Log ids of the first and the last line; lines come in the order of the log."""
    return {"first": _fields(statements)[0], "last": _fields(statements[statements.rfind("\n") + 1 :])[0]}


def _last(statements: str) -> Last | None:
    if not statements:
        return None
    line = statements[statements.rfind("\n") + 1 :]
    log_id, statement_id, _ = _fields(line)
    stored = datetime.fromtimestamp(int(log_id.partition("-")[0]) / 1000, UTC)
    return Last(
        statement_id=statement_id,
        stored=stored.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        log_id=log_id,
    )


def _fields(line: str) -> tuple[str, str, str]:
    """Log id, statement id and the rest of a statement line."""
    parts = line.split("\t", 2)
    if len(parts) < 3:
        raise DataFault("a statement line has fewer than five fields")
    return parts[0], parts[1], parts[2]


def _counts(row: tuple[Any, ...] | None) -> tuple[Sequence[int], frozenset[int] | None]:
    """Numbers of lines, of those inserted, of events, of events out of place; positions inserted, None for all."""
    assert row is not None
    *counts, positions = row
    return counts, None if positions is None else frozenset(positions)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
