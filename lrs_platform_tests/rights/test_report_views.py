"""What readers may see: no view of `report` holds a name, an address or a learner's words; those of `report_pii` do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.learning.history import START, Event
from lrs_platform_tests.roster.company import ROSTER, Company, company_in

NOW = START + timedelta(days=5)
WRITTEN = "Quetzalcoatl told me so"
HASH = hashlib.sha1(b"mailto:ada@example.com", usedforsecurity=False).hexdigest()
PLANTED = ["Lovelace", "ada@example.com", "mailto:", HASH, "Quetzalcoatl", "Zanzibarname", "London"]


@pytest.fixture(scope="module")
def planted(platform: Platform) -> Iterator[Company]:
    """A company with names, addresses and texts wherever there is room for them; nobody changes it."""
    for company in company_in(platform):
        plant(company)
        yield company


def plant(company: Company) -> None:
    company.roster(ROSTER)
    company.rows_changed("insert into core.word_list (term, severity) values ('told', 'high')")
    for lesson in ("safety", "fire"):
        company.load(
            Event(who=who, verb=verb, lesson=lesson, card=card, response=response, at=START + timedelta(minutes=minute))
            for minute, (verb, card, response) in enumerate(
                [
                    ("launched", None, None),
                    ("answered", 1, WRITTEN),
                    ("answered", 2, WRITTEN),
                    ("completed", None, None),
                ]
            )
            for who in ("ada", "bea", "cyd")
        )
    company.rows_changed("update core.event set actor_name = 'Zanzibarname'")
    about = Event(who="bea", verb="viewed", lesson="x")
    company.load([about])
    company.rows_changed(
        "update core.event set object_type = 'Agent', object_id = 'mailto:ada@example.com', "
        "object_name = 'Zanzibarname' where statement_id = %s",
        (about.id,),
    )
    company.refresh(NOW)


@pytest.fixture
def superuser(platform: Platform, planted: Company) -> Iterator[psycopg.Connection[Any]]:
    """The superuser in that company's warehouse."""
    name = planted.one("select current_database() as name")["name"]
    with psycopg.connect(f"{platform.admin_database_url.rsplit('/', 1)[0]}/{name}", autocommit=True) as connection:
        yield connection


def _views(company: Company, schema: str) -> list[str]:
    query = "select table_name from information_schema.views where table_schema = %s order by 1"
    return [row["table_name"] for row in company.rows(query, (schema,))]


def test_no_view_of_report_holds_a_name_an_address_or_a_text(planted: Company) -> None:
    views = _views(planted, "report")
    assert len(views) > 20
    leaks = []
    with psycopg.connect(planted.reader, autocommit=True) as reader:
        for view in views:
            query = psycopg.sql.SQL("select v::text from {} as v").format(psycopg.sql.Identifier("report", view))
            text = "\n".join(row[0] for row in reader.execute(query).fetchall())
            leaks += [f"report.{view} holds {mark}" for mark in PLANTED if mark in text]
    assert leaks == []


def test_what_was_planted_is_there_to_be_found(planted: Company) -> None:
    """Else the test above could not fail."""
    text = "\n".join(row["t"] for row in planted.rows("select t::text from core.event as t"))
    text += "\n".join(row["t"] for row in planted.rows("select t::text from mart.free_text_responses as t"))
    assert all(mark in text for mark in ("ada@example.com", "Quetzalcoatl", "Zanzibarname"))


def test_readers_may_not_look_where_names_are(planted: Company) -> None:
    with psycopg.connect(planted.reader, autocommit=True) as reader:
        for schema in ("report_pii", "core", "lrs", "mart"):
            for table in planted.rows(
                "select table_name as t from information_schema.tables where table_schema = %s", (schema,)
            ):
                query = psycopg.sql.SQL("select 1 from {} limit 1").format(psycopg.sql.Identifier(schema, table["t"]))
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    reader.execute(query)


def test_the_role_for_names_sees_them_and_has_no_login(planted: Company, superuser: psycopg.Connection[Any]) -> None:
    [role] = superuser.execute("select rolcanlogin, rolsuper from pg_roles where rolname = 'lrs_reader_pii'").fetchall()
    assert role == (False, False)
    members = (
        "select count(*) from pg_auth_members m join pg_roles r on m.roleid = r.oid where r.rolname = 'lrs_reader_pii'"
    )
    assert superuser.execute(members).fetchall() == [(0,)]
    superuser.execute("set role lrs_reader_pii")
    seen = ""
    for view in _views(planted, "report_pii"):
        query = psycopg.sql.SQL("select v::text from {} as v").format(psycopg.sql.Identifier("report_pii", view))
        seen += "\n".join(str(row) for row in superuser.execute(query).fetchall())
    assert "Ada Lovelace" in seen and "ada@example.com" in seen and "Quetzalcoatl" in seen and "London" in seen
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        superuser.execute("select * from core.learner")
