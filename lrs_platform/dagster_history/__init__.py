"""Dagster's own history, kept to a bound: events, checks and runs that are older than they need be are removed.

Belongs here: what goes and what stays. Not here: ticks, which the daemon purges itself (deploy/dagster.yaml), and when
this runs (defs/upkeep/history). The open-source Dagster keeps every event for ever, and a platform that loads all day
tells of itself all day; two thirds of that is about steps of runs, which nobody reads once they succeeded. What stays,
however old: the newest materialisation of each asset and partition, so that no archived day is forgotten; the newest
result of each check; a run while an event of it stays.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import LiteralString, cast

import psycopg

AT_ONCE = 5_000  # rows in one transaction: a few hundred milliseconds, in which others wait for nothing


@dataclass(frozen=True, slots=True)
class Purged:
    """Rows that were removed, and the size of the whole database afterwards."""

    steps: int
    events: int
    checks: int
    runs: int
    database_bytes: int

    def as_metadata(self) -> dict[str, int]:
        """For Dagster."""
        return asdict(self)


async def purge(database_url: str, *, keep_days: float, keep_failed_days: float, keep_steps_hours: float) -> Purged:
    """Remove what is older than `keep_days`; of failed runs, than `keep_failed_days`; steps of runs that succeeded,
    than `keep_steps_hours`. Raises psycopg.Error."""
    now = datetime.now(UTC).replace(tzinfo=None)  # Dagster's columns are UTC without saying so
    parameters = {
        "before": now - timedelta(days=keep_days),
        "failed_before": now - timedelta(days=keep_failed_days),
        "steps_before": now - timedelta(hours=keep_steps_hours),
        "rows": AT_ONCE,
    }
    async with await psycopg.AsyncConnection.connect(database_url, connect_timeout=5, autocommit=True) as connection:
        removed = {name: await _all_of(connection, name, parameters) for name in ("steps", "events", "checks", "runs")}
        row = await (await connection.execute("select pg_database_size(current_database())")).fetchone()
    assert row is not None
    return Purged(**removed, database_bytes=cast(int, row[0]))


async def _all_of(connection: psycopg.AsyncConnection[tuple[object, ...]], name: str, parameters: object) -> int:
    """Run one of the statements until it finds nothing more; rows in all."""
    query, removed = _sql(name), 0
    while count := (await connection.execute(query, cast("dict[str, object]", parameters))).rowcount:
        removed += count
        if count < AT_ONCE:
            break
    return removed


def _sql(name: str) -> LiteralString:
    return files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
