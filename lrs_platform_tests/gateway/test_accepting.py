"""What a 2xx to PUT and POST means, and when there is none."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lrs_platform_tests.gateway.conftest import (
    Gateway,
    _store_credentials,
    free_port,
    running_gateway,
    running_redis,
    statement,
)


def test_an_accepted_statement_is_in_the_log_exactly_as_sent(gateway: Gateway) -> None:
    sent = statement(result={"extensions": {"https://example.com/é": [1.50, "✓", None]}})
    body = json.dumps(sent, ensure_ascii=False, indent=1, sort_keys=True).encode()
    answer = gateway.client.post("/xAPI/statements", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert answer.json() == [sent["id"]]
    entry = gateway.entry(sent["id"])
    assert entry is not None
    assert entry[b"s"] == body.replace(b"\n", b" ")
    assert entry[b"v"] == b"1.0.3"
    assert json.loads(entry[b"a"])["account"]["name"] == "writer"


def test_statements_without_an_id_get_a_uuid_that_every_client_knows(gateway: Gateway) -> None:
    answer = gateway.client.post("/xAPI/statements", json=[statement(id=None), statement(id=None)])
    ids = [uuid.UUID(text) for text in answer.json()]
    assert [made.version for made in ids] == [4, 4]  # RFC 4122 ends at 5
    assert ids[0] < ids[1]


def test_ids_come_back_in_the_order_sent_in_lower_case(gateway: Gateway) -> None:
    sent = [statement(id=str(uuid.uuid4()).upper()), statement(), statement()]
    answer = gateway.client.post("/xAPI/statements/", json=sent)
    assert answer.json() == [one["id"].lower() for one in sent]


def test_a_put_is_answered_204_without_a_body(gateway: Gateway) -> None:
    sent = statement()
    answer = gateway.put(sent)
    assert (answer.status_code, answer.content) == (204, b"")
    assert gateway.entry(sent["id"])


def test_a_put_without_an_id_in_the_statement_takes_the_parameter(gateway: Gateway) -> None:
    statement_id = str(uuid.uuid4())
    answer = gateway.client.put("/xAPI/statements", params={"statementId": statement_id}, json=statement(id=None))
    assert answer.status_code == 204
    assert gateway.entry(statement_id)


def test_a_put_whose_ids_differ_is_refused(gateway: Gateway) -> None:
    answer = gateway.client.put("/xAPI/statements", params={"statementId": str(uuid.uuid4())}, json=statement())
    assert answer.status_code == 400
    assert answer.json()["property"] == "id"


def test_a_put_of_an_array_is_refused(gateway: Gateway) -> None:
    answer = gateway.client.put("/xAPI/statements", params={"statementId": str(uuid.uuid4())}, json=[statement()])
    assert answer.status_code == 400
    assert "POST" in answer.json()["error"]


def test_one_wrong_statement_refuses_the_whole_batch_and_says_which(gateway: Gateway) -> None:
    before = gateway.entries()
    batch = [statement(), statement(verb={"id": "no scheme"}), statement()]
    answer = gateway.client.post("/xAPI/statements", json=batch)
    assert answer.status_code == 400
    told = answer.json()
    assert told["index"] == 1
    assert told["property"].endswith("verb.id")
    assert told["rule"]
    assert gateway.entries() == before


def test_the_same_statement_again_succeeds_and_is_stored_once(gateway: Gateway) -> None:
    sent = statement()
    reordered = dict(reversed(sent.items()))
    before = gateway.entries()
    assert [gateway.put(sent).status_code, gateway.put(reordered).status_code] == [204, 204]
    assert gateway.client.post("/xAPI/statements", json=[sent]).json() == [sent["id"]]
    assert gateway.entries() == before + 1


def test_another_statement_under_a_known_id_is_a_conflict_and_changes_nothing(gateway: Gateway) -> None:
    sent = statement()
    gateway.put(sent)
    before = gateway.entries()
    other = statement(id=sent["id"], object={"id": "https://example.com/lessons/first-aid"})
    assert gateway.put(other).status_code == 409
    answer = gateway.client.post("/xAPI/statements", json=[statement(), other])
    assert answer.status_code == 409
    assert (answer.json()["statement_id"], answer.json()["index"]) == (sent["id"], 1)
    assert gateway.entries() == before


def test_one_repeated_statement_does_not_hold_up_its_batch(gateway: Gateway) -> None:
    known, new = statement(), statement()
    gateway.put(known)
    before = gateway.entries()
    answer = gateway.client.post("/xAPI/statements", json=[known, new])
    assert answer.json() == [known["id"], new["id"]]
    assert gateway.entries() == before + 1


def test_an_empty_array_is_accepted(gateway: Gateway) -> None:
    answer = gateway.client.post("/xAPI/statements", json=[])
    assert (answer.status_code, answer.json()) == (200, [])


def test_a_statement_sent_many_times_at_once_is_stored_once(gateway: Gateway) -> None:
    sent = statement()
    before = gateway.entries()
    with ThreadPoolExecutor(8) as senders:
        statuses = list(senders.map(lambda _: gateway.put(sent).status_code, range(24)))
    assert set(statuses) == {204}
    assert gateway.entries() == before + 1


def test_a_large_batch_is_accepted_whole(gateway: Gateway) -> None:
    sent = [statement() for _ in range(1000)]
    answer = gateway.client.post("/xAPI/statements", json=sent)
    assert answer.json() == [one["id"] for one in sent]


def test_a_full_log_is_answered_503_with_retry_after_and_heals(gateway: Gateway) -> None:
    gateway.redis.config_set("maxmemory", "1mb")
    try:
        answer = gateway.put(statement())
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "full" in answer.json()["error"]
    finally:
        gateway.redis.config_set("maxmemory", "0")
    assert gateway.put(statement()).status_code == 204


def test_a_log_that_is_away_is_answered_503_and_accepts_again_when_it_is_back(tmp_path: Path) -> None:
    import asyncio

    port = free_port()
    with running_redis(tmp_path, port) as url:
        asyncio.run(_store_credentials(url))
        with running_gateway(tmp_path, url) as gateway:
            kept, lost = statement(), statement()
            assert gateway.put(kept).status_code == 204
            gateway.redis.shutdown()
            answer = gateway.put(lost)
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            with running_redis(tmp_path, port):
                assert gateway.put(lost).status_code == 204
                assert gateway.entry(kept["id"]), "an acknowledged statement survives the restart"
                assert gateway.entries() == 2
