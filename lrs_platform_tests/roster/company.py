"""A warehouse of a test's own, in the Postgres of the running instance, with the tools about people at hand."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import psycopg

from lrs_platform.local.credentials import load_secrets
from lrs_platform.mcp_servers.warehouse import roster
from lrs_platform.mcp_servers.warehouse.database import Connection
from lrs_platform.roster.lessons import Addresses, read_lessons
from lrs_platform.roster.people import read_roster
from lrs_platform.roster.table import read_table
from lrs_platform.warehouse.schema_changes import apply, changes
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.learning.history import Warehouse

T = TypeVar("T")
# Of this schema: an instance may be older than the last change of it.
TEMPLATE = f"people_{hashlib.sha256(''.join(change.sha256 for change in changes()).encode()).hexdigest()[:12]}"
numbers = itertools.count(1)

ROSTER = """\
First Name,Last Name,Email,Group,Team,Office
Ada,Lovelace,ada@example.com,Engines,North,London
Bea,Blackwell,bea@example.com,Engines,South,Bristol
Cyd,Charisse,cyd@example.com,Dance,,Amarillo
"""

# What imports derive. Surrogate keys are left out: whoever is made anew gets another.
STATE = (
    "select first_key, pseudonym, mail, roster_name, time_zone from core.learner order by 1",
    "select actor_key, first_key, k.by_file from core.learner_key k join core.learner using (learner_id) order by 1",
    "select cohort.name, first_key, member_from::text, member_to::text, m.by_file from core.cohort_member m "
    "join core.cohort using (cohort_id) join core.learner using (learner_id) order by 1, 2, 3",
    "select * from core.catalogue order by iri",
    "select cohort.name, iri, delivered_at, due_on from core.assignment join core.cohort using (cohort_id) "
    "join core.activity on assignment.lesson_id = activity_id order by 1, 2",
)


class Company(Warehouse):
    """A warehouse under test, and what people do with it."""

    def do(self, action: Callable[[Connection], Awaitable[T]]) -> T:
        """Run what a tool runs, on a connection like the server's."""

        async def run() -> T:
            async with await psycopg.AsyncConnection.connect(
                self.writer, autocommit=True, options="-c timezone=UTC"
            ) as connection:
                return await action(connection)

        return asyncio.run(run())

    def keep(self, kind: roster.Kind, rows: Any, *, complete: bool = False, dry_run: bool = False) -> dict[str, Any]:
        """Import rows."""
        text = json.dumps(rows)
        return self.do(
            lambda connection: roster.keep(
                connection, kind, text, file_name="file.csv", complete=complete, by="test", dry_run=dry_run
            )
        )

    def roster(self, text: str, *, complete: bool = False, dry_run: bool = False) -> dict[str, Any]:
        """Import a roster."""
        return self.keep("roster", read_roster(read_table(text.encode())).rows, complete=complete, dry_run=dry_run)

    def lessons(self, text: str) -> dict[str, Any]:
        """Import a course file whose slugs lie below https://7taps.example."""
        understood = read_lessons(read_table(text.encode()), Addresses("https://7taps.example"))
        assert understood.problems == []
        return self.keep("lessons", understood.rows)

    def undo(self, import_id: int) -> dict[str, Any]:
        """Take an import back."""
        return self.do(lambda connection: roster.take_back(connection, import_id, by="test"))

    def on_day(self, import_id: int, day: str) -> None:
        """Let an import have happened on another day."""
        self.rows_changed("update core.file_import set imported_at = %s where import_id = %s", (day, import_id))

    def state(self) -> list[list[dict[str, Any]]]:
        """All that imports derive."""
        return [self.rows(query) for query in STATE]

    def learners(self) -> dict[str, dict[str, Any]]:
        """Learners by mail address, or by first key where they have none."""
        rows = self.rows("select * from core.learner")
        return {row["mail"] or row["first_key"]: row for row in rows}

    def cohorts_of(self, mail: str) -> list[tuple[str, str, str]]:
        """Cohort, first day and day after the last of somebody's memberships."""
        found = self.rows(
            "select cohort.name, member_from::text, member_to::text from core.cohort_member "
            "join core.cohort using (cohort_id) join core.learner using (learner_id) where mail = %s "
            "order by member_from, 1",
            (mail,),
        )
        return [(row["name"], row["member_from"], row["member_to"]) for row in found]

    def pending(self) -> int:
        """Changes that the marts have not followed yet."""
        return int(self.one("select count(*) as n from core.change where applied_at is null")["n"])


def company_in(platform: Platform) -> Iterator[Company]:
    """An empty warehouse, cloned from a template that is made once."""
    name = f"people_{next(numbers)}"
    with psycopg.connect(platform.admin_database_url, autocommit=True) as admin:
        if not admin.execute("select from pg_database where datname = %s", (TEMPLATE,)).fetchall():
            admin.execute(f"create database {TEMPLATE} owner lrs_writer".encode())
            asyncio.run(_bring(_url(platform, "lrs_writer", TEMPLATE)))
        admin.execute(f"drop database if exists {name} with (force)".encode())
        admin.execute(f"create database {name} template {TEMPLATE} owner lrs_writer strategy file_copy".encode())
    company = Company(_url(platform, "lrs_writer", name), _url(platform, "lrs_reader", name))
    try:
        yield company
    finally:
        company.close()
        with psycopg.connect(platform.admin_database_url, autocommit=True) as admin:  # Postgres may be another by now
            admin.execute(f"drop database {name} with (force)".encode())


async def _bring(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await apply(connection)


def _url(platform: Platform, role: str, database: str) -> str:
    secrets = load_secrets(platform.instance)
    password = {"lrs_writer": secrets.writer_password, "lrs_reader": secrets.reader_password}[role]
    place = urlsplit(platform.admin_database_url)
    return f"postgresql://{role}:{quote(password, safe='')}@{place.hostname}:{place.port}/{database}"
