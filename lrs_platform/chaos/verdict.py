"""What was acknowledged against what is stored.

Lost: acknowledged and not in the record, or without its event. Doubled: an id that came to stand twice, which the keys
of the tables turn into a conflict or a refused load. Altered: stored with another text. Out of place: acknowledged
before another on the same connection, and behind it in the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import psycopg

from lrs_platform.chaos.traffic import Traffic
from lrs_platform.sql_files import sql_file


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of statements."""

    lost: int
    doubled: int
    altered: int
    out_of_place: int

    @property
    def sound(self) -> bool:
        """Whether all of them are 0."""
        return self == Verdict(0, 0, 0, 0)


def verdict(database_url: str, traffic: Traffic) -> Verdict:
    """Compare. `database_url` may read every table."""
    wanted = list(traffic.acknowledged)
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(sql_file(__package__, "sql", "stored"), {"ids": wanted}).fetchall()
        (doubled,) = connection.execute(sql_file(__package__, "sql", "doubled"), {"ids": wanted}).fetchone() or (0,)
    stored = {statement_id: (position, raw.encode()) for statement_id, position, raw, _ in rows}
    with_event = sum(1 for *_, has_event in rows if has_event)
    return Verdict(
        lost=(len(wanted) - len(stored)) + (len(stored) - with_event),
        doubled=doubled + len(rows) - len(stored),
        altered=sum(1 for each, (_, raw) in stored.items() if raw != traffic.acknowledged[each]),
        out_of_place=sum(_out_of_place(requests, stored) for requests in traffic.in_order),
    )


def _out_of_place(requests: list[list[str]], stored: dict[str, tuple[int, bytes]]) -> int:
    """Statements that lie before one of an earlier request of the same connection; within a request likewise."""
    places = [stored[each][0] for request in requests for each in request if each in stored]
    return sum(1 for before, after in pairwise(places) if after < before)
