"""Who a text names, and what is left of it without them: nothing of the person, nothing less of anybody else."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_platform.rights.subject import Subject, key_of
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version
from lrs_platform_tests.samples import statement

ADA = Subject.of(["mailto:ada@example.com", "https://sso.example/|ada", "https://id.example/ada"])
HASH = hashlib.sha1(b"mailto:ada@example.com", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        "mailto:ada@example.com",
        "write to ada@example.com.",
        "ADA@Example.COM",
        "agent=%7B%22mbox%22%3A%22mailto%3Aada%40example.com%22%7D",
        HASH,
        HASH.upper(),
        '{"account": {"homePage": "https://sso.example/", "name": "ada"}}',
        '{"account":{"name":"ada","homePage":"https:\\/\\/sso.example\\/"}}',
        "https://sso.example/|ada",
        "https://id.example/ada",
        '{"mbox":"mailto:ada\\u0040example.com"}',
    ],
)
def test_every_spelling_is_found_and_taken_out(text: str) -> None:
    assert ADA.is_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "nada@example.com",
        "ada@example.com.au",
        "ada@example.comm",
        "x.ada@example.com",
        "ada+news@example.org",
        "https://id.example/adam",
        '{"homePage": "https://sso.example/", "name": "adam"}',
        '{"homePage": "https://other.example/", "name": "ada"}',
        "ada",
        "0" + HASH + "0",
        "",
    ],
)
def test_nobody_else_is_taken_for_the_person(text: str) -> None:
    assert not ADA.is_in(text)
    assert ADA.without(text) == text


ABOUT = [
    {"actor": {"mbox": "mailto:ada@example.com"}},
    {"actor": {"mbox": "mailto:ada@EXAMPLE.com", "name": "Ada"}},
    {"actor": {"mbox_sha1sum": HASH}},
    {"actor": {"openid": "https://id.example/ada"}},
    {"actor": {"account": {"homePage": "https://sso.example/", "name": "ada"}}},
]


@pytest.mark.parametrize("changes", ABOUT)
def test_a_statement_of_the_person_is_erased(changes: dict[str, object]) -> None:
    assert ADA.fate(json.dumps(statement(**changes)))[0] == "erase"


OTHER = {"mbox": "mailto:bea@example.com", "name": "Bea"}
PERSON = {"mbox": "mailto:ada@example.com", "name": "Ada Lovelace"}


@pytest.mark.parametrize(
    "changes",
    [
        {"context": {"instructor": PERSON}},
        {"context": {"team": {"objectType": "Group", "name": "Team", "member": [PERSON, OTHER]}}},
        {"object": {"objectType": "Agent", **PERSON}},
        {
            "object": {
                "objectType": "Agent",
                "account": {"homePage": "https://sso.example/", "name": "ada"},
                "name": "Ada",
            }
        },
        {"result": {"response": "ask Ada: ada@example.com"}},
        {"context": {"extensions": {"https://x.example/boss": HASH}}},
        {
            "object": {
                "objectType": "SubStatement",
                "actor": PERSON,
                "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
                "object": {"id": "https://x.example/a"},
            }
        },
    ],
)
def test_a_statement_of_somebody_else_stays_one_and_no_longer_names_the_person(changes: dict[str, object]) -> None:
    sent = statement(actor=OTHER, **changes)
    fate, raw = ADA.fate(json.dumps(sent))
    assert fate == "rewrite"
    assert not ADA.is_in(raw)
    assert "Lovelace" not in raw
    left = json.loads(raw)
    assert left["actor"] == OTHER and left["id"] == sent["id"]
    assert parse(raw.encode(), Version.V1_0_3).statements  # still what the standard allows


def test_a_statement_that_does_not_name_the_person_is_left_as_it_came() -> None:
    raw = json.dumps(statement(actor=OTHER), indent=2)
    assert ADA.fate(raw) == ("keep", raw)


@given(st.text(max_size=60), st.text(max_size=60))
def test_after_taking_the_person_out_they_are_not_found(before: str, after: str) -> None:
    text = f"{before} ada@example.com {after} {HASH} "
    assert not ADA.is_in(ADA.without(text))


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("ada@example.com", "mailto:ada@example.com"),
        ("mailto:ada@example.com", "mailto:ada@example.com"),
        (HASH.upper(), HASH),
        ("https://sso.example/|ada", "https://sso.example/|ada"),
        ("https://id.example/ada", "https://id.example/ada"),
        ("Ada@EXAMPLE.com", "mailto:Ada@example.com"),
        (
            '{"objectType":"Agent","account":{"homePage":"https://sso.example/","name":"ada"}}',
            "https://sso.example/|ada",
        ),
        ("{", None),
        ("17", None),
    ],
)
def test_what_people_type_is_understood(typed: str, key: str | None) -> None:
    assert key_of(typed) == key
