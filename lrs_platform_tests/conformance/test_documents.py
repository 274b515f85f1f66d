"""State, Activity Profile, Agent Profile (1.0.3: Communication 2.2, 2.3, 2.6, 2.7, 3.1; 2.0: 4.1.4, 4.1.6.2, 5, 6)."""

from __future__ import annotations

import hashlib
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from lrs_platform_tests.conformance.conftest import Client, Json, agent, iri

STATE, ACTIVITY, AGENT = "/xAPI/activities/state", "/xAPI/activities/profile", "/xAPI/agents/profile"
PATHS = (STATE, ACTIVITY, AGENT)
WRITERS = 50


class Place:
    """A document that no other test knows."""

    def __init__(self, client: Client, path: str, **changes: Any) -> None:
        self.http, self.path = client.http, path
        self.context: Json = {}
        if path != AGENT:
            self.context["activityId"] = iri()
        if path != ACTIVITY:
            self.context["agent"] = json.dumps(agent())
        self.id = "stateId" if path == STATE else "profileId"
        self.parameters = {**self.context, self.id: uuid.uuid4().hex, **changes}

    def send(self, method: str, content: bytes | Json | None = None, **headers: str) -> httpx.Response:
        """A request about the document; a dict is sent as JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(content, dict):
            content, named = json.dumps(content).encode(), {"Content-Type": "application/json", **named}
        return self.http.request(method, self.path, params=self.parameters, content=content, headers=named)

    def make(self, content: bytes | Json, **headers: str) -> str:
        """Store it for the first time; its ETag."""
        answer = self.send("PUT", content, If_None_Match="*", **headers)
        assert answer.status_code == 204, answer.text
        return answer.headers["ETag"]


@pytest.fixture(params=PATHS)
def place(request: pytest.FixtureRequest, client: Client) -> Place:
    """A document of each resource."""
    return Place(client, request.param)


def test_a_document_comes_back_with_its_bytes_type_etag_and_time(place: Place) -> None:
    content = bytes(range(256)) * 300
    started = datetime.now(UTC)
    place.make(content, Content_Type="image/x-odd; colours=2")
    answer = place.send("GET")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["Content-Type"] == "image/x-odd; colours=2"
    assert answer.headers["ETag"] == f'"{hashlib.sha1(content, usedforsecurity=False).hexdigest()}"'
    modified = answer.headers["Last-Modified"]
    assert modified.endswith(" GMT")
    assert parsedate_to_datetime(modified) >= started.replace(microsecond=0)
    head = place.send("HEAD")
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])
    assert head.headers["Content-Length"] == str(len(content))


def test_what_one_user_stored_cannot_run_in_anothers_browser(place: Place) -> None:
    place.make(b"<script>alert(1)</script>", Content_Type="text/html")
    answer = place.send("GET")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_reader_that_has_the_document_is_told_so(place: Place) -> None:
    etag = place.make({"a": 1})
    answer = place.send("GET", If_None_Match=etag)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)


def test_a_missing_document_is_404_and_deleting_it_204(place: Place) -> None:
    assert place.send("GET").status_code == 404
    assert place.send("DELETE").status_code == 204
    place.make({"a": 1})
    assert place.send("DELETE").status_code == 204
    assert place.send("GET").status_code == 404


def test_post_merges_json_objects_one_level_deep(place: Place) -> None:
    assert place.send("POST", {"a": {"x": 1}, "b": 1.50}).status_code == 204
    assert place.send("POST", {"a": {"y": 2}, "c": None}).status_code == 204
    assert place.send("GET").json() == {"a": {"y": 2}, "b": 1.5, "c": None}
    assert b"1.5" in place.send("GET").content


@pytest.mark.parametrize(
    ("stored", "stored_type", "sent", "sent_type"),
    [
        (b'{"a":1}', "application/json", b"abc", "text/plain"),
        (b"abc", "text/plain", b'{"a":1}', "application/json"),
        (b'{"a":1}', "application/json", b'{"a":', "application/json"),
        (b'{"a":1}', "application/json", b"[1]", "application/json"),
        (b"[1]", "application/json", b'{"a":1}', "application/json"),
    ],
)
def test_what_cannot_be_merged_is_refused_and_changes_nothing(
    place: Place, stored: bytes, stored_type: str, sent: bytes, sent_type: str
) -> None:
    place.make(stored, Content_Type=stored_type)
    assert place.send("POST", sent, Content_Type=sent_type).status_code == 400
    assert place.send("GET").content == stored


def test_if_match_and_if_none_match_hold_or_nothing_is_written(place: Place) -> None:
    etag = place.make({"a": 1})
    assert place.send("PUT", {"a": 2}, If_None_Match="*").status_code == 412
    for method in ("PUT", "POST", "DELETE"):
        assert place.send(method, {"a": 2}, If_Match='"1234"').status_code == 412
    assert place.send("GET").json() == {"a": 1}
    assert place.send("PUT", {"a": 2}, If_Match=f'"1234", {etag}').status_code == 204
    assert place.send("PUT", {"a": 3}, If_Match=etag).status_code == 412
    assert place.send("PUT", {"a": 3}, If_Match="*").status_code == 204
    assert place.send("GET").json() == {"a": 3}


def test_put_without_either_header_replaces_a_state_of_1_0_3_only(client: Client) -> None:
    for path in PATHS:
        place = Place(client, path)
        place.make({"a": 1})
        expected = 204 if path == STATE and client.version == "1.0.3" else 409
        answer = place.send("PUT", {"a": 2})
        assert answer.status_code == expected
        assert place.send("GET").json() == {"a": 2 if expected == 204 else 1}
        if expected == 409:
            assert "If-Match" in answer.json()["error"]


def test_the_first_put_of_a_profile_needs_a_header_in_1_0_3_only(client: Client) -> None:
    for path in (ACTIVITY, AGENT):
        answer = Place(client, path).send("PUT", {"a": 1})
        assert answer.status_code == (400 if client.version == "1.0.3" else 204)
    assert Place(client, STATE).send("PUT", {"a": 1}).status_code == 204


def test_a_list_names_the_documents_of_a_context_also_since_a_time(client: Client) -> None:
    for path in PATHS:
        first = Place(client, path)
        other = Place(client, path)
        other.parameters.update(first.context)
        first.make({"a": 1})
        listed = client.http.get(path, params=first.context)
        assert (listed.status_code, listed.json()) == (200, [first.parameters[first.id]])
        written = client.http.get(path, params=first.parameters).headers["Last-Modified"]
        assert listed.headers["Last-Modified"] == written
        soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        assert client.http.get(path, params={**first.context, "since": soon}).json() == []
        other.make({"a": 1})
        both = client.http.get(path, params={**first.context, "since": "2020-01-01T00:00:00Z"}).json()
        assert sorted(both) == sorted([first.parameters[first.id], other.parameters[other.id]])


def test_registrations_keep_states_apart(client: Client) -> None:
    registration = str(uuid.uuid4())
    without = Place(client, STATE)
    within = Place(client, STATE, **without.parameters, registration=registration.upper())
    without.make({"a": 1})
    within.make({"a": 2})
    assert without.send("GET").json() == {"a": 1}
    assert within.send("GET").json() == {"a": 2}
    within.parameters["registration"] = registration
    assert within.send("GET").json() == {"a": 2}
    context = {**without.context, "registration": registration}
    assert client.http.delete(STATE, params=context).status_code == 204
    assert (within.send("GET").status_code, without.send("GET").status_code) == (404, 200)
    assert client.http.delete(STATE, params=without.context).status_code == 204
    assert without.send("GET").status_code == 404


def test_the_same_agent_by_another_name_has_the_same_documents(client: Client) -> None:
    place = Place(client, STATE)
    place.make({"a": 1})
    who = json.loads(place.parameters["agent"])
    place.parameters["agent"] = json.dumps({"objectType": "Agent", "name": "Anna", **who})
    assert place.send("GET").json() == {"a": 1}


@pytest.mark.parametrize(
    ("path", "parameters", "named"),
    [
        (STATE, {"agent": '{"mbox":"mailto:a@example.com"}', "stateId": "s"}, "activityId"),
        (STATE, {"activityId": "https://example.com/a", "stateId": "s"}, "agent"),
        (STATE, {"activityId": "not an iri", "agent": '{"mbox":"mailto:a@example.com"}', "stateId": "s"}, "activityId"),
        (STATE, {"activityId": "https://example.com/a", "agent": "anna", "stateId": "s"}, "agent"),
        (STATE, {"activityId": "https://example.com/a", "agent": '{"mbox":"mailto:a@example.com"}', "x": "1"}, "x"),
        (
            STATE,
            {"activityId": "https://example.com/a", "agent": '{"mbox":"mailto:a@example.com"}', "registration": "7"},
            "registration",
        ),
        (ACTIVITY, {"activityId": "https://example.com/a", "since": "yesterday"}, "since"),
        (ACTIVITY, {"activityId": "https://example.com/a", "profileId": "a\x00b"}, "profileId"),
        (AGENT, {"profileId": "p"}, "agent"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(client: Client, path: str, parameters: Json, named: str) -> None:
    answer = client.http.get(path, params=parameters)
    assert (answer.status_code, answer.json()["property"]) == (400, named)


def test_writing_needs_the_documents_id(client: Client) -> None:
    for path in PATHS:
        place = Place(client, path)
        for method in ("PUT", "POST"):
            assert client.http.request(method, path, params=place.context, json={}).status_code == 400
        deleted = client.http.delete(path, params=place.context).status_code
        assert deleted == (204 if path == STATE else 400)


def test_fifty_writers_of_one_document_lose_nothing(client: Client) -> None:
    place = Place(client, ACTIVITY)
    place.make({"rounds": 0, "won": []})
    with ThreadPoolExecutor(WRITERS) as pool:
        for number in range(3):
            known = place.send("GET")
            etag, content = known.headers["ETag"], known.json()

            def write(writer: int, etag: str = etag, content: Json = content, number: int = number) -> int:
                won = [*content["won"], writer]
                return place.send("PUT", {"rounds": number + 1, "won": won}, If_Match=etag).status_code

            statuses = list(pool.map(write, range(WRITERS)))
            assert sorted(statuses) == [204] + [412] * (WRITERS - 1)
            assert place.send("GET").json()["won"] == [*content["won"], statuses.index(204)]
        merged = list(
            pool.map(lambda writer: place.send("POST", {f"writer{writer}": writer}).status_code, range(WRITERS))
        )
    assert merged == [204] * WRITERS
    assert {f"writer{writer}" for writer in range(WRITERS)} <= place.send("GET").json().keys()


def test_one_of_fifty_makes_a_document_that_did_not_exist(client: Client) -> None:
    place = Place(client, AGENT)
    with ThreadPoolExecutor(WRITERS) as pool:
        write = pool.map(
            lambda writer: place.send("PUT", {"by": writer}, If_None_Match="*").status_code, range(WRITERS)
        )
        statuses = list(write)
    assert sorted(statuses) == [204] + [412] * (WRITERS - 1)
    assert place.send("GET").json() == {"by": statuses.index(204)}
