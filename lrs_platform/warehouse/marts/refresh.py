"""One refresh of the marts: take the pending changes, derive the keys they touch, compute those keys anew.

Belongs here: the order of the steps, which marts are rebuilt in full, and the bookkeeping. Not here: what is computed
(NAME.sql and steps/), connections and errors of callers (the warehouse server).

A refresh is one transaction. Readers see all marts as they were until it commits, and then all as they are; a refresh
that fails or is killed leaves its changes pending and the keys they touch derivable, also those only old rows tell.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed, Identifier

from lrs_platform.semantic_model import TOUCHED, Clock, Mart, semantic_model
from lrs_platform.warehouse.marts import select_of, step

Mode = Literal["incremental", "full", "days"]
Connection = AsyncConnection[tuple[Any, ...]]

LOCK = 0x6C7273_02  # "lrs" in ASCII, then 2; 1 is the schema's
# Reading keys one by one costs about four times a scan's share, so beyond a quarter of all events a scan is cheaper; a
# small table is read key by key all the same, which keeps that path exercised.
SCAN_FROM_EVENTS = 50_000
SCAN_FROM_SHARE = 0.25

DIMENSIONS = (
    "new_learners",
    "learner_names",
    "forget_gone_sources",
    "activities",
    "named_activities",
    "parents",
    "kinds",
    "lessons_and_cards",
)


class RefreshRunning(Exception):
    """Another refresh is at work; its changes, and those of this call, are or will be applied by it or by the next."""


@dataclass(slots=True)
class Part:
    """What a refresh did to one mart: keys touched (null: all of them), rows written, milliseconds."""

    keys: int | None
    rows: int
    ms: float


@dataclass(slots=True)
class Refreshed:
    """What a refresh did. `days` are those, in learners' zones, whose events were read again, at most 100."""

    mode: Mode
    as_of: datetime
    changes: int = 0
    events: int = 0
    ms: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)
    marts: dict[str, Part] = field(default_factory=dict)
    days: list[date] = field(default_factory=list)


def cut(moment: datetime, clock: Clock) -> datetime:
    """`moment` as a mart with this clock sees it: the hour or day (UTC) it lies in; whole where it has no clock."""
    moment = moment.astimezone(UTC)
    if clock == "day":
        return moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if clock == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    return moment


async def refresh(
    connection: Connection,
    *,
    mode: Mode,
    as_of: datetime,
    only: Sequence[str] = (),
    days: tuple[date, date] | None = None,
) -> Refreshed:
    """Bring the marts up to date, in one transaction.

    incremental: apply the pending changes. full: derive dimensions, events and marts from core.event anew. days: read
    the events of `days` (first and last, UTC) again, beside the pending changes. With `only`, these marts alone are
    rebuilt, each in full from what it reads; changes stay pending. A mart whose clock has moved is rebuilt in full.

    Raises RefreshRunning, ValueError where `only` names no mart, psycopg.Error where the database fails.
    """
    if unknown := sorted(set(only) - set(semantic_model().marts)):
        raise ValueError(f"no mart is called {', '.join(unknown)}; there are {', '.join(semantic_model().marts)}")
    done = Refreshed(mode, as_of)
    started = time.perf_counter()
    async with connection.transaction():
        await connection.execute(step("session"))
        if not await _value(connection, "select pg_try_advisory_xact_lock(%(lock)s)", lock=LOCK):
            raise RefreshRunning("another refresh of the marts is running")
        if only:
            rebuilt = set(only)
            await _read_from(connection, "everything")
        else:
            rebuilt = await _follow(connection, done, days)
            await connection.execute(step("applied"))  # before data_quality, which reads what it counts
        await _compute(connection, done, rebuilt, only)
        done.ms = _ms(started)
        await connection.execute(
            step("recorded"),
            {"mode": mode, "as_of": as_of, "ms": done.ms, "changes": done.changes, "events": done.events},
        )
    return done


async def _follow(connection: Connection, done: Refreshed, days: tuple[date, date] | None) -> set[str]:
    """Dimensions, events and touched keys; the marts that are to be rebuilt in full."""
    await _step(connection, done, "take_changes")
    done.changes = await _value(connection, "select count(*) from changed.touched_change")
    everything = done.mode == "full" or await _loads_are_most(connection)
    await connection.execute("insert into changed.mode (everything) values (%s)", (everything,))
    if not everything:
        await _step(connection, done, "touched_events")
        if days:
            await connection.execute(step("touched_days"), {"from_day": days[0], "upto_day": days[1]})
        await connection.execute("analyze changed.touched_event")
    await _read_from(connection, "everything" if everything else "changed")
    for name in DIMENSIONS:
        await _step(connection, done, name)
    await _step(connection, done, "remove_all_events" if everything else "remove_events")
    done.events = await _step(connection, done, "add_events")
    if everything:
        await _step(connection, done, "index_all_events")
        return set(semantic_model().marts)
    await _step(connection, done, "touched_keys")
    # A statement may say any year; Python's dates, and Dagster's partitions, are those of our era.
    found = await connection.execute(
        "select distinct day from changed.key where day between '0001-01-01' and '9999-12-31'"
        " order by day desc limit 100"
    )
    done.days = [row[0] for row in await found.fetchall()]
    found = await connection.execute(
        "select distinct unnest(marts) from core.change inner join changed.touched_change using (change_id)"
    )
    return {str(row[0]) for row in await found.fetchall()}


async def _loads_are_most(connection: Connection) -> bool:
    """Whether the loads at hand brought so many of all events that reading all is cheaper."""
    loaded = await _value(
        connection,
        "select coalesce(sum(statements), 0) from core.change inner join changed.touched_change using (change_id)",
    )
    if loaded < SCAN_FROM_EVENTS:
        return False
    return bool(loaded > SCAN_FROM_SHARE * await _value(connection, "select count(*) from core.event"))


async def _compute(connection: Connection, done: Refreshed, rebuilt: set[str], only: Sequence[str]) -> None:
    """Compute every mart with touched keys, in the model's order; those in `rebuilt`, or with a new clock, in full."""
    found = await connection.execute("select mart, as_of from mart.refreshed")
    clocks: dict[str, datetime] = {str(mart): as_of for mart, as_of in await found.fetchall()}
    keys = await _touched(connection)
    for mart in semantic_model().marts.values():
        as_of = cut(done.as_of, mart.clock)
        moved = mart.name not in clocks or (mart.clock != "none" and clocks[mart.name] != as_of)
        if only and mart.name not in only:
            continue
        if moved or mart.name in rebuilt or mart.touched == "all":
            done.marts[mart.name] = await _rebuild(connection, mart, as_of)
        elif keys[mart.touched]:
            done.marts[mart.name] = await _recompute(connection, mart, as_of, keys[mart.touched])
        else:
            done.marts[mart.name] = Part(0, 0, 0.0)


async def _touched(connection: Connection) -> Mapping[str, int]:
    """How many keys each set holds."""
    found = await connection.execute(step("count_touched"))
    return {str(name): int(count) for name, count in await found.fetchall()}


async def _rebuild(connection: Connection, mart: Mart, as_of: datetime) -> Part:
    """All rows of `mart` anew. DELETE, not TRUNCATE: that would lock readers out until the commit."""
    started = time.perf_counter()
    await _read_from(connection, "everything")
    await connection.execute(SQL("delete from {}").format(Identifier("mart", mart.name)))
    rows = (await connection.execute(_insert(mart), {"as_of": as_of})).rowcount
    await connection.execute(SQL("analyze {}").format(Identifier("mart", mart.name)))
    part = Part(None, rows, _ms(started))
    await _book(connection, mart, as_of, part)
    return part


async def _recompute(connection: Connection, mart: Mart, as_of: datetime, keys: int) -> Part:
    """The rows of `mart` under touched keys anew."""
    started = time.perf_counter()
    await _read_from(connection, "changed")
    table, touched = Identifier("mart", mart.name), Identifier("changed", f"touched_{mart.touched}")
    same_key = SQL(" and ").join(
        SQL("{} = {}").format(Identifier("old", column), Identifier("touched", column))
        for column in TOUCHED[mart.touched]
    )
    await connection.execute(SQL("delete from {} as old using {} as touched where {}").format(table, touched, same_key))
    rows = (await connection.execute(_insert(mart), {"as_of": as_of})).rowcount
    part = Part(keys, rows, _ms(started))
    await _book(connection, mart, as_of, part)
    return part


def _insert(mart: Mart) -> Composed:
    """INSERT of what the mart's SELECT gives, column by column by name."""
    columns = SQL(", ").join(Identifier(column.name) for column in mart.columns)
    return SQL("insert into {} ({}) select {} from ({}) as computed").format(
        Identifier("mart", mart.name), columns, columns, SQL(select_of(mart.name))
    )


async def _book(connection: Connection, mart: Mart, as_of: datetime, part: Part) -> None:
    await connection.execute(
        step("booked"),
        {"mart": mart.name, "as_of": as_of, "rows": part.rows, "ms": part.ms, "rebuilt": part.keys is None},
    )


async def _read_from(connection: Connection, schema: Literal["changed", "everything"]) -> None:
    """Which keys the name `touched_...` means from now on. For this transaction only."""
    await connection.execute("select set_config('search_path', %(schema)s, true)", {"schema": schema})


async def _step(connection: Connection, done: Refreshed, name: str) -> int:
    """Run one file of steps/; the rows of its last statement."""
    started = time.perf_counter()
    cursor = await connection.execute(step(name))
    while cursor.nextset():
        pass
    done.steps[name] = _ms(started)
    return cursor.rowcount


async def _value(connection: Connection, query: str, **parameters: Any) -> Any:
    row = await (await connection.execute(query.encode(), parameters or None)).fetchone()
    assert row is not None
    return row[0]


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
