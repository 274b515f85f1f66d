"""The schema: applied once, whoever starts first; checked ever after; every table and column explained."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from lrs_platform.local.credentials import admin_database_url
from lrs_platform.mappings import EVENT_COLUMNS
from lrs_platform.warehouse.schema_changes import SchemaError, apply, changes
from lrs_platform_tests.mcp.conftest import Postgres, Server
from lrs_platform_tests.reference.tables import SCHEMAS, columns


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """URL of an empty database, as lrs_writer, who owns it."""
    with postgres.admin() as connection:
        connection.execute("create database scratch owner lrs_writer")
    yield postgres.url("lrs_writer", "scratch")
    with postgres.admin() as connection:
        connection.execute("drop database scratch with (force)")


async def bring(url: str) -> int:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return await apply(connection)


def test_servers_that_start_together_apply_each_change_once(empty_database: str) -> None:
    async def together() -> list[int]:
        return await asyncio.gather(*(bring(empty_database) for _ in range(4)))

    newest = changes()[-1].version
    assert asyncio.run(together()) == [newest] * 4
    with psycopg.connect(empty_database) as connection:
        ledger = connection.execute("select version, sha256 from lrs.schema_change order by version").fetchall()
    assert ledger == [(change.version, change.sha256) for change in changes()[1:]]


def test_a_file_that_changed_after_it_was_applied_is_refused(empty_database: str) -> None:
    asyncio.run(bring(empty_database))
    with psycopg.connect(empty_database) as connection:
        connection.execute("update lrs.schema_change set sha256 = 'other' where version = 2")
    with pytest.raises(SchemaError, match=r"002_event\.sql is not the file that was applied"):
        asyncio.run(bring(empty_database))


def test_a_database_of_a_newer_release_is_served_while_its_changes_only_add(empty_database: str) -> None:
    asyncio.run(bring(empty_database))
    with psycopg.connect(empty_database) as connection:
        connection.execute("insert into lrs.schema_change (version, name, sha256) values (999, 'later', '')")
    assert asyncio.run(bring(empty_database)) == changes()[-1].version
    with psycopg.connect(empty_database) as connection:
        connection.execute("update lrs.schema_change set compatible_from = %s", (changes()[-1].version,))
    assert asyncio.run(bring(empty_database)) == changes()[-1].version
    with psycopg.connect(empty_database) as connection:
        connection.execute("update lrs.schema_change set compatible_from = 998 where version = 999")
    with pytest.raises(SchemaError, match=r"schema change 999.*998.*run a newer one"):
        asyncio.run(bring(empty_database))


def test_a_change_that_fails_leaves_nothing_behind(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("create schema report")  # what 003 is about to create
    with pytest.raises(psycopg.errors.DuplicateSchema):
        asyncio.run(bring(empty_database))
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select to_regnamespace('core'), to_regnamespace('lrs')").fetchone() == (None, None)


def test_no_two_files_have_one_number() -> None:
    versions = [change.version for change in changes()]
    assert sorted(set(versions)) == versions


def test_event_columns_are_those_that_mappings_fill(warehouse: Server, postgres: Postgres) -> None:
    columns = postgres.rows(
        "select column_name::text from information_schema.columns"
        " where table_schema = 'core' and table_name = 'event' order by ordinal_position"
    )
    names = [name for (name,) in columns]
    assert names[0] == EVENT_COLUMNS[0]
    assert names[1:3] == ["position", "stored"]
    assert tuple(names[3:]) == EVENT_COLUMNS[1:]


def test_every_table_and_column_says_what_it_is(warehouse: Server, postgres: Postgres) -> None:
    found = columns(admin_database_url(postgres.instance), SCHEMAS)
    assert {column.in_schema for column in found} == set(SCHEMAS)
    silent = {f"{column.in_schema}.{column.relation}" for column in found if not column.relation_says}
    silent |= {f"{column.in_schema}.{column.relation}.{column.called}" for column in found if not column.says}
    assert sorted(silent) == []
