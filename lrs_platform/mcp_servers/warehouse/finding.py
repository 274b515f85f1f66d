"""Finding statements: from the filters of GET /statements to positions in the record, in order, page by page.

Belongs here: what a caller's filters mean in keys, and in which order postings are asked. Not here: SQL
(warehouse/record), which properties a filter looks at (xapi/filters.py), the texts of what was found (reading.py).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

import msgspec

from lrs_platform.mcp_servers.warehouse.database import Connection, DataFault
from lrs_platform.warehouse import sql
from lrs_platform.xapi import filters as of_statements

MILLISECOND = 2**20  # positions in one (docs/architecture.md, "Shapes")
HIGHEST = 2**63 - 1

# Candidates of the first look where several filters must hold, and how the next ones grow: a rare filter is done in one
# look, and two common ones, of which few statements satisfy both, are not fetched one page after the other.
FIRST_CANDIDATES, GROWTH, MOST_CANDIDATES = 1_000, 4, 64_000


class Filters(msgspec.Struct, frozen=True):
    """Filters of GET /statements (xAPI 1.0.3, Communication 2.1.3); "" for one that is not used.

    `agent` and `authority` are JSON objects. `authority`: only statements that it vouches for.
    """

    agent: str = ""
    verb: str = ""
    activity: str = ""
    registration: str = ""
    authority: str = ""
    related_agents: bool = False
    related_activities: bool = False

    def keys(self) -> list[list[str]]:
        """For each filter in use the keys of which a statement must have one. DataFault for what is no filter."""
        wanted: list[list[str]] = []
        if self.agent:
            wanted.append(_agent("agent", self.agent, related=self.related_agents))
        if self.verb:
            wanted.append([of_statements.VERB + self.verb])
        if self.activity:
            wanted.append(of_statements.activity_keys(self.activity, related=self.related_activities))
        if self.registration:
            wanted.append([of_statements.REGISTRATION + self.registration.lower()])
        if self.authority:
            wanted.append(sorted(of_statements.authority_keys(self.authority.encode())))
        return [[hashed(key) for key in keys] for keys in wanted]


@dataclass(frozen=True, slots=True)
class Span:
    """Positions strictly between two others, and the order in which they are wanted."""

    above: int
    below: int
    ascending: bool

    def after(self, position: int) -> Span:
        """What comes after `position` in this order."""
        if self.ascending:
            return Span(max(self.above, position), self.below, True)
        return Span(self.above, min(self.below, position), False)


@lru_cache(maxsize=100_000)
def hashed(key: str) -> str:
    """A filter key as the index holds it, 128 bits in hexadecimal: so many that nobody can make two alike."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def span(*, since: str, until: str, ascending: bool, after: int, upto: int) -> Span:
    """The positions that a page may come from.

    `since` and `until` are timestamps (stored later than the one, not later than the other; xAPI 1.0.3, Communication
    2.1.3); `after` is the position of the last statement of the page before; `upto` the highest position, so that
    paging is stable while statements arrive. Empty or 0: no bound. DataFault for what is not a timestamp.
    """
    above, below = -1, HIGHEST
    if since:
        above = (_milliseconds("since", since) + 1) * MILLISECOND - 1
    if until:
        below = (_milliseconds("until", until) + 1) * MILLISECOND
    if upto:
        below = min(below, upto + 1)
    within = Span(max(above, -1), max(below, 0), ascending)
    return within.after(after) if after else within


async def positions(connection: Connection, filters: Filters, within: Span, rows: int) -> list[int]:
    """Positions of the first `rows` standing statements within the span that all filters find, in its order.

    Statements that refer to one that is found are found too; a voided one is not (xAPI 1.0.3, Communication 2.1.3).
    """
    wanted = filters.keys()
    order = "ascending" if within.ascending else "descending"
    if not wanted:
        bounds = {"above": within.above, "below": within.below, "rows": rows}
        cursor = await connection.execute(sql(f"list_{order}"), bounds)
        return [cast(int, position) for (position,) in await cursor.fetchall()]
    rarest, *others = await _rarest_first(connection, wanted)
    candidates = max(rows, FIRST_CANDIDATES) if others else rows
    found: list[int] = []
    while True:
        cursor = await connection.execute(
            sql(f"filter_{order}"),
            {
                "keys": rarest,
                "other_keys": [key for keys in others for key in keys],
                "other_filters": [number for number, keys in enumerate(others) for _ in keys],
                "others": len(others),
                "above": within.above,
                "below": within.below,
                "candidates": candidates,
                "rows": rows - len(found),
            },
        )
        row = await cursor.fetchone()
        assert row is not None
        further, matching = cast("tuple[int | None, list[int]]", row)
        found += matching
        if further is None or len(found) >= rows:
            return found
        within = within.after(further)
        candidates = min(candidates * GROWTH, MOST_CANDIDATES)


async def _rarest_first(connection: Connection, wanted: Sequence[list[str]]) -> Sequence[list[str]]:
    """The filters, the one that finds the fewest statements first: its candidates are held against the others."""
    if len(wanted) == 1:
        return wanted
    cursor = await connection.execute(sql("posted"), {"keys": [key for keys in wanted for key in keys]})
    counts: dict[Any, int] = {str(key).replace("-", ""): cast(int, count) for key, count in await cursor.fetchall()}
    return sorted(wanted, key=lambda keys: sum(counts[key] for key in keys))


def _agent(name: str, text: str, *, related: bool) -> list[str]:
    try:
        keys = of_statements.agent_keys(text.encode(), related=related)
    except msgspec.MsgspecError as error:
        raise DataFault(f"{name} is not an Agent or Group in JSON") from error
    if not keys:
        raise DataFault(f"{name} has none of mbox, mbox_sha1sum, openid and account")
    return keys


def _milliseconds(name: str, timestamp: str) -> int:
    """Whole milliseconds since 1970 of an ISO 8601 timestamp, rounded down; UTC where it has no offset."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError as error:
        raise DataFault(f"{name} is not an ISO 8601 timestamp") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since_epoch = moment - datetime(1970, 1, 1, tzinfo=UTC)
    milliseconds = math.floor(since_epoch.total_seconds() * 1_000_000 + 0.5) // 1000
    return max(-1, min(milliseconds, HIGHEST // MILLISECOND - 2))
