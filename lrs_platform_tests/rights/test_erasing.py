"""In the warehouse: rows about a person go from every table, texts that name them are rewritten, others stay."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from lrs_platform.mcp_servers.warehouse import identity, rights
from lrs_platform.mcp_servers.warehouse.database import DataFault
from lrs_platform.mcp_servers.warehouse.finding import hashed
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.learning.history import START, Event, card_iri
from lrs_platform_tests.roster.company import ROSTER, Company, company_in
from lrs_platform_tests.samples import statement

NOW = START + timedelta(days=5)
HASH = hashlib.sha1(b"mailto:ada@example.com", usedforsecurity=False).hexdigest()
SECRET = "My grandmother told me to look left first"


def record(company: Company, event: Event, **changes: Any) -> None:
    """Load an event together with the statement that it is of."""
    company.load([event])
    raw = statement(id=str(event.id), actor={"mbox": f"mailto:{event.who}@example.com", "name": event.who}, **changes)
    company.rows_changed(
        "insert into lrs.statement select statement_id, position, stored, '1.0.3', '{}', %s::json from core.event "
        "where statement_id = %s",
        (json.dumps(raw), event.id),
    )
    company.rows_changed(
        "insert into lrs.posting select %s, position, array[position] from core.event where statement_id = %s",
        (hashed(f"amailto:{event.who}@example.com"), event.id),
    )


def busy(company: Company) -> Event:
    """A company in which Ada left something everywhere; one event of hers."""
    company.roster(ROSTER)
    said = Event(who="ada", verb="answered", lesson="safety", card=2, response=SECRET, name="Card two")
    record(company, said, result={"response": SECRET})
    for who in ("ada", "bea", "cyd"):
        record(company, Event(who=who, verb="completed", lesson="safety", at=START + timedelta(hours=1)))
    mentor = Event(who="bea", verb="viewed", lesson="safety", at=START + timedelta(hours=2))
    record(company, mentor, context={"instructor": {"mbox": "mailto:ada@example.com", "name": "Ada Lovelace"}})
    voided = Event(who="ada", verb="viewed", lesson="safety")
    record(company, voided)
    company.rows_changed("delete from core.event where statement_id = %s", (voided.id,))
    raw = json.dumps(statement(actor={"mbox_sha1sum": HASH}))
    company.rows_changed("insert into lrs.rejected (log_id, stage, reason, raw) values ('1-1', 'map', 'x', %s)", (raw,))
    company.rows_changed("insert into lrs.conflict values ('1-2', %s, now(), '{}', %s)", (uuid.uuid4(), raw))
    company.rows_changed(
        "insert into lrs.document values (%s, %s, 'state', 'https://x.example/a', 'mailto:ada@example.com', null, 'd', "
        "'text/plain', 'hers', 'e', now())",
        (uuid.uuid4(), uuid.uuid4()),
    )
    company.rows_changed(
        "insert into lrs.document values (%s, %s, 'activity_profile', 'https://x.example/a', null, null, 'p', "
        "'application/json', %s, 'e', now())",
        (uuid.uuid4(), uuid.uuid4(), b'{"tutors":["mailto:ada@example.com","mailto:bea@example.com"]}'),
    )
    company.rows_changed("insert into core.flag_review values (%s, 'left', 'confirmed', 'cyd')", (said.id,))
    company.rows_changed(
        "update core.roster_row set extra = %s where mail = 'cyd@example.com'", (Jsonb({"Boss": "ada@example.com"}),)
    )
    company.refresh(NOW)
    company.rows_changed(
        "insert into outreach.reminder (dry_run, day, learner_id, address_key, lesson_id, cohort_id, idempotency_key, "
        "reason, overdue_days, others, time_zone, state, decided_at) select false, '2026-03-03', learner_id, "
        "outreach.address_key(mail), 1, 0, mail, 'not_opened', 1, 0, 'UTC', 'planned', now() from core.learner"
    )
    company.rows_changed(
        "insert into outreach.contact_choice (address_key, choice, source) "
        "select outreach.address_key(mail), 'opted_out', 'link' from core.learner"
    )
    return said


def erase(company: Company, learner: str = "ada@example.com") -> dict[str, Any]:
    async def run(connection: Any) -> dict[str, Any]:
        started = await rights.start(connection, learner, subject_hash="h", by="test")
        return await rights.erase(connection, started["erasure_id"])

    return company.do(run)


def everything(company: Company) -> str:
    """All rows of all tables as one text, but for the erasure that is under way."""
    tables = company.rows(
        "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE' "
        "and table_schema not in ('pg_catalog', 'information_schema') and table_name <> 'erasure'"
    )
    texts = []
    for table in tables:
        name = psycopg.sql.Identifier(table["table_schema"], table["table_name"])
        query = psycopg.sql.SQL("select t::text from {} as t").format(name)
        texts += [row[0] for row in company.connection.execute(query).fetchall()]
    text = "\n".join(texts)
    hexadecimal = "".join(row["c"] for row in company.rows("select encode(contents, 'escape') as c from lrs.document"))
    return text + hexadecimal


@dataclass(frozen=True)
class Before:
    """A company as it is, with Ada in it."""

    company: Company
    text: str
    pseudonym: str
    others: list[dict[str, Any]]


def seen(company: Company) -> Before:
    return Before(
        company, everything(company), company.learners()["ada@example.com"]["pseudonym"], events_of_others(company)
    )


def events_of_others(company: Company) -> list[dict[str, Any]]:
    query = "select actor_key, verb_id, object_id from core.event where actor_key not like '%%ada@%%' order by 1, 2"
    return company.rows(query, ())


@pytest.fixture(scope="module")
def with_ada(platform: Platform) -> Iterator[Before]:
    """A company with Ada; nobody changes it."""
    for company in company_in(platform):
        busy(company)
        yield seen(company)


@pytest.fixture(scope="module")
def without_ada(platform: Platform) -> Iterator[tuple[Before, dict[str, Any]]]:
    """A company from which Ada was erased, what it was before, and what the erasure told; nobody changes it."""
    for company in company_in(platform):
        busy(company)
        before = seen(company)
        done = erase(company)
        company.refresh(NOW)
        yield before, done


Erased = tuple[Before, dict[str, Any]]


def test_nothing_of_the_person_is_left_in_any_table(without_ada: Erased) -> None:
    before, done = without_ada
    planted = ("ada@example.com", HASH, SECRET, "Lovelace", before.pseudonym)
    assert [each for each in planted if each not in before.text] == []
    left = everything(before.company)
    assert [each for each in planted if each in left] == []
    assert done["removed"]["lrs.statement"] == 3
    assert done["removed"]["lrs.document"] == done["removed"]["outreach.reminder"] == 1
    assert done["rewritten"] == {"lrs.statement": 1, "core.roster_row.extra": 1, "lrs.document.contents": 1}


def test_that_somebody_wants_no_mail_outlives_them(without_ada: Erased) -> None:
    """Under a keyed hash of the address: the next roster may bring it again."""
    company = without_ada[0].company
    query = "select will from outreach.contact where address_key = outreach.address_key('ada@Example.com')"
    assert company.rows(query) == [{"will": "opted_out"}]


def test_others_keep_all_that_is_theirs(without_ada: Erased) -> None:
    before, _ = without_ada
    company = before.company
    assert events_of_others(company) == before.others
    assert set(company.learners()) == {"bea@example.com", "cyd@example.com"}
    document = company.one("select contents, etag from lrs.document")
    assert b"mailto:bea@example.com" in document["contents"]
    assert document["etag"] == hashlib.sha1(document["contents"], usedforsecurity=False).hexdigest()


def test_the_marts_are_those_of_a_company_without_the_person(without_ada: Erased) -> None:
    company = without_ada[0].company
    incremental = company.marts()
    assert len(company.rows("select * from mart.learner_activity")) == 2
    company.refresh(NOW, mode="full")
    assert company.marts() == incremental


def test_erasing_again_finds_nothing_more_and_what_came_since(company: Company) -> None:
    busy(company)

    async def start(connection: Any) -> str:
        return str((await rights.start(connection, "ada@example.com", subject_hash="h", by="test"))["erasure_id"])

    erasure_id = company.do(start)
    first = company.do(lambda c: rights.erase(c, erasure_id))
    assert company.do(lambda c: rights.erase(c, erasure_id)) == first
    record(company, Event(who="ada", verb="completed", lesson="late"))
    later = company.do(lambda c: rights.erase(c, erasure_id))
    assert later["removed"]["lrs.statement"] == first["removed"]["lrs.statement"] + 1
    assert company.do(start) == erasure_id  # an erasure that is not finished is taken up again


def test_a_merged_learner_is_erased_with_the_history_of_the_merge(company: Company) -> None:
    busy(company)
    company.do(lambda c: identity.merge_by_hand(c, "ada@example.com", "cyd@example.com", note="twins", by="test"))
    company.refresh(NOW)
    erase(company)
    company.refresh(NOW)
    left = everything(company)
    assert "cyd@example.com" not in left and "Charisse" not in left
    assert company.rows("select * from core.learner_merge") == []


def test_trying_tells_what_would_go_and_removes_nothing(with_ada: Before) -> None:
    planned = with_ada.company.do(lambda c: rights.plan(c, "ada@example.com"))
    assert planned["removed"]["lrs.statement"] == 3
    assert everything(with_ada.company) == with_ada.text


def test_somebody_whom_only_statements_set_aside_name_is_erased_too(company: Company) -> None:
    raw = json.dumps(statement(actor={"mbox": "mailto:zoe@example.com"}))
    company.rows_changed("insert into lrs.rejected (log_id, stage, reason, raw) values ('1-1', 'map', 'x', %s)", (raw,))
    erase(company, "zoe@example.com")
    assert company.rows("select * from lrs.rejected") == []


def test_somebody_known_by_an_account_is_erased(company: Company) -> None:
    busy(company)
    account = {"homePage": "https://sso.example/", "name": "ada"}
    event = Event(who="bea", verb="completed", lesson="fire")
    record(company, event)
    company.rows_changed(
        "update core.event set actor_key = 'https://sso.example/|ada' where statement_id = %s", (event.id,)
    )
    raw = json.dumps(statement(id=str(event.id), actor={"account": account}))
    company.rows_changed("update lrs.statement set raw = %s::json where statement_id = %s", (raw, event.id))
    company.refresh(NOW)
    others = company.one("select count(*) as n from lrs.statement")["n"] - 1
    erase(company, json.dumps({"account": account}))
    company.refresh(NOW)
    assert "sso.example" not in everything(company)
    assert company.one("select count(*) as n from lrs.statement")["n"] == others


def test_two_texts_that_may_not_be_the_same_are_told_apart(company: Company) -> None:
    """E.g. the addresses of two activities that differ in the spelling of the person alone."""
    for address in ("ada@example.com", "Ada@Example.com"):
        company.rows_changed("insert into core.activity (iri) values (%s)", (f"https://x.example/of/{address}",))
    erase(company)
    iris = [row["iri"] for row in company.rows("select iri from core.activity order by length(iri)")]
    assert iris[0] == "https://x.example/of/erased@erased.invalid"
    assert iris[1].startswith("https://x.example/of/erased@") and iris[1].endswith(".erased.invalid")


def test_attachments_that_somebody_else_has_too_stay(company: Company) -> None:
    alone, shared = "a" * 64, "b" * 64
    for who, hashes in (("ada", [alone, shared]), ("bea", [shared])):
        attached = [{"sha2": sha2} for sha2 in hashes]
        record(company, Event(who=who, verb="completed", lesson="safety"), attachments=attached)
    assert erase(company)["attachments"] == [alone]


def test_nobody_is_erased_by_mistake(with_ada: Before) -> None:
    with pytest.raises(DataFault, match="nobody"):
        erase(with_ada.company, "999999")
    assert everything(with_ada.company) == with_ada.text


def test_the_index_of_statements_forgets_them(company: Company) -> None:
    said = busy(company)
    position = company.one("select position from lrs.statement where statement_id = %s", (said.id,))["position"]
    other = company.one("select position from lrs.statement s join core.event using (statement_id, position) "
                        "where actor_key = 'mailto:cyd@example.com'")["position"]  # fmt: skip
    company.rows_changed("delete from lrs.posting")
    for key, positions in (
        ("amailto:ada@example.com", [position]),
        ("vverb", sorted([position, other])),
        ("vx", [other]),
    ):
        company.rows_changed("insert into lrs.posting values (%s, %s, %s)", (hashed(key), positions[0], positions))
    erase(company)
    assert [row["positions"] for row in company.rows("select positions from lrs.posting")] == [[other], [other]]


def test_the_copy_holds_all_that_is_about_the_person_and_of_nobody_else(with_ada: Before) -> None:
    copied = with_ada.company.do(lambda c: rights.copy(c, "ada@example.com", 0))
    assert len(copied["statements"]) == 3 and not copied["more"]  # also one that has no event
    text = json.dumps(copied, default=str)
    assert SECRET in text and "Lovelace" in text
    assert "cyd@example.com" not in text
    assert {
        "core.learner",
        "core.learner_key",
        "core.roster_row",
        "lrs.document",
        "lrs.rejected",
        "lrs.conflict",
        "outreach.reminder",
        "outreach.contact_choice",
        "mart.lesson_attempts",
    } <= set(copied["tables"])


def test_retention_removes_what_is_older_and_the_marts_follow(company: Company) -> None:
    old = Event(who="ada", verb="completed", lesson="safety", at=START)
    record(company, old)
    record(company, Event(who="bea", verb="completed", lesson="safety", at=START))
    company.rows_changed("update lrs.statement set position = position + (400::bigint * 86400000 << 20) "
                         "where raw ->> 'id' <> %s", (str(old.id),))  # fmt: skip
    company.refresh(NOW)
    age = company.one(
        "select extract(epoch from now() - lrs.log_stored((min(position) >> 20)::text || '-0')) / 86400 as days "
        "from lrs.statement"
    )["days"]
    days = {"lrs.statement": float(age) - 1}
    assert company.do(lambda c: rights.retain(c, days, dry_run=True))["removed"] == {"lrs.statement": 1}
    done = company.do(lambda c: rights.retain(c, days, dry_run=False))
    assert done["removed"]["lrs.statement"] == 1 and not done["more"]
    company.refresh(NOW)
    assert [row["response"] for row in company.rows("select 1 as response from mart.learner_activity")] == [1]
    assert company.rows("select * from core.event where statement_id = %s", (old.id,)) == []
    assert company.do(lambda c: rights.retain(c, days, dry_run=False))["removed"] == {}


def test_statements_that_expire_take_attachments_along(company: Company) -> None:
    record(company, Event(who="ada", verb="completed", lesson="safety", at=START), attachments=[{"sha2": "a" * 64}])
    company.refresh(NOW)
    assert company.do(lambda c: rights.retain(c, {"lrs.statement": 1}, dry_run=False))["attachments"] == ["a" * 64]


def test_a_table_that_cannot_be_kept_for_a_time_is_refused(company: Company) -> None:
    with pytest.raises(DataFault, match=r"core\.learner"):
        company.do(lambda c: rights.retain(c, {"core.learner": 3}, dry_run=True))


def test_every_column_that_may_name_a_person_is_searched(company: Company) -> None:
    """Also in tables that do not exist yet when this is written."""
    company.rows_changed("create table core.added_later (note text, more jsonb)")
    company.rows_changed("insert into core.added_later values ('see ada@example.com', %s)", (Jsonb({"who": HASH}),))
    erase(company)
    row = company.one("select * from core.added_later")
    assert row == {"note": "see erased@erased.invalid", "more": {"who": "0" * 40}}
    assert card_iri("safety", 1)  # the sample company's addresses are not those of people
