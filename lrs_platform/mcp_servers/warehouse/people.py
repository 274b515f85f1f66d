"""Settling who is who: what the standing files say, and merges, derived into learners, keys, names and memberships.

Belongs here: the order of the steps, each a part of a transaction of its caller (roster.py, identity.py, rights.py).
Not here: the SQL of them (lrs_platform/warehouse/people), tools.
"""

from __future__ import annotations

from typing import Any, Literal, LiteralString

from psycopg.rows import dict_row

from lrs_platform.mcp_servers.warehouse.database import Connection
from lrs_platform.semantic_model import semantic_model
from lrs_platform.warehouse.marts.refresh import LOCK as MARTS_LOCK
from lrs_platform.warehouse.people import sql


async def begin(connection: Connection) -> None:
    """Take the turn: learners are changed by one transaction at a time, and not while marts are refreshed from them."""
    await connection.execute("select pg_advisory_xact_lock(%s)", (MARTS_LOCK,))
    await run(connection, "settled")


async def settle_people(connection: Connection) -> None:
    """Learners, keys, names and memberships as the rosters say. Also after a merge by hand: memberships follow keys."""
    for row in await rows(connection, "no_longer_claimed"):
        await part(connection, row["merge_id"], by="roster")
    await run(connection, "settle_learners")
    while found := await rows(connection, "claimed_elsewhere"):
        gone: set[int] = set()
        for row in found:
            if row["kept"] in gone:  # it went over to another one just now: the next round sees where
                continue
            gone.add(row["merged"])
            await join(connection, row["kept"], row["merged"], cause="roster", claim=row["claim"], by="roster")
    for name in ("settle_keys", "settle_facts", "settle_members"):
        await run(connection, name)


async def join(
    connection: Connection,
    kept: int,
    merged: int,
    *,
    cause: Literal["hand", "roster"],
    by: str,
    claim: str | None = None,
    note: str | None = None,
) -> int:
    """Point the keys of `merged` at `kept`; the merge's id."""
    found = await rows(connection, "merge", kept=kept, merged=merged, cause=cause, claim=claim, note=note, by=by)
    await connection.execute(sql("names_again"), {"learner_ids": [kept]})
    await _touched(connection, "learners merged", [kept, merged])
    return int(found[0]["merge_id"])


async def part(connection: Connection, merge_id: int, *, by: str) -> int | None:
    """Give a merged learner the keys back; its id, None where the merge does not stand."""
    holders = [row["learner_id"] for row in await rows(connection, "holders", merge_id=merge_id)]
    back = await rows(connection, "unmerge", merge_id=merge_id, by=by, holders=holders)
    if not back:
        return None
    learner_id = int(back[0]["learner_id"])
    await connection.execute(sql("names_again"), {"learner_ids": [*holders, learner_id]})
    await _touched(connection, "learners told apart", [*holders, learner_id])
    return learner_id


async def told(connection: Connection, kind: str) -> dict[str, int]:
    """Tell the marts what was settled; counts of it."""
    effect = {row["what"]: row["count"] for row in await rows(connection, "effect")}
    # Of an activity that is gone, no key is left that a refresh could follow.
    marts = list(semantic_model().marts) if effect.pop("activities forgotten", 0) else None
    await connection.execute(sql("tell_marts"), {"kind": kind, "marts": marts})
    return effect


async def run(connection: Connection, name: str) -> None:
    """Run a file of several statements."""
    await run_text(connection, sql(name))


async def run_text(connection: Connection, text: LiteralString) -> None:
    """Run several statements."""
    cursor = await connection.execute(text)
    while cursor.nextset():
        pass


async def rows(connection: Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """Run a file of one statement; its rows by column."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(sql(name), parameters or None)
    return await cursor.fetchall()


async def _touched(connection: Connection, what: str, learner_ids: list[int]) -> None:
    await connection.execute(sql("touched_learners"), {"what": what, "learner_ids": learner_ids})
