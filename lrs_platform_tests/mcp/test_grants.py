"""Roles: the reader sees views without people in them and nothing else; what everyone may call, it may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from lrs_platform.local.bootstrap import statements_of
from lrs_platform_tests.mcp.conftest import Caller, Postgres, Server
from lrs_platform_tests.mcp.lines import Line, call_of

TAKEN_AWAY = sorted(set(re.findall(r"'([a-z_0-9]+)'[,\s]", statements_of("reader_limits.sql"))))


@pytest.fixture
def reader(postgres: Postgres, warehouse: Server) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(postgres.url("lrs_reader"), autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")  # as anyone may: it is no boundary
        yield connection


@pytest.mark.parametrize(
    "query",
    [
        "select * from lrs.statement",
        "select * from lrs.rejected",
        "select * from lrs.pseudonym_key",
        "select * from core.event",
        "select lrs.log_position('1-0')",
        "create table report.mine (a int)",
        "create table public.mine (a int)",
        "create temporary table mine (a int)",
        "set role lrs_writer",
        "create schema mine",
        "copy (select 1) to program 'true'",
        "select * from pg_authid",
        "alter role lrs_reader superuser",
    ],
)
def test_the_reader_is_refused(reader: psycopg.Connection[tuple[Any, ...]], query: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(query)


def test_the_reader_may_write_nowhere_and_select_only_in_report(postgres: Postgres, warehouse: Server) -> None:
    assert (
        postgres.rows("""
        select oid::regclass::text
        from pg_class
        where relkind in ('r', 'v', 'm', 'p', 'S', 'f')
            and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'pg_toast')
            and (
                case when relkind = 'S' then has_sequence_privilege('lrs_reader', oid, 'usage, update')
                else has_table_privilege('lrs_reader', oid, 'insert, update, delete, truncate, references, trigger') end
                or (relkind <> 'S' and relnamespace <> 'report'::regnamespace
                    and has_table_privilege('lrs_reader', oid, 'select'))
            )
    """)
        == []
    )


def test_the_list_of_functions_is_read_whole() -> None:
    assert {"set_config", "lo_create", "query_to_xml", "pg_sleep", "pg_terminate_backend"} <= set(TAKEN_AWAY)
    assert len(TAKEN_AWAY) > 50


def test_no_function_that_lifts_limits_writes_or_hides_sql_may_be_called(
    reader: psycopg.Connection[tuple[Any, ...]],
) -> None:
    allowed = reader.execute(
        "select distinct proname::text from pg_proc where pronamespace = 'pg_catalog'::regnamespace"
        " and proname = any(%s) and has_function_privilege(oid, 'execute')",
        (TAKEN_AWAY,),
    ).fetchall()
    assert allowed == []


@pytest.mark.parametrize(
    "call",
    [
        "set_config('statement_timeout', '0', false)",
        "pg_sleep(0)",
        "lo_create(0)",
        "lo_from_bytea(0, '')",
        "query_to_xml('select 1', true, true, '')",
        "database_to_xml(true, true, '')",
        "ts_stat('select ''a''::tsvector')",
        "pg_terminate_backend(pg_backend_pid())",
        "pg_advisory_lock(1)",
        "pg_logical_emit_message(false, 'a', 'b')",
        "pg_read_file('/etc/passwd')",
    ],
)
def test_a_dangerous_function_is_refused(reader: psycopg.Connection[tuple[Any, ...]], call: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(f"select {call}")


def test_views_show_no_person(caller: Caller, warehouse: Server, reader: psycopg.Connection[tuple[Any, ...]]) -> None:
    about_a_person, response = Line(), Line()
    about_a_person.event = about_a_person.event_of(
        actor_name="Anna Adams", object_type="Agent", object_id="mailto:bob@example.com", object_name="Bob Brown"
    )
    response.event = response.event_of(response="my secret diary")
    caller.text(warehouse, "load_statements", **call_of(about_a_person, response))
    rows = reader.execute(
        "select * from report.event where statement_id = any(%s::uuid[])",
        ([about_a_person.statement_id, response.statement_id],),
    ).fetchall()
    assert len(rows) == 2
    assert not re.search(r"anna|adams|bob|brown|diary|mailto", str(rows), re.IGNORECASE)


def test_a_learner_has_one_pseudonym_that_no_list_of_addresses_reveals(
    caller: Caller, warehouse: Server, postgres: Postgres, reader: psycopg.Connection[tuple[Any, ...]]
) -> None:
    lines = [Line(), Line(), Line()]
    lines[2].event = lines[2].event_of(actor_key="mailto:carl@example.com")
    caller.text(warehouse, "load_statements", **call_of(*lines))
    pseudonyms = [
        reader.execute("select learner from report.event where statement_id = %s", (line.statement_id,)).fetchall()
        for line in lines
    ]
    assert pseudonyms[0] == pseudonyms[1] != pseudonyms[2]
    plain = postgres.rows("select encode(sha256('mailto:anna@example.com'), 'hex'), md5('mailto:anna@example.com')")[0]
    assert pseudonyms[0][0][0] not in plain


def test_daily_activity_counts_statements_and_learners(
    caller: Caller, warehouse: Server, reader: psycopg.Connection[tuple[Any, ...]]
) -> None:
    verb = "https://example.com/verbs/counted"
    lines = [Line() for _ in range(3)]
    for line, actor in zip(
        lines, ("mailto:a@example.com", "mailto:a@example.com", "mailto:b@example.com"), strict=True
    ):
        line.event = line.event_of(verb_id=verb, actor_key=actor, occurred_at="2025-06-15T23:30:00-02:00")
    caller.text(warehouse, "load_statements", **call_of(*lines))
    rows = reader.execute(
        "select day::text, statements, learners from report.daily_activity where verb_id = %s", (verb,)
    ).fetchall()
    assert rows == [("2025-06-16", 3, 2)]


def test_neither_role_is_more_than_it_must_be(postgres: Postgres) -> None:
    rows = postgres.rows(
        "select rolname::text from pg_roles where rolname in ('lrs_writer', 'lrs_reader')"
        " and (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)"
    )
    assert rows == []
