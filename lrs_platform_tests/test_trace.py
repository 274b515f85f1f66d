"""The trace of a statement, /api/debug/trace: whatever became of it is told as the tables have it."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from typing import Any

import psycopg
import redis

from lrs_platform.stream import Entry, StatementLog
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.samples import statement
from lrs_platform_tests.test_orchestrator import get

AUTHORITY = b'{"objectType":"Agent","account":{"homePage":"http://example.com","name":"test"}}'
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
SAMPLE = int(os.environ.get("LRS_TEST_TRACES", "150"))  # statements to follow; a thousand take a minute


def trace(platform: Platform, statement_id: str) -> dict[str, Any]:
    found: dict[str, Any] = get(platform, f"/api/debug/trace/{statement_id}").json()
    return found


def steps(platform: Platform, statement_id: str) -> list[str]:
    return [step["step"] for step in trace(platform, statement_id)["steps"]]


def append(platform: Platform, *sent: dict[str, Any], forget: bool = False) -> None:
    """Put statements into the log past the gateway's checks; `forget`: as if the log had long let go of their ids."""

    async def run() -> None:
        log = StatementLog(platform.redis_url, "xapi:statements", "warehouse")
        if forget:
            with redis.Redis.from_url(platform.redis_url) as client:
                for key in client.scan_iter("xapi:statements:ids:*"):
                    client.hdel(key, *[str(each["id"]) for each in sent])
        entries = [Entry(str(each["id"]), json.dumps(each).encode()) for each in sent]
        assert not (await log.append(entries, version="1.0.3", authority=AUTHORITY)).taken
        await log.close()

    asyncio.run(run())


def test_a_statement_is_followed_from_the_request_into_the_tables(platform: Platform) -> None:
    sent = statement()
    assert platform.client.post("/xAPI/statements", json=sent).status_code == 200
    wait_for(lambda: "told" in steps(platform, sent["id"]), 60, "told to Dagster")
    found = trace(platform, sent["id"])
    assert found["state"] in ("loaded", "in marts")
    by_name = {step["step"]: step for step in found["steps"]}
    assert list(by_name)[:5] == ["accepted", "logged", "mapped", "loaded", "told"]
    assert by_name["mapped"]["script"].startswith("mappings@")
    assert by_name["accepted"]["at"] <= by_name["told"]["at"]
    page = get(platform, f"/ui/debug/trace/{sent['id']}", headers={"accept": "text/html"})
    assert sent["id"] in page.text


def test_a_statement_that_waits_says_so(platform: Platform) -> None:
    sent = statement()
    with platform.suspended("python"):
        assert platform.client.post("/xAPI/statements", json=sent).status_code == 200
        found = trace(platform, sent["id"])
        assert (found["state"], [step["step"] for step in found["steps"]]) == ("waiting", ["accepted", "logged"])
        assert found["why"]
    wait_for(lambda: trace(platform, sent["id"])["state"] != "waiting", 60, "loaded")


def test_a_rejected_statement_says_why(platform: Platform) -> None:
    bad = statement(actor={"account": {"homePage": "https://x.example"}})  # no name: the grammar would refuse it
    append(platform, bad)
    wait_for(lambda: trace(platform, bad["id"])["state"] == "rejected", 60, "rejected")
    found = trace(platform, bad["id"])
    assert "KeyError" in found["why"]
    assert next(step["script"] for step in found["steps"] if step["step"] == "rejected").startswith("mappings@")


def test_a_voided_statement_names_what_voided_it(platform: Platform) -> None:
    sent = statement()
    voiding = statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": sent["id"]}, result={})
    del voiding["result"]
    for each in (sent, voiding):
        assert platform.client.post("/xAPI/statements", json=each).status_code == 200
    wait_for(lambda: trace(platform, sent["id"])["state"] == "voided", 60, "voided")
    assert voiding["id"] in trace(platform, sent["id"])["why"]
    assert sent["id"] in trace(platform, voiding["id"])["why"]


def test_a_conflict_is_told_beside_the_statement_that_stands(platform: Platform) -> None:
    sent = statement()
    append(platform, sent)
    wait_for(lambda: "loaded" in steps(platform, sent["id"]), 60, "the first")
    append(platform, {**sent, "result": {"success": False}}, forget=True)
    wait_for(lambda: len(trace(platform, sent["id"])["conflicts"]) == 1, 60, "the conflict")
    assert trace(platform, sent["id"])["state"] in ("loaded", "in marts")


def test_a_statement_that_nobody_has_seen_is_not_found(platform: Platform) -> None:
    answer = get(platform, f"/api/debug/trace/{uuid.uuid4()}")
    assert (answer.status_code, answer.json()["state"]) == (404, "never seen")
    assert get(platform, "/api/debug/trace/no-uuid").status_code == 400


def test_a_trace_without_the_warehouse_is_unknown(platform: Platform) -> None:
    sent = statement()
    assert platform.client.post("/xAPI/statements", json=sent).status_code == 200
    wait_for(lambda: "loaded" in steps(platform, sent["id"]), 60, "loaded")
    with platform.suspended("warehouse"):
        found = trace(platform, sent["id"])
        assert found["state"] == "unknown"
        assert "unknown" in found["parts"]["warehouse"]
        assert "accepted" in [step["step"] for step in found["steps"]]
    platform.wait_until_well()


def test_any_statement_is_traced_as_the_tables_have_it(platform: Platform) -> None:
    """A random sample of all there are: every state that the trace tells agrees with what lies in the tables."""
    with psycopg.connect(platform.admin_database_url) as connection:
        stored = connection.execute(
            "select statement_id::text, lrs.is_voided(statement_id), exists (select from core.event as e "
            "where e.statement_id = s.statement_id) from lrs.statement as s order by random() limit %s",
            [SAMPLE],
        ).fetchall()
        rejected = connection.execute(
            "select statement_id from lrs.rejected as r where not exists (select from core.event as e "
            "where e.statement_id::text = r.statement_id) "
            "and statement_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' limit 20"
        ).fetchall()
    assert stored
    for statement_id, voided, mapped in stored:
        expected = {"voided"} if voided else {"loaded", "in marts"} if mapped else {"rejected", "loaded"}
        assert settled(platform, statement_id) in expected, statement_id
    for (statement_id,) in rejected:
        assert settled(platform, statement_id) in ("rejected", "voided"), statement_id


def settled(platform: Platform, statement_id: str) -> str:
    """The state as traced; asked again while a part does not answer in time, as may be on a machine with much to do."""
    found: list[str] = []

    def known() -> bool:
        found.append(trace(platform, statement_id)["state"])
        return found[-1] != "unknown"

    wait_for(known, 60, f"the state of {statement_id}")
    return found[-1]
