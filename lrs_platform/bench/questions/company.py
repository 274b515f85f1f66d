"""A simulated company in a database of its own, with a DBHub before it, in the Postgres of the running instance.

Belongs here: making it and taking it away. Not here: what its figures are (gold.py). It comes in as everything does:
statements by grammar, mapping script and loader, people and plan by the roster's import, marts by a refresh.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg

from lrs_platform.asking import Database, Limits
from lrs_platform.local.credentials import admin_database_url, database_url, load_secrets
from lrs_platform.local.instance import ROOT, Instance
from lrs_platform.mappings.composing import compose
from lrs_platform.mcp_client import McpClient
from lrs_platform.mcp_servers.python.sandbox import Limits as SandboxLimits
from lrs_platform.mcp_servers.python.sandbox import Sandbox
from lrs_platform.mcp_servers.warehouse import loading, roster
from lrs_platform.roster.lessons import Addresses, read_lessons
from lrs_platform.roster.people import read_roster
from lrs_platform.roster.table import read_table
from lrs_platform.settings import get_settings
from lrs_platform.simulate import Simulation, simulate
from lrs_platform.simulate.course import SITE
from lrs_platform.simulate.truth.attempts import Record, read
from lrs_platform.warehouse.marts.refresh import refresh
from lrs_platform.warehouse.schema_changes import apply
from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version

SEED, LEARNERS, DAYS, LESSONS = 11, 125, 42, 10
DATABASE = "lrs_bench_questions"
AUTHORITY = '{"account":{"homePage":"https://lrs.example","name":"bench"}}'
BATCH = 5_000
START_SECONDS = 180.0


@dataclass(frozen=True)
class BenchCompany:
    """What was simulated, and the database that holds it. `today` is the day after its last."""

    simulation: Simulation
    writer: str
    database: Database

    @property
    def as_of(self) -> datetime:
        """The end of the simulated time: what counts as now."""
        return datetime.fromtimestamp(self.simulation.window.end / 1000, UTC)

    @cached_property
    def record(self) -> Record:
        """What happened, without what was voided: the source of the right answers."""
        made = self.simulation
        return read(made.company, made.history, made.window, made.traffic.voided)

    @cached_property
    def pseudonyms(self) -> dict[str, str]:
        """Pseudonym by mail address, so that learners of an answer can be told."""
        with psycopg.connect(self.writer) as connection:
            rows = connection.execute("select coalesce(mail, first_key), pseudonym from core.learner").fetchall()
        return {str(mail).removeprefix("mailto:"): str(pseudonym) for mail, pseudonym in rows}


@asynccontextmanager
async def bench_company(instance: Instance) -> AsyncIterator[BenchCompany]:
    """The company, loaded; its database and its DBHub end with the context. Raises StartError where nothing runs."""
    keys = load_secrets(instance)
    writer = database_url(instance, "lrs_writer", keys.writer_password, DATABASE)
    reader = database_url(instance, "lrs_reader", keys.reader_password, DATABASE)
    simulation = simulate(SEED, LEARNERS, DAYS, lessons=LESSONS)
    with _database(instance):
        await _fill(writer, simulation)
        with _dbhub(reader) as (url, token):
            settings = get_settings()
            dbhub = McpClient("dbhub", url, token)
            limits = Limits(
                settings.sql_max_rows,
                settings.dbhub_max_reply_bytes,
                settings.sql_max_cost,
                settings.dbhub_query_seconds,
            )
            warehouse = McpClient("warehouse", url, token)  # only to cancel a query, which nobody does here
            try:
                yield BenchCompany(simulation, writer, Database(dbhub, warehouse, limits))
            finally:
                await dbhub.close()
                await warehouse.close()


@contextmanager
def _database(instance: Instance) -> Iterator[None]:
    name = psycopg.sql.Identifier(DATABASE)
    drop = psycopg.sql.SQL("drop database if exists {} with (force)").format(name)
    make = psycopg.sql.SQL("create database {} owner lrs_writer").format(name)
    with psycopg.connect(admin_database_url(instance), autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(make)
        try:
            yield
        finally:
            admin.execute(drop)


async def _fill(writer: str, simulation: Simulation) -> None:
    async with await psycopg.AsyncConnection.connect(writer, autocommit=True, options="-c timezone=UTC") as connection:
        await apply(connection)
        people = [dict(row) for row in read_roster(read_table(simulation.roster_csv().encode())).rows]
        accounts = {learner["email"]: learner["actor_keys"] for learner in simulation.truth["learners"]}
        for row in people:  # who is behind an account no roster says: as if somebody had merged them by hand
            row["claims"] = sorted({*row["claims"], *accounts[row["mail"]]})
        await roster.keep(connection, "roster", json.dumps(people), file_name="roster.csv", complete=False, by="bench")
        for name, text in (("lessons.csv", simulation.lessons_csv()), ("schedule.csv", simulation.schedule_csv())):
            rows = read_lessons(read_table(text.encode()), Addresses(SITE, {})).rows
            await roster.keep(connection, "lessons", json.dumps(rows), file_name=name, complete=False, by="bench")
        await _word_list(connection, simulation)
        async for statements, events in _batches(simulation):
            await loading.load(connection, statements, events, "", "")
        end = datetime.fromtimestamp(simulation.window.end / 1000, UTC)
        await refresh(connection, mode="full", as_of=end)


async def _word_list(connection: psycopg.AsyncConnection[Any], simulation: Simulation) -> None:
    for phrase, severity in simulation.truth["free_text"]["flagged_phrases"].items():
        await connection.execute("insert into core.word_list (term, severity) values (%s, %s)", (phrase, severity))


async def _batches(simulation: Simulation) -> AsyncIterator[tuple[str, str]]:
    """Statement lines and event lines of what the grammar lets through, as the drain hands them to the loader."""
    settings = get_settings()
    limits = SandboxLimits(
        settings.sandbox_seconds,
        settings.sandbox_memory_bytes,
        settings.sandbox_recursion_depth,
        settings.sandbox_result_bytes,
    )
    async with Sandbox(1, limits).opened() as sandbox:
        lines: list[str] = []
        for number, (raw, arrived) in enumerate(zip(simulation.statements(), simulation.arrivals(), strict=True), 1):
            try:
                parse(raw, Version.V1_0_3)
            except StatementInvalid:
                continue
            statement_id = json.loads(raw)["id"].lower()
            lines.append(f"{arrived}-{number}\t{statement_id}\t1.0.3\t{AUTHORITY}\t{raw.decode()}")
            if len(lines) == BATCH:
                yield "\n".join(lines), await _mapped(sandbox, lines)
                lines = []
        if lines:
            yield "\n".join(lines), await _mapped(sandbox, lines)


async def _mapped(sandbox: Sandbox, lines: list[str]) -> str:
    run = await sandbox.run(compose(None).text, {"payload": "\n".join(lines)})
    if run.error is not None:
        raise RuntimeError(f"the mapping script failed: {run.error[-500:]}")
    return str(run.value)


@contextmanager
def _dbhub(reader: str) -> Iterator[tuple[str, str]]:
    """A DBHub of its own: address and token."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, token = f"http://127.0.0.1:{port}/mcp", secrets.token_urlsafe(16)
    settings = get_settings()
    package = settings.dbhub_package if settings.dbhub_package.is_absolute() else ROOT / settings.dbhub_package
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "HOME": os.environ.get("HOME", "/"),
        "LRS_MCP_DBHUB_URL": url,
        "LRS_MCP_DBHUB_TOKEN": token,
        "LRS_READER_DATABASE_URL": reader,
        "LRS_DBHUB_PACKAGE": str(package),
        "LRS_DBHUB_MAX_REPLY_BYTES": str(settings.dbhub_max_reply_bytes),
    }
    command = [sys.executable, "-m", "lrs_platform.mcp_servers.dbhub"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdin=quiet, stdout=quiet, stderr=quiet) as process:
        try:
            _wait(process, url)
            yield url, token
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    parts = urlsplit(url)
    deadline = time.monotonic() + START_SECONDS
    while True:
        if process.poll() is not None:
            raise RuntimeError("DBHub ended at its start: is it installed? `sh lrs --help` installs it")
        try:
            if httpx.get(f"{parts.scheme}://{parts.netloc}/health", timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"DBHub does not answer within {START_SECONDS:.0f} s")
        time.sleep(0.1)
