"""Making statements findable while they are loaded: postings, references, what they say of activities, voiding.

Belongs here: the order of these steps. Not here: which properties a filter looks at (xapi/filters.py), looking up
(finding.py), SQL (warehouse/record).

The keys come from the statement itself, not from its event: the mapping script may be replaced, and a statement that it
cannot read is found all the same. They are made here and not in the gateway, so that whoever writes to the log is
served, and not in SQL, where taking the same texts out of json costs several times as much (docs/xapi.md).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from weakref import WeakKeyDictionary

import msgspec

from lrs_platform.mcp_servers.warehouse.database import Connection, DataFault
from lrs_platform.mcp_servers.warehouse.finding import MILLISECOND, hashed
from lrs_platform.warehouse import sql
from lrs_platform.xapi.definitions import merged
from lrs_platform.xapi.filters import Findable, authority_keys, findable

logger = logging.getLogger(__name__)

SPAN_BITS = 30  # positions of a row share all higher bits: about a second
ROW_POSITIONS = 200  # in a row at most: 1.6 kB, which Postgres still keeps with the row
REMEMBERED = 50_000  # definitions, by connection; then it begins anew

_told: WeakKeyDictionary[Connection, set[int]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Line:
    """A statement line, read: where it stands, and what it is found by."""

    position: int
    statement_id: str
    authority: str
    found_by: Findable


def read_lines(statements: str) -> list[Line]:
    """The statement lines of a call. DataFault where one does not have its shape."""
    lines = []
    for line in statements.split("\n") if statements else ():
        try:
            log_id, statement_id, _, authority, raw = line.split("\t", 4)
            lines.append(Line(_position(log_id), statement_id, authority, _findable(raw, statement_id)))
        except ValueError as error:
            raise DataFault("a statement line is not log id, statement id, version, authority and statement") from error
    return lines


async def index(connection: Connection, lines: Sequence[Line], new: Collection[int] | None) -> Sequence[Line]:
    """Make the statements at the `new` positions (None: all) findable; in the transaction that inserted them.

    Returns their lines, for `remember`.
    """
    fresh = lines if new is None else [line for line in lines if line.position in new]
    if fresh:
        keys, positions = _postings(fresh)
        await connection.execute(sql("post"), {"keys": keys, "positions": positions})
    await connection.execute(sql("loading_in_turn"))
    await _define(connection, fresh)
    await _refer(connection, lines, fresh)
    return fresh


def remember(connection: Connection, lines: Iterable[Line]) -> None:
    """Note, once the load is committed, that these definitions are known."""
    told = _told.setdefault(connection, set())
    if len(told) > REMEMBERED:
        told.clear()
    told.update(hash(definition) for line in lines for definition in line.found_by.definitions)


def _findable(raw: str, statement_id: str) -> Findable:
    try:
        return findable(raw.encode("utf-8", "surrogatepass"))
    except msgspec.MsgspecError as error:
        # Whoever wrote it did not check it. Found by its id and in unfiltered pages; it must not keep its batch out.
        logger.warning("statement %s is found by its id only: %s", statement_id[:36], str(error)[:200])
        return Findable(set(), None, False, [])


def _postings(lines: Sequence[Line]) -> tuple[list[str], list[str]]:
    """For each row of the index its key and its positions, these as text of an array; ordered by key, because a B-tree
    takes neighbours faster."""
    by_span: defaultdict[int, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        position = line.position
        found = by_span[position >> SPAN_BITS]
        for key in line.found_by.keys:
            found[key].append(position)
        for key in _authority_keys(line.authority):
            found[key].append(position)
    rows = []
    for found in by_span.values():
        for key, positions in found.items():
            name = hashed(key)
            if len(positions) > 1:
                positions.sort()  # lines are in log order, but a batch that was claimed anew may not be
            for start in range(0, len(positions), ROW_POSITIONS):
                rows.append((name, "{" + ",".join(map(str, positions[start : start + ROW_POSITIONS])) + "}"))
    rows.sort()
    return [key for key, _ in rows], [positions for _, positions in rows]


@lru_cache(maxsize=10_000)
def _authority_keys(authority: str) -> frozenset[str]:
    try:
        return frozenset(authority_keys(authority.encode()))
    except msgspec.MsgspecError as error:
        raise DataFault("an authority is not an Agent or Group in JSON") from error


async def _define(connection: Connection, lines: Sequence[Line]) -> None:
    """Merge what the statements say of activities into what is known, where it has not been said before."""
    told = _told.setdefault(connection, set())
    new: dict[str, list[bytes]] = {}
    for line in lines:
        for definition in line.found_by.definitions:
            if hash(definition) not in told:
                texts = new.setdefault(definition[0], [])
                if definition[1] not in texts:
                    texts.append(definition[1])
    if not new:
        return
    keys = {hashed(activity_id): activity_id for activity_id in new}
    cursor = await connection.execute(sql("activities_known"), {"keys": list(keys)})
    known = {str(key).replace("-", ""): str(text).encode() for key, text in await cursor.fetchall()}
    changed = {}
    for key, activity_id in keys.items():
        whole = merged(known.get(key), new[activity_id])
        if whole != known.get(key):
            changed[key] = whole.decode()
    if changed:
        parameters = {
            "keys": list(changed),
            "activity_ids": [keys[key] for key in changed],
            "definitions": list(changed.values()),
        }
        await connection.execute(sql("activities_defined"), parameters)


async def _refer(connection: Connection, lines: Sequence[Line], fresh: Sequence[Line]) -> None:
    """Follow references to and from these statements: who is found by what, and who is voided."""
    referring = [line for line in fresh if line.found_by.refers_to is not None]
    if referring:
        parameters = {
            "statement_ids": [line.statement_id for line in referring],
            "positions": [line.position for line in referring],
            "target_ids": [line.found_by.refers_to for line in referring],
            "voids": [line.found_by.voids for line in referring],
        }
        await connection.execute(sql("refer"), parameters)
    ids = {"statement_ids": [line.statement_id for line in lines]}
    if not referring:
        cursor = await connection.execute(sql("referred"), ids)
        if await cursor.fetchone() is None:
            return
    cursor = await connection.execute(sql("reached"), ids)
    reached = set()
    for position, raw, authority in await cursor.fetchall():
        found_by = _findable(str(raw), "that another refers to")
        for key in found_by.keys | _authority_keys(str(authority)):
            reached.add((hashed(key), cast(int, position)))
    if reached:
        keys, positions = zip(*sorted(reached), strict=True)
        await connection.execute(sql("post_again"), {"keys": list(keys), "positions": list(positions)})
    await connection.execute(sql("void"), ids)


def _position(log_id: str) -> int:
    ms, _, seq = log_id.partition("-")
    return int(ms) * MILLISECOND + int(seq)
