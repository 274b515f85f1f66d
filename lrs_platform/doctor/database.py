"""Postgres: whether it answers, keeps what it acknowledges, has the schema of this release, and lets each role do its
work and nothing else. Everything is read from the catalogue, by the roles that the platform itself uses.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row
from pydantic import SecretStr

from lrs_platform.doctor.clock import clock_finding
from lrs_platform.doctor.finding import Finding, fail, ok, warn
from lrs_platform.doctor.subject import Subject
from lrs_platform.local.bootstrap import dagster_schema, statements_of
from lrs_platform.warehouse.schema_changes import Applied, changes, ledger_rows, too_new

ANSWER_SECONDS = 5
OLDEST = 14  # merge of grants and functions that the schema uses
PII = "lrs_reader_pii"
RUN_AGAIN = "`lrs up` sets it anew; elsewhere run the files of deploy/postgres as superuser"
Rows = list[dict[str, Any]]


def examine(subject: Subject) -> Iterator[Finding]:
    """The record's database by its writer and its reader, then Dagster's."""
    if subject.settings is None:
        return
    if subject.settings.database_url is None:
        yield warn("postgres", "not looked at: no address is known", "`lrs up` once, or set LRS_DATABASE_URL")
        return
    if not subject.runs_here and not subject.given_by_environment("database_url"):
        yield warn("postgres", "not looked at: nothing runs here", "`lrs up`, then this again")
        return
    yield from _reached("postgres", subject.settings.database_url, _examine_record)
    yield from _reached("postgres: reader", subject.settings.reader_database_url, _examine_reader)
    yield from _reached("postgres: dagster", subject.settings.dagster_database_url, _examine_dagster)


def schema_finding(ledger: Iterable[Applied]) -> Finding:
    """Whether a database that had these changes is at the schema of this release."""
    part = "postgres: schema"
    wanted = {change.version: change.sha256 for change in changes()[1:]}
    newest = max(wanted)
    rows = list(ledger)
    applied = {row.version: row.sha256 for row in rows}
    if problem := too_new(rows):
        return fail(part, problem, "run the newer release: changes are never taken back")
    if other := [version for version in sorted(applied) if applied[version] != wanted.get(version, applied[version])]:
        told = f"change {other[0]} is not the one of this release"
        return fail(part, told, "run the release that made this database, or an unchanged one")
    if missing := sorted(set(wanted) - set(applied)):
        told = f"{len(missing)} changes to come, up to {newest}"
        return warn(part, told, "the warehouse server applies them when it starts: restart it")
    if newer := sorted(set(applied) - set(wanted)):
        return ok(part, f"{newer[-1]}, of a newer release, which only added to that of this one ({newest})")
    return ok(part, f"{newest}, that of this release")


def roles_findings(roles: Rows) -> Iterator[Finding]:
    """Whether every role is there and none may more than it must."""
    part = "postgres: roles"
    wanted = {"lrs_writer", "lrs_reader", "lrs_dagster", PII}
    if missing := sorted(wanted - {role["name"] for role in roles}):
        yield fail(part, f"{', '.join(missing)} missing", RUN_AGAIN)
    if powerful := sorted(role["name"] for role in roles if role["powerful"]):
        yield fail(part, f"{', '.join(powerful)} may administer the server", RUN_AGAIN)
    if not missing and not powerful:
        yield ok(part, f"{len(roles)}, none may administer")
    for role in roles:
        if role["name"] == PII and role["members"]:
            told = f"{', '.join(role['members'])} may see names, addresses and texts of learners"
            yield ok("postgres: who sees names", told)


def _reached(part: str, url: SecretStr | None, look: Any) -> Iterator[Finding]:
    """What `look` finds on a connection, or why there is none."""
    if url is None:
        yield warn(part, "not looked at: no address is known", "set its variable: docs/operations.md")
        return
    try:
        with psycopg.connect(
            url.get_secret_value(), connect_timeout=ANSWER_SECONDS, row_factory=dict_row, autocommit=True
        ) as connection:
            yield from look(connection)
    except psycopg.OperationalError as error:
        words = str(error).strip().splitlines()
        advice = "is it started? `lrs status`; a wrong password: `lrs up` sets it anew"
        yield fail(part, f"does not answer: {words[0] if words else type(error).__name__}", advice)
    except psycopg.Error as error:
        yield fail(part, f"{error.diag.message_primary or type(error).__name__}", RUN_AGAIN)


def _examine_record(connection: psycopg.Connection[dict[str, Any]]) -> Iterator[Finding]:
    asked = time.time()
    [server] = _rows(connection, "server")
    yield clock_finding("postgres", server["clock"], asked, time.time())
    yield _version_finding(server["version"])
    if not server["on_disk"] or not server["before_answer"]:
        told = "answers before a commit is on disk (fsync, full_page_writes or synchronous_commit is off)"
        yield fail("postgres: durability", told, "turn all three on: what the log forgets after a day is here alone")
    elif not server["checked"]:
        told = "commits are on disk; pages carry no checksums"
        yield warn("postgres: durability", told, "pg_checksums --enable while it is stopped")
    else:
        yield ok("postgres: durability", "commits are on disk, pages carry checksums")
    roles = _rows(connection, "roles")
    yield from roles_findings(roles)
    if "lrs_reader" in {role["name"] for role in roles}:
        yield from _grants(connection)
    if _rows(connection, "has_ledger")[0]["there"]:
        rows = connection.execute(ledger_rows()).fetchall()
        yield schema_finding(Applied(**row) for row in rows)
    else:
        yield warn("postgres: schema", "none yet", "the warehouse server makes it when it starts")


def _grants(connection: psycopg.Connection[dict[str, Any]]) -> Iterator[Finding]:
    part = "postgres: grants"
    taken_away = sorted(set(re.findall(r"'([a-z_0-9]+)'[,\s]", statements_of("reader_limits.sql"))))
    reached = [row["relation"] for row in _rows(connection, "reader_reaches")]
    called = [row["function"] for row in _rows(connection, "reader_calls", {"taken_away": taken_away})]
    databases = _rows(connection, "databases")
    entered = [each["name"] for each in databases if each["open_to_all"] or each["open_to_reader"]]
    if reached:
        yield fail(part, f"lrs_reader reaches {', '.join(reached[:5])}", "revoke it: readers see schema report alone")
    if called:
        yield fail(part, f"lrs_reader may call {', '.join(called[:5])}", RUN_AGAIN)
    if entered:
        yield warn(part, f"open to roles without work there: {', '.join(entered)}", "run deploy/postgres/access.sql")
    if not (reached or called or entered):
        yield ok(part, "lrs_reader reads schema report and nothing else")


def _examine_reader(connection: psycopg.Connection[dict[str, Any]]) -> Iterator[Finding]:
    name = connection.info.user
    if name == "lrs_writer":
        told = "LRS_READER_DATABASE_URL is that of the writer: whoever asks in SQL could change the record"
        yield fail("postgres: reader", told, "let it log in as lrs_reader")
    else:
        yield ok("postgres: reader", f"{name} logs in")


def _examine_dagster(connection: psycopg.Connection[dict[str, Any]]) -> Iterator[Finding]:
    made, wanted = _rows(connection, "dagster_schema")[0]["made"], dagster_schema()
    if made == wanted:
        yield ok("postgres: dagster", wanted)
    else:
        told = f"has the {made}" if made else "its schema is not known to be that of the installed version"
        yield warn("postgres: dagster", told, "`python -m lrs_platform.local.bootstrap`, a step of every start")


def _version_finding(number: str) -> Finding:
    major = int(re.match(r"\d+", number)[0])  # type: ignore[index]  # a version begins with a number
    if major < OLDEST:
        return fail("postgres", f"{number} is too old", f"upgrade it to {OLDEST} or newer; tested is 18")
    return ok("postgres", number)


def _rows(connection: psycopg.Connection[dict[str, Any]], name: str, values: Mapping[str, Any] | None = None) -> Rows:
    return connection.execute(_sql(name), values).fetchall()


@cache
def _sql(name: str) -> LiteralString:
    return files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
