"""What GET /xAPI/statements returns, on the whole platform: log, loader, warehouse."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any

import httpx
import pytest

from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.gateway.conftest import statement

STATEMENTS = "/xAPI/statements"


def get(platform: Platform, **parameters: Any) -> Any:
    """The JSON of a GET that must succeed, once it covers what was sent before: a busy loader may need longer than the
    read barrier waits.
    """
    asked = datetime.now(UTC)
    answers: list[httpx.Response] = []

    def covered() -> bool:
        answers.append(platform.client.get(STATEMENTS, params=parameters))
        return moment(answers[-1].headers["X-Experience-API-Consistent-Through"]) >= asked

    wait_for(covered, 120, "the loader comes as far as this request")
    assert answers[-1].status_code == 200, answers[-1].text
    return answers[-1].json()


def pages(platform: Platform, **parameters: Any) -> list[list[str]]:
    """Ids page by page, following `more` to its end."""
    found, answer = [], get(platform, **parameters)
    while True:
        found.append([one["id"] for one in answer["statements"]])
        if not answer["more"]:
            return found
        answer = platform.client.get(answer["more"]).json()


def moment(text: str) -> datetime:
    """An ISO 8601 time."""
    return datetime.fromisoformat(text)


def test_a_statement_can_be_read_as_soon_as_it_was_accepted(platform: Platform) -> None:
    for _ in range(5):
        sent = statement(
            result={"score": {"raw": 7.0, "min": 0, "max": 10}}, context={"extensions": {"urn:x": [1, None]}}
        )
        before = datetime.now(UTC)
        assert platform.client.put(STATEMENTS, params={"statementId": sent["id"]}, json=sent).status_code == 204
        answer = platform.client.get(STATEMENTS, params={"statementId": sent["id"]})
        assert answer.status_code == 200
        found = answer.json()
        assert {name: found[name] for name in sent} == sent
        assert set(found) - set(sent) == {"stored", "timestamp", "authority", "version"}
        assert found["authority"]["account"]["name"] == platform.username
        stored = moment(found["stored"])
        assert stored >= before - timedelta(milliseconds=2)  # `stored` is cut to ms
        assert parsedate_to_datetime(answer.headers["Last-Modified"]) == stored.replace(microsecond=0)


def test_a_statement_by_its_id_is_there_while_the_loader_is_away(platform: Platform) -> None:
    sent, gone = statement(), statement()
    void = statement(
        verb={"id": "http://adlnet.gov/expapi/verbs/voided"}, object={"objectType": "StatementRef", "id": gone["id"]}
    )
    with platform.suspended("daemon", "code-server"):
        assert platform.client.post(STATEMENTS, json=[sent, gone, void]).status_code == 200
        early = platform.client.get(STATEMENTS, params={"statementId": sent["id"]})
        voided = platform.client.get(STATEMENTS, params={"statementId": gone["id"]})
        assert (early.status_code, voided.status_code) == (200, 404)
        page = platform.client.get(STATEMENTS, params={"limit": 1})  # what there is, and the header tells how old it is
        assert page.status_code == 200
        assert page.json()["statements"][0]["id"] not in (sent["id"], gone["id"], void["id"])
        for answer in (early, page):
            assert moment(answer.headers["X-Experience-API-Consistent-Through"]) < moment(early.json()["stored"])
    assert get(platform, statementId=sent["id"]) == early.json()
    assert get(platform, voidedStatementId=gone["id"])["id"] == gone["id"]


def test_an_unknown_id_is_answered_404(platform: Platform) -> None:
    answer = platform.client.get(STATEMENTS, params={"statementId": str(uuid.uuid4())})
    assert answer.status_code == 404
    assert answer.headers["X-Experience-API-Consistent-Through"]


@pytest.mark.parametrize("ascending", [True, False])
def test_pages_hold_every_statement_once_in_order_while_others_arrive(platform: Platform, ascending: bool) -> None:
    since = get(platform, limit=1)["statements"]
    start = since[0]["stored"] if since else "2000-01-01T00:00:00Z"
    sent = [statement() for _ in range(7)]
    platform.client.post(STATEMENTS, json=sent)
    order = "true" if ascending else "false"
    answer = get(platform, since=start, limit=3, ascending=order)
    found = [one["id"] for one in answer["statements"]]
    while answer["more"]:
        platform.client.post(STATEMENTS, json=[statement(), statement()])
        answer = platform.client.get(answer["more"]).json()
        found += [one["id"] for one in answer["statements"]]
    expected = [one["id"] for one in sent]
    assert found == (expected if ascending else expected[::-1])


def test_since_and_until_cut_by_stored(platform: Platform) -> None:
    ids = []
    for _ in range(3):  # one request after the other, so that each has a `stored` of its own
        sent = statement()
        platform.client.post(STATEMENTS, json=sent)
        ids.append(sent["id"])
        get(platform, statementId=sent["id"])
    stored = [get(platform, statementId=one)["stored"] for one in ids]
    assert stored[0] < stored[1] < stored[2]
    after_first = pages(platform, since=stored[0], until=stored[2], ascending="true")
    assert list(chain.from_iterable(after_first)) == ids[1:]
    up_to_second = pages(platform, since=stored[0], until=stored[1], ascending="true")
    assert list(chain.from_iterable(up_to_second)) == ids[1:2]


def test_the_limit_bounds_a_page_and_zero_means_the_most_there_may_be(platform: Platform) -> None:
    platform.client.post(STATEMENTS, json=[statement() for _ in range(3)])
    assert len(get(platform, limit=2)["statements"]) == 2
    assert len(get(platform, limit=0)["statements"]) >= 3


def test_head_answers_like_get_without_a_body(platform: Platform) -> None:
    sent = statement()
    platform.client.post(STATEMENTS, json=sent)
    wanted = {"statementId": sent["id"]}
    got, head = platform.client.get(STATEMENTS, params=wanted), platform.client.head(STATEMENTS, params=wanted)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Length", "Content-Type", "Last-Modified", "X-Experience-API-Version"):
        assert head.headers[name] == got.headers[name]


def test_a_2_0_reader_gets_timestamps_in_utc(platform: Platform) -> None:
    sent = statement(timestamp="2026-01-31T12:00:00+02:00")
    platform.client.post(STATEMENTS, json=sent)
    found = platform.client.get(
        STATEMENTS, params={"statementId": sent["id"]}, headers={"X-Experience-API-Version": "2.0.0"}
    )
    assert found.headers["X-Experience-API-Version"] == "2.0.0"
    assert moment(found.json()["timestamp"]) == moment(sent["timestamp"])
    assert moment(found.json()["timestamp"]).utcoffset() == timedelta(0)


def test_the_streaming_page_tells_of_the_last_statement_and_its_event(platform: Platform) -> None:
    sent = statement()
    platform.client.post(STATEMENTS, json=sent)
    get(platform, statementId=sent["id"])  # waits for the loader
    told = platform.client.get("/ui/test-etl-streaming", headers=platform.admin, auth=None).json()
    assert told["status"] in ("ok", "loading")
    last = told["last_statement"]
    assert moment(last["stored"]) >= datetime.now(UTC) - timedelta(minutes=5)
    assert last["event"]["verb_id"]
    assert told["log"]["entries"] > 0
    assert told["record"]["statements"] > 0
    assert len(told["throughput"]["history"]) == 60


def test_health_is_ok_and_tells_versions(platform: Platform) -> None:
    answer = platform.client.get("/health")
    assert answer.status_code == 200, answer.text
    components = answer.json()["components"]
    for name in ("redis", "postgres", "dagster daemon", "dagster code location"):
        assert components[name]["status"] == "up", components[name]
        assert components[name]["version"]
