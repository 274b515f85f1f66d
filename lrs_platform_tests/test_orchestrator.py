"""Module b.04: what /api/debug promises on the running instance.

What breaks turns its contract red and back; typed claims are found out; a part that is away is unknown. Not here: the
trace of a statement (test_trace.py).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import redis

from lrs_platform.local.instance import ROOT
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.samples import statement

RED_SECONDS = 30  # what breaks is seen within this, and so is that it works again
SUBJECTS = ("progress", "test-report", "active-agents")


def get(platform: Platform, path: str, **options: Any) -> httpx.Response:
    headers = {**platform.admin, **options.pop("headers", {})}
    with httpx.Client(base_url=platform.urls["gateway"], headers=headers, timeout=30, trust_env=False) as client:
        return client.get(path, **options)


def debug(platform: Platform, subject: str, **options: Any) -> dict[str, Any]:
    answer = get(platform, f"/api/debug/{subject}", **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def contract(platform: Platform, module: str) -> dict[str, Any]:
    contracts = debug(platform, "progress")["contracts"]
    if isinstance(contracts, dict):
        return {"status": "unknown", "reasons": [contracts["unknown"]]}
    found = [item for item in contracts if item["module"] == module]
    return found[0] if found else {"status": "missing", "reasons": []}


def status_of(platform: Platform, module: str) -> str:
    return str(contract(platform, module)["status"])


@contextmanager
def contract_file(name: str, text: str) -> Iterator[Path]:
    """A contract that somebody has written by hand, for as long as the block lasts."""
    path = ROOT / "orchestrator_contracts" / name
    path.write_text(text)
    try:
        yield path
    finally:
        path.unlink()


def written(**changes: Any) -> str:
    """A contract of nothing but this file."""
    return json.dumps(
        {
            "module": "zz_written_by_hand",
            "agent": "library",
            "allowed_files": ["lrs_platform_tests/test_orchestrator.py"],
            "required_endpoints": [],
            "status": "in_progress",
            **changes,
        }
    )


@pytest.mark.parametrize("path", [f"/{kind}/debug/{subject}" for kind in ("api", "ui") for subject in SUBJECTS])
def test_nobody_sees_it_without_the_login(platform: Platform, path: str) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}):
        assert httpx.get(f"{platform.urls['gateway']}{path}", headers=headers, trust_env=False).status_code == 401
    assert get(platform, path).status_code == 200


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_subject_is_json_and_a_page(platform: Platform, subject: str) -> None:
    page = get(platform, f"/ui/debug/{subject}", headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "<h1>" in page.text
    assert (
        get(platform, f"/ui/debug/{subject}", params={"format": "json"}).json().keys()
        == debug(platform, subject).keys()
    )


def test_an_answer_that_has_not_changed_is_not_sent_again(platform: Platform) -> None:
    def not_modified() -> bool:
        answer = get(platform, "/api/debug/test-report")
        again = get(platform, "/api/debug/test-report", headers={"if-none-match": answer.headers["etag"]})
        return again.status_code == 304 and not again.content  # 200 where it has changed in between

    wait_for(not_modified, RED_SECONDS, "304")


def test_a_change_is_told_by_an_event(platform: Platform) -> None:
    with (
        httpx.Client(base_url=platform.urls["gateway"], headers=platform.admin, trust_env=False, timeout=30) as client,
        client.stream("GET", "/api/debug/active-agents/events") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        tags = [line for line in stream.iter_lines() if line.startswith("data: ")]
    assert len(tags) >= 2  # the one at the beginning, and those of the 5 s that a stream lasts
    assert len(set(tags)) == len(tags)


def test_totals_are_counted_from_the_evidence(platform: Platform) -> None:
    progress = get(platform, "/api/debug/progress").json()
    wait_for(
        lambda: "totals" in debug(platform, "progress") and "contracts" in debug(platform, "progress")["totals"],
        30,
        "totals",
    )
    progress = debug(platform, "progress")
    statuses = [item["status"] for item in progress["contracts"]]
    for status in ("draft", "in_progress", "failing", "verified", "drifted", "blocked"):
        assert progress["totals"][status] == statuses.count(status)
    assert progress["totals"]["files"] == sum(item["files"]["count"] for item in progress["contracts"])
    assert {"b01_attach_mcp_servers", "b02_streaming_etl", "b04_orchestrator"} <= {
        item["module"] for item in progress["contracts"]
    }


def test_a_server_that_stops_turns_its_contract_red_and_those_above_it_are_blocked(platform: Platform) -> None:
    wait_for(lambda: status_of(platform, "b01_attach_mcp_servers") in ("verified", "in_progress"), 60, "well before")
    with platform.without("dbhub"):
        wait_for(lambda: status_of(platform, "b01_attach_mcp_servers") == "failing", RED_SECONDS, "red")
        found = contract(platform, "b01_attach_mcp_servers")
        assert any("dbhub" in reason for reason in found["reasons"])
        assert status_of(platform, "b02_streaming_etl") == "blocked"
    wait_for(lambda: status_of(platform, "b01_attach_mcp_servers") != "failing", RED_SECONDS, "green again")


def test_a_loader_that_is_silent_turns_its_contract_red(platform: Platform) -> None:
    wait_for(lambda: status_of(platform, "b02_streaming_etl") in ("verified", "in_progress"), 60, "well before")
    with platform.suspended("daemon"):
        wait_for(
            lambda: any("statement_stream" in reason for reason in contract(platform, "b02_streaming_etl")["reasons"]),
            2 * RED_SECONDS,
            "the silent sensor as a reason",
        )
        assert status_of(platform, "b02_streaming_etl") == "failing"
    wait_for(lambda: status_of(platform, "b02_streaming_etl") != "failing", 2 * RED_SECONDS, "green again")


def test_an_endpoint_that_answers_in_another_shape_turns_its_contract_red_until_it_fits(platform: Platform) -> None:
    def needs(*names: str) -> str:
        shape = {"required": list(names)}
        return written(required_endpoints=[{"path": "/ui/test-etl-streaming", "shape": shape}])

    with contract_file("zz_written_by_hand.json", needs("no_such_thing")) as path:
        wait_for(lambda: status_of(platform, "zz_written_by_hand") == "failing", RED_SECONDS, "red")
        path.write_text(needs("status"))
        wait_for(lambda: status_of(platform, "zz_written_by_hand") == "in_progress", RED_SECONDS, "green again")


def test_a_test_that_fails_turns_its_contract_red_until_it_passes(platform: Platform) -> None:
    node = "lrs_platform_tests/test_orchestrator.py::test_a_test_that_fails_turns_its_contract_red_until_it_passes"
    report = platform.home / "reports" / "history" / "00000000T000000Z-by-hand.ctrf.json"
    report.parent.mkdir(parents=True, exist_ok=True)

    def ran(status: str) -> None:
        test = {"name": f"{node}[by hand]", "status": status, "duration": 1}
        report.write_text(json.dumps({"results": {"tests": [test]}}))

    text = written(tests=["lrs_platform_tests/test_orchestrator.py"])
    try:
        with contract_file("zz_written_by_hand.json", text):
            ran("failed")
            wait_for(lambda: status_of(platform, "zz_written_by_hand") == "failing", RED_SECONDS, "red")
            failed = [item["test"] for item in debug(platform, "test-report")["failed"]]
            assert f"{node}[by hand]" in failed
            ran("passed")
            wait_for(lambda: status_of(platform, "zz_written_by_hand") != "failing", RED_SECONDS, "green again")
    finally:
        report.unlink()


def test_a_typed_claim_that_the_evidence_contradicts_shows_as_drifted(platform: Platform) -> None:
    claim = written(status="verified", required_endpoints=["/no/such/page"])
    with contract_file("zz_written_by_hand.json", claim):
        wait_for(lambda: status_of(platform, "zz_written_by_hand") == "drifted", RED_SECONDS, "drifted")
        assert contract(platform, "zz_written_by_hand")["reasons"][0] == "claims verified, is failing"


def test_a_contract_that_is_no_json_is_told_of_and_harms_no_other(platform: Platform) -> None:
    wait_for(lambda: status_of(platform, "zz_written_by_hand") == "missing", RED_SECONDS, "only the project's own")
    before = {item["module"] for item in debug(platform, "progress")["contracts"]}
    with contract_file("zz_written_by_hand.json", '{"module": '):
        wait_for(
            lambda: any(
                "zz_written_by_hand.json: not JSON" in text for text in debug(platform, "progress")["problems"]
            ),
            RED_SECONDS,
            "the problem",
        )
        assert {item["module"] for item in debug(platform, "progress")["contracts"]} == before


def test_what_redis_knows_is_unknown_while_it_is_away_and_never_green(platform: Platform) -> None:
    with platform.suspended("redis"):
        wait_for(lambda: "unknown" in debug(platform, "progress")["parts"]["calls"], 2 * RED_SECONDS, "unknown")
        agents = debug(platform, "active-agents")
        assert "Redis" in agents["agents"]["unknown"]
        assert agents["agents"]["for_seconds"] >= 0
        assert status_of(platform, "b02_streaming_etl") != "verified"
    wait_for(lambda: "unknown" not in debug(platform, "progress")["parts"]["calls"], 2 * RED_SECONDS, "known again")


def test_what_dagster_knows_is_unknown_while_its_database_is_away(platform: Platform) -> None:
    with platform.without("postgres"):
        wait_for(lambda: "unknown" in debug(platform, "progress")["parts"]["dagster"], 2 * RED_SECONDS, "unknown")
        progress = debug(platform, "progress")
        assert "unknown" in progress["assets"]
        assert status_of(platform, "b02_streaming_etl") != "verified"
    wait_for(lambda: "unknown" not in debug(platform, "progress")["parts"]["dagster"], 2 * RED_SECONDS, "known again")
    platform.wait_until_well()


def test_the_loader_is_at_work_and_its_calls_are_told_without_what_they_said(platform: Platform) -> None:
    secret = f"somebody-{uuid.uuid4().hex}"
    sent = statement(actor={"mbox": f"mailto:{secret}@example.com"})
    assert platform.client.post("/xAPI/statements", json=sent).status_code == 200

    def loader() -> dict[str, Any]:
        agents = debug(platform, "active-agents")["agents"]
        found = [agent for agent in agents if agent["agent"] == "statement_stream"] if isinstance(agents, list) else []
        return found[0] if found else {"state": "", "last_call": None}

    wait_for(
        lambda: loader()["state"] in ("working", "idle") and bool(loader()["last_call"]), RED_SECONDS, "the loader"
    )
    assert loader()["contract"] == "b02_streaming_etl"
    recent = debug(platform, "active-agents", params={"agent": "statement_stream", "tool": "load_statements"})[
        "recent_calls"
    ]
    assert {(call["agent"], call["tool"]) for call in recent} == {("statement_stream", "load_statements")}
    assert all(call["rows"] >= 1 and call["trace"] and call["run"].startswith("tick:") for call in recent)
    with redis.Redis.from_url(platform.redis_url) as client:
        assert secret not in repr(client.xrange("lrs:calls"))


def test_a_call_under_way_is_seen_with_its_age(platform: Platform) -> None:
    def under_way() -> bool:
        calls = debug(platform, "active-agents")["live_calls"]
        return isinstance(calls, list) and any(
            call["tool"] == "run_python_code" and call["agent"] == "statement_stream" and call["age_ms"] > 500
            for call in calls
        )

    with platform.suspended("python"):
        assert platform.client.post("/xAPI/statements", json=statement()).status_code == 200
        wait_for(under_way, RED_SECONDS, "the call that does not end")


@pytest.mark.slow
def test_calls_get_into_postgres_once_and_its_checks_are_evaluated(platform: Platform) -> None:
    def rows() -> tuple[int, int]:
        with psycopg.connect(platform.admin_database_url) as connection:
            found = connection.execute("select count(*), count(distinct (entry, number)) from lrs.mcp_call").fetchone()
        assert found is not None
        return found[0], found[1]

    wait_for(lambda: rows()[0] > 0, 150, "the first minute's calls")
    every, different = rows()
    assert every == different
    wait_for(
        lambda: all(check.get("passed") is not None for check in contract(platform, "b04_orchestrator")["checks"]),
        RED_SECONDS,
        "checks",
    )
