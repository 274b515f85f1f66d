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
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, cast
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


class Reference(NamedTuple):
    """A statement that has another one as its object."""

    statement_id: str
    position: int
    target_id: str
    voids: bool


@dataclass(slots=True)
class Gathered:
    """What the statement lines of a call add to the index.

    Gathered statement by statement: 5,000 small objects kept for each would cost the garbage collector as much again.
    """

    spans: dict[int, defaultdict[str, list[int]]] = field(default_factory=dict)  # span -> key -> positions
    definitions: dict[tuple[str, bytes], None] = field(default_factory=dict)  # (activity, its definition), in order
    referring: list[Reference] = field(default_factory=list)
    statement_ids: list[str] = field(default_factory=list)

    def add(self, position: int, statement_id: str, authority: str, found_by: Findable) -> None:
        """Add one statement."""
        self.statement_ids.append(statement_id)
        keys = self.spans.get(position >> SPAN_BITS)
        if keys is None:
            keys = self.spans[position >> SPAN_BITS] = defaultdict(list)
        for key in found_by.keys:
            keys[key].append(position)
        for key in _authority_keys(authority):
            keys[key].append(position)
        for definition in found_by.definitions:
            self.definitions[definition] = None
        if found_by.refers_to is not None:
            self.referring.append(Reference(statement_id, position, found_by.refers_to, found_by.voids))

    def postings(self) -> tuple[list[str], list[str]]:
        """For each row of the index its key and its positions, these as text of an array; ordered by key, because a
        B-tree takes neighbours faster.
        """
        rows = []
        for keys in self.spans.values():
            for key, positions in keys.items():
                name = hashed(key)
                if len(positions) > 1:
                    positions.sort()  # lines are in log order, but a batch that was claimed anew may not be
                for start in range(0, len(positions), ROW_POSITIONS):
                    rows.append((name, "{" + ",".join(map(str, positions[start : start + ROW_POSITIONS])) + "}"))
        rows.sort()
        return [key for key, _ in rows], [positions for _, positions in rows]


def gather(statements: str, only: Collection[int] | None = None) -> Gathered:
    """Read the statement lines of a call; with `only` those at these positions. DataFault where one has not its
    shape.
    """
    gathered = Gathered()
    for line in statements.split("\n") if statements else ():
        try:
            log_id, statement_id, _, authority, raw = line.split("\t", 4)
            ms, _, sequence = log_id.partition("-")
            position = int(ms) * MILLISECOND + int(sequence)
        except ValueError as error:
            raise DataFault("a statement line is not log id, statement id, version, authority and statement") from error
        if only is None or position in only:
            gathered.add(position, statement_id, authority, _findable(raw, statement_id))
    return gathered


async def index(connection: Connection, new: Gathered, statement_ids: Sequence[str]) -> None:
    """Make the `new` statements of a load findable, in the transaction that inserted them; `statement_ids` are all of
    the load's.
    """
    if new.spans:
        keys, positions = new.postings()
        await connection.execute(sql("post"), {"keys": keys, "positions": positions})
    await connection.execute(sql("loading_in_turn"))
    await _define(connection, new.definitions)
    await _refer(connection, new.referring, statement_ids)


def remember(connection: Connection, new: Gathered) -> None:
    """Note, once the load is committed, that these definitions are known."""
    told = _told.setdefault(connection, set())
    if len(told) > REMEMBERED:
        told.clear()
    told.update(map(hash, new.definitions))


def _findable(raw: str, statement_id: str) -> Findable:
    try:
        return findable(raw.encode())
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        # Whoever wrote it did not check it. Found by its id and in unfiltered pages; it must not keep its batch out.
        logger.warning("statement %s is found by its id only: %s", statement_id[:36], str(error)[:200])
        return Findable(set(), None, False, [])


@lru_cache(maxsize=10_000)
def _authority_keys(authority: str) -> frozenset[str]:
    try:
        return frozenset(authority_keys(authority.encode()))
    except msgspec.MsgspecError as error:
        raise DataFault("an authority is not an Agent or Group in JSON") from error


async def _define(connection: Connection, definitions: Iterable[tuple[str, bytes]]) -> None:
    """Merge what statements say of activities into what is known, where it has not been said before."""
    told = _told.setdefault(connection, set())
    new: dict[str, list[bytes]] = {}
    for definition in definitions:
        if hash(definition) not in told:
            new.setdefault(definition[0], []).append(definition[1])
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


async def _refer(connection: Connection, referring: Sequence[Reference], statement_ids: Sequence[str]) -> None:
    """Follow references to and from the statements of a load: who is found by what, and who is voided."""
    if referring:
        ids, positions, targets, voids = zip(*referring, strict=True)
        parameters = {
            "statement_ids": list(ids),
            "positions": list(positions),
            "target_ids": list(targets),
            "voids": list(voids),
        }
        await connection.execute(sql("refer"), parameters)
    loaded = {"statement_ids": list(statement_ids)}
    if not referring:
        cursor = await connection.execute(sql("referred"), loaded)
        if await cursor.fetchone() is None:
            return
    cursor = await connection.execute(sql("reached"), loaded)
    reached = set()
    for position, raw, authority in await cursor.fetchall():
        found_by = _findable(str(raw), "that another refers to")
        for key in found_by.keys | _authority_keys(str(authority)):
            reached.add((hashed(key), cast(int, position)))
    if reached:
        keys, places = zip(*sorted(reached), strict=True)
        await connection.execute(sql("post_again"), {"keys": list(keys), "positions": list(places)})
    await connection.execute(sql("void"), loaded)
