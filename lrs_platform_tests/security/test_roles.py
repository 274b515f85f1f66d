"""What each role of Postgres may do: every database, schema, table, sequence and function of the running instance, by
role. Nothing more than the table below, and nothing less.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from lrs_platform.local.credentials import admin_database_url, database_url, load_secrets
from lrs_platform_tests.conftest import Platform

ROLES = ("lrs_writer", "lrs_reader", "lrs_reader_pii", "lrs_dagster", "public")
OWNED = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"})
READ = frozenset({"SELECT"})
NOTHING: frozenset[str] = frozenset()

# What a role may do with every table, view and sequence of a schema (DESIGN, "Processes and what each may do").
TABLES = {
    # `changed` and `everything` are what a refresh of the marts reads from, in turn
    schema: {"lrs_writer": OWNED} for schema in ("lrs", "core", "mart", "outreach", "changed", "everything")
} | {
    "report": {"lrs_writer": OWNED, "lrs_reader": READ, "lrs_reader_pii": READ},
    "report_pii": {"lrs_writer": OWNED, "lrs_reader_pii": READ},
    "public": {},
}  # fmt: skip
SCHEMAS = {
    schema: {role: {"USAGE"} if allowed == READ else {"USAGE", "CREATE"} for role, allowed in by_role.items()}
    for schema, by_role in TABLES.items()
} | {"public": {"lrs_writer": {"USAGE", "CREATE"}}}  # it owns the database
DATABASES = {
    "lrs": {
        "lrs_writer": {"CONNECT", "CREATE", "TEMPORARY"},
        "lrs_reader": {"CONNECT"},
        "lrs_reader_pii": {"CONNECT"},
    },
    "dagster": {"lrs_dagster": {"CONNECT", "CREATE", "TEMPORARY"}},
}
LOGINS = {"lrs_writer": "lrs", "lrs_reader": "lrs", "lrs_dagster": "dagster"}  # and the one database of each


@pytest.fixture(scope="module")
def database(platform: Platform) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Database lrs, as superuser."""
    with psycopg.connect(platform.admin_database_url, autocommit=True) as connection:
        yield connection


def test_every_schema_stands_in_the_table(database: psycopg.Connection[tuple[Any, ...]]) -> None:
    found = {
        name
        for (name,) in database.execute(
            "select nspname::text from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'"
        )
    }
    assert found == TABLES.keys()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_holds_on_every_table_what_its_schema_allows_and_no_more(
    database: psycopg.Connection[tuple[Any, ...]], role: str
) -> None:
    rows = database.execute(
        "select relnamespace::regnamespace::text, oid::regclass::text, array("
        "  select privilege from unnest(%s::text[]) as privilege where has_table_privilege(%s, pg_class.oid, privilege)"
        ") from pg_class where relkind in ('r', 'v', 'm', 'p', 'f') and relnamespace::regnamespace::text = any(%s)",
        (sorted(OWNED), role, sorted(TABLES)),
    ).fetchall()
    assert len(rows) > 80
    wrong = [
        (table, sorted(privileges), sorted(TABLES[schema].get(role, NOTHING)))
        for schema, table, privileges in rows
        if set(privileges) != TABLES[schema].get(role, NOTHING)
    ]
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_no_single_column_is_granted_beside_its_table(database: psycopg.Connection[tuple[Any, ...]], role: str) -> None:
    """A grant of a column is not seen in the grants of its table."""
    rows = database.execute(
        "select attrelid::regclass::text, attname::text from pg_attribute join pg_class on pg_class.oid = attrelid"
        " where attnum > 0 and not attisdropped and relnamespace::regnamespace::text = any(%(schemas)s)"
        " and relkind in ('r', 'v', 'm', 'p', 'f')"
        " and has_column_privilege(%(role)s, attrelid, attnum, 'select, insert, update, references')"
        " and not has_table_privilege(%(role)s, attrelid, 'select, insert, update, references')",
        {"role": role, "schemas": sorted(TABLES)},
    ).fetchall()
    assert rows == []


@pytest.mark.parametrize("role", ROLES)
def test_a_sequence_moves_for_the_writer_alone(database: psycopg.Connection[tuple[Any, ...]], role: str) -> None:
    rows = database.execute(
        "select oid::regclass::text, has_sequence_privilege(%s, oid, 'usage, select, update') from pg_class"
        " where relkind = 'S' and relnamespace::regnamespace::text = any(%s)",
        (role, sorted(TABLES)),
    ).fetchall()
    assert rows
    assert {allowed for _, allowed in rows} == {role == "lrs_writer"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_use_and_fill_the_schemas_of_the_table_only(
    database: psycopg.Connection[tuple[Any, ...]], role: str
) -> None:
    rows = database.execute(
        "select nspname::text, array(select privilege from unnest(array['USAGE', 'CREATE']) as privilege"
        " where has_schema_privilege(%s, pg_namespace.oid, privilege)) from pg_namespace where nspname = any(%s)",
        (role, sorted(TABLES)),
    ).fetchall()
    found = {schema: set(privileges) for schema, privileges in rows}
    assert found == {schema: SCHEMAS[schema].get(role, set()) for schema in TABLES}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_enter_its_database_only(database: psycopg.Connection[tuple[Any, ...]], role: str) -> None:
    rows = database.execute(
        "select datname::text, array(select privilege from unnest(array['CONNECT', 'CREATE', 'TEMPORARY']) as privilege"
        " where has_database_privilege(%s, pg_database.oid, privilege)) from pg_database"
        " where datname in ('lrs', 'dagster', 'postgres', 'template1')",
        (role,),
    ).fetchall()
    found = {name: set(privileges) for name, privileges in rows}
    assert len(found) == 4
    assert found == {name: DATABASES.get(name, {}).get(role, set()) for name in found}


@pytest.mark.parametrize("name", ["lrs", "dagster", "postgres", "template1"])
@pytest.mark.parametrize("role", LOGINS)
def test_a_password_opens_the_one_database_it_is_for(platform: Platform, role: str, name: str) -> None:
    secrets = load_secrets(platform.instance)
    password = str(getattr(secrets, f"{role.removeprefix('lrs_')}_password"))
    url = database_url(platform.instance, role, password, name)
    if LOGINS[role] == name:
        with psycopg.connect(url) as connection:
            assert connection.execute("select current_user::text").fetchone() == (role,)
    else:
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(url).close()


def test_no_role_is_more_than_a_role(database: psycopg.Connection[tuple[Any, ...]]) -> None:
    rows = database.execute(
        "select rolname::text, rolcanlogin from pg_roles where rolname !~ '^pg_' and not rolsuper and not rolcreatedb"
        " and not rolcreaterole and not rolreplication and not rolbypassrls"
    ).fetchall()
    assert {*rows} >= {*((name, True) for name in LOGINS), ("lrs_reader_pii", False)}
    supers = database.execute("select rolname::text from pg_roles where rolsuper").fetchall()
    assert supers == [("postgres",)]


def test_only_the_writer_stands_in_for_a_reader(database: psycopg.Connection[tuple[Any, ...]]) -> None:
    """It ends readers' sessions that outlive their limits, and only a member of a role may signal its sessions."""
    rows = database.execute(
        "select roleid::regrole::text, member::regrole::text from pg_auth_members"
        " where roleid::regrole::text ~ '^lrs_' or member::regrole::text ~ '^lrs_'"
    ).fetchall()
    assert rows == [("lrs_reader", "lrs_writer")]


def test_what_is_made_later_is_open_to_readers_in_their_schemas_only(
    database: psycopg.Connection[tuple[Any, ...]],
) -> None:
    rows = database.execute(
        "select coalesce(defaclnamespace::regnamespace::text, ''), grantee::regrole::text, privilege_type"
        " from pg_default_acl, aclexplode(defaclacl) where grantee::regrole::text not in ('lrs_writer', 'lrs_dagster')"
    ).fetchall()
    assert set(rows) <= {
        ("report", "lrs_reader", "SELECT"),
        ("report", "lrs_reader_pii", "SELECT"),
        ("report_pii", "lrs_reader_pii", "SELECT"),
    }
    assert ("report", "lrs_reader", "SELECT") in rows


def test_no_function_lends_its_owners_rights(database: psycopg.Connection[tuple[Any, ...]]) -> None:
    rows = database.execute(
        "select oid::regprocedure::text from pg_proc where prosecdef"
        " and pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
    ).fetchall()
    assert rows == []


def test_dagsters_database_is_open_to_no_other_role(platform: Platform) -> None:
    with psycopg.connect(admin_database_url(platform.instance, "dagster")) as connection:
        rows = connection.execute(
            "select oid::regclass::text, role from pg_class, unnest(%s::text[]) as role"
            " where relkind in ('r', 'v', 'S') and relnamespace = 'public'::regnamespace and relkind <> 'S'"
            " and has_table_privilege(role, oid, 'select, insert, update, delete')",
            ([role for role in ROLES if role not in ("lrs_dagster", "public")],),
        ).fetchall()
    assert rows == []
