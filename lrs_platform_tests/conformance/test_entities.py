"""/activities, /agents, formats, languages, alternate request syntax, HEAD, scopes, partial success."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from lrs_platform.gateway.credential_store import remove_credential, store_credential
from lrs_platform_tests.conformance.conftest import STATEMENTS, Client, agent, iri
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.gateway.conftest import statement

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def wait(client: Client, statement_id: str) -> None:
    """Until a statement is loaded."""
    client.get(statementId=statement_id)


def test_an_activity_is_what_all_statements_say_of_it(client: Client) -> None:
    activity = iri()
    first = {"name": {"en": "Fire", "de": "Feuer"}, "type": iri(), "extensions": {"urn:a": 1.50}}
    then = {"name": {"en": "Fire safety"}, "extensions": {"urn:b": [1]}}
    client.send(statement(object={"id": activity, "definition": first}))
    (last,) = client.send(statement(context={"contextActivities": {"parent": [{"id": activity, "definition": then}]}}))
    wait(client, last)
    answer = client.http.get("/xAPI/activities", params={"activityId": activity})
    assert answer.status_code == 200
    assert answer.json() == {
        "objectType": "Activity",
        "id": activity,
        "definition": {
            "name": {"en": "Fire safety", "de": "Feuer"},
            "type": first["type"],
            "extensions": {"urn:a": 1.5, "urn:b": [1]},
        },
    }


def test_an_activity_that_nobody_defined_is_returned_all_the_same(client: Client) -> None:
    activity = iri()
    answer = client.http.get("/xAPI/activities", params={"activityId": activity})
    assert answer.json() == {"objectType": "Activity", "id": activity}


def test_a_person_has_the_names_that_statements_give(client: Client) -> None:
    who = agent()
    client.send(statement(actor={**who, "name": "Anna"}))
    (last,) = client.send(statement(actor={**who, "name": "Anna B."}))
    wait(client, last)
    person = client.http.get("/xAPI/agents", params={"agent": json.dumps(who)}).json()
    assert person == {"objectType": "Person", "name": ["Anna B.", "Anna"], "mbox": [who["mbox"]]}
    account = {"homePage": iri(), "name": "x"}
    unknown = client.http.get("/xAPI/agents", params={"agent": json.dumps({"account": account})}).json()
    assert unknown == {"objectType": "Person", "account": [account]}


def test_ids_leaves_what_identifies(client: Client) -> None:
    member = {**agent(), "name": "Anna"}
    (sent,) = client.send(
        statement(
            actor={"objectType": "Group", "name": "All", "member": [member]},
            verb={"id": iri(), "display": {"en": "did"}},
            object={"objectType": "Activity", "id": iri(), "definition": {"name": {"en": "x"}}},
            result={"score": {"raw": 7.50}},
        )
    )
    found = client.get(statementId=sent, format="ids").json()
    assert found["actor"] == {"objectType": "Group", "member": [{"mbox": member["mbox"]}]}
    assert found["verb"].keys() == found["object"].keys() == {"id"}
    assert found["result"] == {"score": {"raw": 7.5}}


@pytest.mark.parametrize(
    ("accepted", "name", "verb"),
    [
        ("de", {"de": "Feuer"}, {"de-CH": "gemacht"}),
        ("de-CH;q=0.4, en-GB, *;q=0.1", {"en": "Fire"}, {"en": "did"}),
        ("fr", {"en": "Fire"}, {"en": "did"}),
        ("", {"en": "Fire"}, {"en": "did"}),
    ],
)
def test_canonical_has_the_lrs_definition_in_one_language(client: Client, accepted: str, name: Any, verb: Any) -> None:
    activity = iri()
    definition = {"name": {"en": "Fire", "de": "Feuer"}, "description": {"und": "?"}}
    client.send(statement(object={"id": activity, "definition": definition}))
    display = {"en": "did", "de-CH": "gemacht"}
    (sent,) = client.send(statement(object={"id": activity}, verb={"id": iri(), "display": display}))
    wait(client, sent)
    answer = client.http.get(
        STATEMENTS, params={"statementId": sent, "format": "canonical"}, headers={"Accept-Language": accepted}
    )
    assert answer.json()["object"]["definition"] == {"name": name, "description": {"und": "?"}}
    assert answer.json()["verb"]["display"] == verb


def test_a_form_stands_for_another_request_in_1_0_3_only(client: Client) -> None:
    sent = statement()
    body = urlencode({"statementId": sent["id"], "content": json.dumps(sent), "Content-Type": "application/json"})
    answer = client.http.post(f"{STATEMENTS}?method=PUT", content=body, headers=FORM)
    if client.version == "2.0.0":
        assert (answer.status_code, answer.json()["property"]) == (400, "method")
        return
    assert answer.status_code == 204
    wanted = urlencode({"statementId": sent["id"]})
    found = client.http.post(f"{STATEMENTS}?method=GET", content=wanted, headers=FORM)
    assert found.json()["id"] == sent["id"]
    assert "X-Experience-API-Consistent-Through" in found.headers


def test_a_form_carries_headers_and_documents(client: Client, platform: Platform) -> None:
    if client.version == "2.0.0":
        pytest.skip("2.0 has no alternate request syntax")
    import base64

    place = {"activityId": iri(), "agent": json.dumps(agent()), "stateId": "s"}
    basic = base64.b64encode(":".join(platform.auth).encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "X-Experience-API-Version": "1.0.3", "If-None-Match": "*"}
    form = {**place, **headers, "Content-Type": "text/plain", "content": "grüezi & +"}
    with httpx.Client(base_url=platform.urls["gateway"], timeout=30) as nobody:
        url = "/xAPI/activities/state?method=PUT"
        assert nobody.post(url, content=urlencode(form), headers=FORM).status_code == 204
        assert nobody.post(url, content=urlencode(form), headers=FORM).status_code == 412
    kept = client.http.get("/xAPI/activities/state", params=place)
    assert (kept.text, kept.headers["Content-Type"]) == ("grüezi & +", "text/plain")


def test_a_form_with_anything_else_is_refused(client: Client) -> None:
    sent = urlencode({"statementId": str(uuid.uuid4()), "content": json.dumps(statement())})
    for query, body, headers in (
        ("?method=PUT&statementId=x", sent, FORM),
        ("?method=PUT", urlencode({"statementId": str(uuid.uuid4())}), FORM),
        ("?method=PUT", sent, {"Content-Type": "application/json"}),
        ("?method=PUT", sent + "&X-Experience-API-Version=0.9", FORM),
    ):
        assert client.http.post(STATEMENTS + query, content=body, headers=headers).status_code == 400


def test_head_answers_like_get_everywhere(client: Client) -> None:
    who = json.dumps(agent())
    for path, parameters in (
        ("/xAPI/statements", {"limit": "1"}),
        ("/xAPI/activities", {"activityId": iri()}),
        ("/xAPI/agents", {"agent": who}),
        ("/xAPI/agents/profile", {"agent": who}),
        ("/xAPI/about", {}),
    ):
        got, head = (client.http.request(method, path, params=parameters) for method in ("GET", "HEAD"))
        assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
        assert head.headers["Content-Type"] == got.headers["Content-Type"]


def test_slashes_at_the_end_and_the_bare_path_work(client: Client) -> None:
    sent = statement()
    assert client.http.put(f"{STATEMENTS}/", params={"statementId": sent["id"]}, json=sent).status_code == 204
    assert client.http.post("/statements", json=[sent]).json() == [sent["id"]]
    assert client.http.get("/statements/", params={"limit": "1"}).status_code == 200


def test_partial_success_stores_the_good_and_tells_the_bad(client: Client) -> None:
    (there,) = client.send(statement())
    good, other = statement(), statement(id=None)
    bad = statement(verb={"id": "no iri"})
    conflicting = statement(id=there, verb={"id": iri()})
    lacking = statement(
        attachments=[{"usageType": iri(), "display": {}, "contentType": "text/plain", "length": 1, "sha2": "0" * 64}]
    )
    answer = client.http.post(
        STATEMENTS, params={"partialSuccess": "true"}, json=[bad, good, conflicting, other, lacking, good]
    )
    assert answer.status_code == 200
    ids, refused = answer.json()["ids"], answer.json()["refused"]
    assert [one is None for one in ids] == [True, False, True, False, True, True]
    assert ids[1] == good["id"]
    assert [(one["index"], one["property"]) for one in refused] == [
        (0, "verb.id"),
        (2, "id"),
        (4, "attachments[0]"),
        (5, "id"),
    ]
    wait(client, ids[3])
    assert client.http.post(STATEMENTS, params={"partialSuccess": "true"}, json=[bad]).status_code == 400
    assert client.http.post(STATEMENTS, json=[bad, statement()]).status_code == 400


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("statements/write", {"write"}),
        ("statements/read", {"read"}),
        ("statements/read/mine", {"read"}),
        ("state", {"state"}),
        ("profile", {"profile"}),
        ("all/read", {"read"}),
        ("all", {"read", "write", "state", "profile"}),
    ],
)
def test_a_scope_allows_what_it_says(platform: Platform, scope: str, allowed: set[str]) -> None:
    username = uuid.uuid4().hex
    asyncio.run(store_credential(platform.redis_url, username=username, password="pw", scopes=[scope], name="test"))
    place = {"activityId": iri(), "agent": json.dumps(agent()), "stateId": "s"}
    profile = {"activityId": iri(), "profileId": "p"}
    headers = {"X-Experience-API-Version": "2.0.0"}
    try:
        with httpx.Client(
            base_url=platform.urls["gateway"], auth=(username, "pw"), headers=headers, timeout=30
        ) as http:
            statuses = {
                "write": http.post(STATEMENTS, json=statement()).status_code,
                "read": http.get(STATEMENTS, params={"limit": 1}).status_code,
                "state": http.put("/xAPI/activities/state", params=place, content=b"x").status_code,
                "profile": http.put("/xAPI/activities/profile", params=profile, content=b"x").status_code,
            }
    finally:
        asyncio.run(remove_credential(platform.redis_url, username))
    assert {name for name, status in statuses.items() if status < 300} == allowed
    assert {status for name, status in statuses.items() if name not in allowed} <= {403}


def test_who_may_read_its_own_sees_nothing_else(client: Client, platform: Platform) -> None:
    username, verb = uuid.uuid4().hex, iri()
    scopes = ["statements/write", "statements/read/mine"]
    asyncio.run(store_credential(platform.redis_url, username=username, password="pw", scopes=scopes, name="test"))
    try:
        (theirs,) = client.send(statement(verb={"id": verb}))
        headers = {"X-Experience-API-Version": client.version}
        with httpx.Client(
            base_url=platform.urls["gateway"], auth=(username, "pw"), headers=headers, timeout=30
        ) as http:
            mine = Client(http, client.version)
            (own,) = mine.send(statement(verb={"id": verb}))
            assert mine.find(verb=verb) == [own]
            assert mine.find() == [own]
            assert mine.read(STATEMENTS, params={"statementId": theirs}).status_code == 404
            assert mine.read(STATEMENTS, params={"statementId": own}).status_code == 200
    finally:
        asyncio.run(remove_credential(platform.redis_url, username))
