"""What the marts cost: their full build, a refresh after some new statements, and the queries that are asked of them.

A database of its own beside the instance's is filled with a simulated company of 50 statements a learner; it is removed
afterwards. CPU time is that of the Postgres backend: others may be at work on the machine. Mapping and loading are
measured by load.py.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, LiteralString, cast

import psycopg
from psycopg.sql import SQL, Identifier

from lrs_platform.bench.footprint import cpu_between, usage
from lrs_platform.bench.mapping import AUTHORITY
from lrs_platform.bench.plain_script import sql
from lrs_platform.bench.report import Row, medians, show, tracked, write
from lrs_platform.bench.subject import AS_THE_WAREHOUSE, Subject
from lrs_platform.local.credentials import admin_database_url
from lrs_platform.mappings.composing import compose
from lrs_platform.mcp_servers.python.sandbox import Limits, Sandbox
from lrs_platform.mcp_servers.warehouse import loading
from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version

if TYPE_CHECKING:
    from lrs_platform.simulate import Simulation
    from lrs_platform.warehouse.marts.refresh import Refreshed

DATABASE = f"lrs_bench_marts_{os.getpid()}"  # two may run at once
LEARNS = 50  # statements a learner
DAYS, LESSONS = 5, 12  # that is what a company of this kind sends in
AT_ONCE = 5000
NEW = 1000
ENDING = 50  # the last 2 % of a simulation are no usual traffic: what is late, and every tenth one voids another
ASKED = 5  # times each query


def marts(*, rounds: int, statements: int) -> int:
    """Measure and report, on about `statements` statements; `rounds` full builds and refreshes."""
    subject = Subject.running()
    with psycopg.connect(subject.admin_database_url, autocommit=True) as connection:
        connection.execute(SQL("drop database if exists {} with (force)").format(Identifier(DATABASE)))
        connection.execute(SQL("create database {}").format(Identifier(DATABASE)))
        try:
            found = asyncio.run(_measure(admin_database_url(subject.instance, DATABASE), rounds, statements))
        finally:
            connection.execute(SQL("drop database {} with (force)").format(Identifier(DATABASE)))
    command = f"sh lrs bench marts --rounds {rounds} --statements {statements}"
    path = write(subject.instance.home, "marts", command, found)
    size = f"{found['events']:,} events of {found['learners']:,} learners"
    full, refreshed = medians(found["full"]), medians(found["refresh"])
    slowest_parts = sorted(refreshed.pop("parts_ms").items(), key=lambda part: -part[1])[:6]
    del full["parts_ms"]
    builds = [{"what": "full build", **full}, {"what": f"refresh after {NEW:,} new", **refreshed}]
    show(f"Marts of {size}, median of {rounds} rounds", builds, path)
    show("The slowest parts of that refresh, ms", [{"what": "first round", **dict(slowest_parts)}], path)
    slowest = sorted(found["queries"], key=lambda each: -each["p95_ms"])[:5]
    show(f"The slowest of {len(found['queries'])} queries, each asked {ASKED} times", slowest, path)
    return 0


async def _measure(url: str, rounds: int, statements: int) -> dict[str, Any]:
    from lrs_platform.simulate import simulate
    from lrs_platform.warehouse.marts.refresh import refresh
    from lrs_platform.warehouse.schema_changes import apply

    company = simulate(1, max(20, statements // LEARNS), DAYS, lessons=LESSONS)
    lines = list(_lines(company))
    del lines[-len(lines) // ENDING :]
    as_of = datetime.fromtimestamp(company.window.end / 1000, UTC)
    behind = len(lines) - NEW * rounds  # the last ones wait until the marts are built
    if behind < NEW:
        raise ValueError(f"{statements} statements are too few: at least {NEW * (rounds + 2):,}")
    limits = Limits(120.0, 1_500_000_000, 200, 2**26)
    async with (
        Sandbox(1, limits).opened() as sandbox,
        await psycopg.AsyncConnection.connect(url, autocommit=True, options=AS_THE_WAREHOUSE) as connection,
    ):
        await apply(connection)
        for call in tracked("loading statements", -(-behind // AT_ONCE)):
            start = call * AT_ONCE
            await _load(connection, sandbox, lines[start : min(start + AT_ONCE, behind)])
        await refresh(connection, mode="full", as_of=as_of)
        await connection.execute(sql("plan").encode(), {"first_day": company.window.start})
        full, refreshes = [], []
        for number in tracked("building and refreshing", rounds):
            full.append(await _timed(connection, refresh(connection, mode="full", as_of=as_of)))
            start = behind + number * NEW
            await _load(connection, sandbox, lines[start : start + NEW])
            refreshes.append(await _timed(connection, refresh(connection, mode="incremental", as_of=as_of)))
        return {
            "events": await _count(connection, "select count(*) from core.learning_event"),
            "learners": await _count(connection, "select count(*) from core.learner"),
            "full": full,
            "refresh": refreshes,
            "queries": await _asked(connection),
        }


def _lines(company: Simulation) -> Iterator[str]:
    """Statement lines of what the grammar lets through, in the order of arrival."""
    for number, (text, arrived) in enumerate(zip(company.statements(), company.arrivals(), strict=True)):
        try:
            statement_id = parse(text, Version.V1_0_3).statements[0].id
        except StatementInvalid:
            continue
        yield f"{arrived}-{number % 2**20}\t{statement_id}\t1.0.3\t{AUTHORITY}\t{text.decode()}"


async def _load(connection: psycopg.AsyncConnection[Any], sandbox: Sandbox, lines: list[str]) -> None:
    mapping = compose(None)
    payload = "\n".join(lines)
    done = await sandbox.run(mapping.text, {"payload": payload})
    if done.error is not None:
        raise RuntimeError(done.error)
    await loading.load(connection, payload, str(done.value), "", mapping.version)


async def _timed(connection: psycopg.AsyncConnection[Any], work: Awaitable[Refreshed]) -> Row:
    """Seconds on the wall, and of the backend's CPU."""
    backend = {"backend": connection.info.backend_pid}
    before, begun = usage(backend), time.perf_counter()
    done = await work
    wall = time.perf_counter() - begun
    cpu = cpu_between(before, usage(backend))["backend"]
    parts = done.steps | {name: part.ms for name, part in done.marts.items()}
    return {"cpu_seconds": cpu, "wall_seconds": wall, "events_read": done.events, "parts_ms": parts}


async def _asked(connection: psycopg.AsyncConnection[Any]) -> list[Row]:
    """Every metric of the semantic model and every picture of the marts' page, each several times."""
    from lrs_platform.semantic_model import semantic_model
    from lrs_platform.warehouse.marts import picture_of

    found = []
    for mart in semantic_model().marts.values():
        queries = {
            f"{mart.name}: {metric.name}": SQL("select {} from {}").format(
                SQL(cast(Any, metric.sql)), Identifier("mart", mart.name)
            )
            for metric in mart.metrics
        }
        with suppress(FileNotFoundError):  # not every mart has a picture
            queries[f"{mart.name}: picture"] = SQL(picture_of(mart.name)).format()
        for name, query in queries.items():
            times = []
            for _ in range(ASKED):
                begun = time.perf_counter()
                await (await connection.execute(query)).fetchall()
                times.append((time.perf_counter() - begun) * 1000)
            found.append({"query": name, "p50_ms": statistics.median(times), "p95_ms": max(times)})
    return found


async def _count(connection: psycopg.AsyncConnection[Any], query: LiteralString) -> int:
    row = await (await connection.execute(query)).fetchone()
    assert row is not None
    return int(row[0])
