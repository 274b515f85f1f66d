"""Any valid statement comes back equal; any spoilt one is refused by property, rule and section (Data 2; 2.0: 4.2)."""

from __future__ import annotations

import uuid
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lrs_platform.xapi.equality import same_statement
from lrs_platform_tests.conformance.conftest import STATEMENTS, Client, Json, agent, iri
from lrs_platform_tests.gateway.conftest import statement
from lrs_platform_tests.xapi.examples import edited, text
from lrs_platform_tests.xapi.test_generated_statements import SPOILT, statements

LONG = "ä€😀x" * 50_000  # 200,000 characters, 500,000 bytes

# Over HTTP and through the loader: few examples, each of many statements, and no shrinking by sending again.
sparing = settings(deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate], max_examples=2)


@sparing
@given(st.lists(statements, min_size=40, max_size=40))
def test_any_valid_statement_comes_back_equal(client: Client, generated: list[Json]) -> None:
    sent = [{**one, "id": str(uuid.uuid4())} for one in generated]
    client.send(*sent)
    client.get(limit=1)  # once all is loaded
    for one in sent:
        read = client.http.get(STATEMENTS, params={"statementId": one["id"]})
        assert same_statement(text(one), read.content), (one, read.json())
        found = read.json()
        unchanged = ("actor", "verb", "result")
        assert {name: found.get(name) for name in unchanged} == {name: one.get(name) for name in unchanged}


@settings(sparing, max_examples=30)
@given(st.sampled_from(SPOILT), st.booleans())
def test_a_spoilt_statement_is_refused_by_property_rule_and_section(
    client: Client, spoilt: tuple[str, Any, str, str], alone: bool
) -> None:
    path, value, expected, rule = spoilt
    good = statement()
    bad = edited(good, path, value)
    if alone:
        answer = client.http.put(STATEMENTS, params={"statementId": good["id"]}, json=bad)
    else:
        answer = client.http.post(STATEMENTS, json=[statement(), bad])
    told = answer.json()
    assert (answer.status_code, told["property"], told.get("index")) == (400, expected, None if alone else 1)
    assert rule in told["rule"]
    assert told["section"].startswith("Data " if client.version == "1.0.3" else "4.2.")
    assert client.http.get(STATEMENTS, params={"statementId": good["id"]}).status_code == 404


def test_texts_of_200_000_characters_come_back_whole(client: Client) -> None:
    activity, extension = iri() + "/" + "x" * 200_000, iri()
    sent = statement(
        actor={"account": {"homePage": iri(), "name": LONG}, "name": LONG},
        verb={"id": iri(), "display": {"en": LONG}},
        object={"id": activity, "definition": {"name": {"en": LONG}, "description": {"en": LONG}}},
        result={"response": LONG, "extensions": {extension: {LONG: [LONG]}}},
        context={"instructor": {**agent(), "name": LONG}},
    )
    client.send(sent)
    found = client.get(statementId=sent["id"]).json()
    assert {name: found[name] for name in sent} == sent
    if client.version == "1.0.3":  # a form holds what an address cannot
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = client.http.post(f"{STATEMENTS}?method=GET", data={"activity": activity}, headers=form)
        assert [one["id"] for one in answer.json()["statements"]] == [sent["id"]]


def test_what_postgres_cannot_hold_and_what_is_ambiguous_is_refused_by_name(client: Client) -> None:
    json_type = {"Content-Type": "application/json"}
    whole = text(statement(actor={**agent(), "name": "NAME"}))
    for body, named, rule in (
        (whole.replace(b"NAME", b"a\\u0000b"), "actor.name", "NUL"),
        (whole.replace(b'"name"', b'"name": "x", "name"'), "actor.name", "twice"),
    ):
        answer = client.http.post(STATEMENTS, content=body, headers=json_type)
        assert (answer.status_code, answer.json().get("property")) == (400, named), answer.text
        assert rule in answer.json()["rule"]
