"""GET /statements: what each filter finds (1.0.3: Communication 2.1.3; 2.0: 4.1.6.1)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from lrs_platform_tests.conformance.conftest import STATEMENTS, Client, Json, agent, iri
from lrs_platform_tests.gateway.conftest import statement

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def voiding(target: str, **changes: Any) -> Json:
    """A statement that voids another."""
    return statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": target}, **changes)


def substatement(**changes: Any) -> Json:
    """The object of a statement about another event."""
    inner = {
        "objectType": "SubStatement",
        "actor": agent(),
        "verb": {"id": iri()},
        "object": {"id": iri()},
    }
    return {**inner, **changes}


def test_agent_finds_statements_by_actor_object_and_members(client: Client) -> None:
    who = agent()
    group = {"objectType": "Group", "member": [agent(), who]}
    ids = client.send(
        statement(actor=who),
        statement(object={"objectType": "Agent", **who}),
        statement(actor=group),
        statement(actor={"objectType": "Group", "account": {"homePage": iri(), "name": "x"}, "member": [who]}),
        statement(context={"instructor": who}),
        statement(),
    )
    assert client.find(agent=who) == ids[3::-1]


def test_related_agents_looks_at_context_and_substatements_too(client: Client) -> None:
    who = agent()
    ids = client.send(
        statement(actor=who),
        statement(context={"instructor": who}),
        statement(context={"team": {"objectType": "Group", "member": [who]}}),
        statement(object=substatement(actor=who)),
        statement(object=substatement(object={"objectType": "Agent", **who})),
        statement(object=substatement(context={"instructor": who})),
        statement(),
    )
    assert client.find(agent=who, related_agents="true") == ids[5::-1]
    assert client.find(agent=who) == ids[:1]


def test_related_agents_looks_at_the_authority(client: Client) -> None:
    (sent,) = client.send(statement())
    authority = client.get(statementId=sent).json()["authority"]
    newest = client.get(agent=authority, related_agents="true", limit=1).json()["statements"]
    assert [one["id"] for one in newest] == [sent]


def test_related_agents_looks_at_context_agents_and_groups_of_2_0(client: Client) -> None:
    if client.version != "2.0.0":
        pytest.skip("1.0.3 has neither")
    who = agent()
    team = {"objectType": "Group", "member": [who]}
    ids = client.send(
        statement(context={"contextAgents": [{"objectType": "contextAgent", "agent": who}]}),
        statement(context={"contextGroups": [{"objectType": "contextGroup", "group": team}]}),
    )
    assert client.find(agent=who, related_agents="true") == ids[::-1]


def test_agents_are_the_same_by_their_identifier_alone(client: Client) -> None:
    account = {"homePage": iri(), "name": "Anna"}
    ids = client.send(statement(actor={"account": account, "name": "Anna"}), statement(actor={"account": account}))
    assert client.find(agent={"account": account, "name": "Ann"}) == ids[::-1]
    assert client.find(agent={"account": {**account, "name": "anna"}}) == []


def test_verb_activity_and_registration_find_what_has_them(client: Client) -> None:
    verb, activity, registration = iri(), iri(), str(uuid.uuid4())
    ids = client.send(
        statement(verb={"id": verb}),
        statement(object={"id": activity}),
        statement(context={"registration": registration.upper()}),
        statement(context={"contextActivities": {"parent": [{"id": activity}]}}),
        statement(object=substatement(object={"id": activity})),
        statement(object=substatement(context={"contextActivities": {"other": [{"id": activity}]}})),
    )
    assert client.find(verb=verb) == ids[:1]
    assert client.find(activity=activity) == ids[1:2]
    assert client.find(activity=activity, related_activities="true") == [*ids[:2:-1], ids[1]]
    assert client.find(registration=registration) == ids[2:3]


def test_all_filters_must_hold(client: Client) -> None:
    who, verb, activity, registration = agent(), iri(), iri(), str(uuid.uuid4())
    whole = {
        "actor": who,
        "verb": {"id": verb},
        "object": {"id": activity},
        "context": {"registration": registration},
    }
    ids = client.send(
        statement(**whole),
        *(statement(**{name: value for name, value in whole.items() if name != missing}) for missing in whole),
    )
    assert client.find(agent=who, verb=verb, activity=activity, registration=registration) == ids[:1]
    assert client.find(agent=who, verb=verb) == [ids[4], ids[3], ids[0]]


@pytest.mark.parametrize("ascending", [True, False])
def test_pages_of_a_filter_hold_each_statement_once_while_others_arrive(client: Client, ascending: bool) -> None:
    verb = iri()
    ids: list[str] = []
    for _ in range(4):  # requests of their own, so that they are loaded in several batches
        ids += client.send(*(statement(verb={"id": verb}) for _ in range(3)), statement())
    expected = [one for number, one in enumerate(ids) if number % 4 != 3]
    answer = client.get(verb=verb, limit=5, ascending=str(ascending).lower()).json()
    found = [one["id"] for one in answer["statements"]]
    while answer["more"]:
        client.send(statement(verb={"id": verb}))
        answer = client.read(answer["more"]).json()
        found += [one["id"] for one in answer["statements"]]
    assert found == (expected if ascending else expected[::-1])


def test_since_and_until_cut_what_a_filter_finds(client: Client) -> None:
    verb = iri()
    ids = [client.send(statement(verb={"id": verb}))[0] for _ in range(3)]
    stored = [client.get(statementId=one).json()["stored"] for one in ids]
    assert client.find(verb=verb, since=stored[0]) == ids[:0:-1]
    assert client.find(verb=verb, until=stored[1], ascending="true") == ids[:2]
    assert client.find(verb=verb, since=stored[0], until=stored[1]) == ids[1:2]


def test_a_voided_statement_is_found_by_voided_statement_id_alone(client: Client) -> None:
    verb = iri()
    sent, other = client.send(statement(verb={"id": verb}), statement(verb={"id": verb}))
    (void,) = client.send(voiding(sent))
    assert client.read(STATEMENTS, params={"statementId": sent}).status_code == 404
    assert client.get(voidedStatementId=sent).json()["id"] == sent
    assert client.read(STATEMENTS, params={"voidedStatementId": other}).status_code == 404
    # The voiding statement refers to it, so what would have found it finds that one.
    assert client.find(verb=verb) == [void, other]
    assert sent not in [one["id"] for one in client.get(limit=20).json()["statements"]]


def test_a_statement_may_be_voided_before_it_arrives(client: Client) -> None:
    verb, late = iri(), statement(verb={"id": iri()})
    late["verb"] = {"id": verb}
    (void,) = client.send(voiding(late["id"]))
    assert client.find(agent=late["actor"], verb=verb) == []  # it is loaded before the other comes
    client.send(late)
    assert client.read(STATEMENTS, params={"statementId": late["id"]}).status_code == 404
    assert client.get(voidedStatementId=late["id"]).json()["id"] == late["id"]
    assert client.find(verb=verb) == [void]


def test_a_voiding_statement_cannot_be_voided(client: Client) -> None:
    (sent,) = client.send(statement())
    (void,) = client.send(voiding(sent))
    client.send(voiding(void))
    assert client.get(statementId=void).json()["id"] == void
    assert client.read(STATEMENTS, params={"statementId": sent}).status_code == 404


@pytest.mark.parametrize("target_first", [True, False])
def test_a_statement_is_found_by_what_finds_the_one_it_refers_to(client: Client, target_first: bool) -> None:
    verb, activity, registration = iri(), iri(), str(uuid.uuid4())
    target = statement(verb={"id": verb}, object={"id": activity}, context={"registration": registration})
    referring = statement(object={"objectType": "StatementRef", "id": target["id"]})
    over_two = statement(object={"objectType": "StatementRef", "id": referring["id"]})
    order = [target, referring, over_two] if target_first else [over_two, referring, target]
    for one in order:
        client.send(one)
        client.get(statementId=one["id"])  # waits for the loader: each is loaded by itself
    expected = [one["id"] for one in reversed(order)]
    assert client.find(verb=verb) == expected
    assert client.find(activity=activity, registration=registration) == expected
    assert client.find(verb=verb, agent=target["actor"], activity=activity) == expected


def test_references_in_one_batch_and_in_a_ring_are_followed(client: Client) -> None:
    verb = iri()
    one, other = statement(), statement(verb={"id": verb})
    one["object"] = {"objectType": "StatementRef", "id": other["id"]}
    other["object"] = {"objectType": "StatementRef", "id": one["id"]}
    client.send(one, other)
    assert client.find(verb=verb) == [other["id"], one["id"]]


def test_time_bounds_apply_to_the_referring_statement(client: Client) -> None:
    verb = iri()
    target = statement(verb={"id": verb})
    client.send(target)
    stored = client.get(statementId=target["id"]).json()["stored"]
    (referring,) = client.send(statement(object={"objectType": "StatementRef", "id": target["id"]}))
    assert client.find(verb=verb, since=stored) == [referring]
    assert client.find(verb=verb, until=stored) == [target["id"]]


def test_a_parameter_of_another_case_is_refused(client: Client) -> None:
    for name, value in (("Verb", iri()), ("Related_Agents", "true"), ("voidedstatementid", str(uuid.uuid4()))):
        answer = client.http.get(STATEMENTS, params={name: value})
        assert (answer.status_code, answer.json()["property"]) == (400, name)
        assert answer.headers["X-Experience-API-Consistent-Through"]
