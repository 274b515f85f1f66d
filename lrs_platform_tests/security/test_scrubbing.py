"""Secrets and people's data stay where they belong: sent every way there is, then looked for in logs, traces, the log
of MCP calls, Dagster's storage and everything else that the instance keeps.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lrs_platform import tracing
from lrs_platform.local.credentials import load_secrets
from lrs_platform.mcp_client import LoopThread, McpClient, McpToolError, McpUnavailable
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.gateway.conftest import ADMIN_TOKEN, PASSWORD, log_url, running_gateway
from lrs_platform_tests.orchestrator.test_tracing import collector
from lrs_platform_tests.samples import statement
from lrs_platform_tests.security.searching import Place, places_of

__all__ = ["collector", "log_url"]  # fixtures

# Statements and documents are kept as they came, and statements that Postgres has no use for beside them.
RECORD = {"lrs", "core", "mart", "report", "report_pii"}
LOGGED_SECONDS = 3.0  # what writes behind an answer, the log of calls above all, writes within a second or two


def marker() -> str:
    """A text that stands nowhere yet, and that no library shortens or escapes."""
    return f"zq{uuid.uuid4().hex}"


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


@pytest.fixture(scope="module")
def browser(platform: Platform) -> Iterator[httpx.Client]:
    """Not logged in and without a credential."""
    with httpx.Client(base_url=platform.urls["gateway"], timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def secrets_sent(platform: Platform, browser: httpx.Client) -> dict[str, str]:
    """Secrets, each sent one way in which they are sent by mistake or by an attacker; way -> the secret."""
    sent = {way: marker() for way in (
        "wrong password", "unknown user's password", "password in a parameter", "login link", "bearer token of a page",
        "bearer token of xAPI", "cookie", "form", "literal in SQL", "literal in refused SQL", "literal in broken SQL",
        "literal in a failing cast", "name of an MCP tool", "argument of an MCP tool", "code of the sandbox",
        "token of an MCP server",
    )}  # fmt: skip
    xapi = {"X-Experience-API-Version": "1.0.3"}
    admin = platform.admin
    browser.get("/xAPI/statements", headers={**xapi, **basic(platform.username, sent["wrong password"])})
    browser.get("/xAPI/statements", headers={**xapi, **basic("nobody", sent["unknown user's password"])})
    platform.client.get("/xAPI/statements", params={"password": sent["password in a parameter"]})
    browser.get("/login", params={"token": sent["login link"]})
    browser.get("/ui", headers={"Authorization": f"Bearer {sent['bearer token of a page']}"})
    browser.get("/xAPI/statements", headers={**xapi, "Authorization": f"Bearer {sent['bearer token of xAPI']}"})
    browser.get("/ui", headers={"Cookie": f"lrs_session={sent['cookie']}"})
    browser.post("/ui/import/preview", data={"password": sent["form"]}, headers=admin)
    for way, text in (
        ("literal in SQL", "select '{}' as found"),
        ("literal in refused SQL", "select '{}', pg_sleep(9)"),
        ("literal in broken SQL", "select from where '{}'"),
        ("literal in a failing cast", "select cast('{}' as integer)"),
    ):
        asked = browser.post("/api/sql", json={"sql": text.format(sent[way])}, headers=admin)
        assert asked.status_code == (200 if way == "literal in SQL" else 422), asked.text
    secrets = load_secrets(platform.instance)
    loop = LoopThread()
    dbhub = McpClient("dbhub", platform.urls["dbhub"], secrets.dbhub_token)
    python = McpClient("python", platform.urls["python"], secrets.python_token)
    stranger = McpClient("python", platform.urls["python"], sent["token of an MCP server"])
    calls: tuple[tuple[McpClient, str, dict[str, Any]], ...] = (
        (dbhub, "execute_sql", {"sql": f"select cast('{sent['argument of an MCP tool']}' as date)"}),
        (python, f"run_{sent['name of an MCP tool']}", {}),
        (python, "run_python_code", {"python_code": f"raise ValueError('{sent['code of the sandbox']}')",
                                     "global_variables": {}}),
        (stranger, "run_python_code", {"python_code": "1", "global_variables": {}}),
    )  # fmt: skip
    try:
        for client, tool, arguments in calls:
            try:
                loop.run(client.call(tool, arguments))
            except (McpToolError, McpUnavailable):
                continue  # refused, as it has to be
    finally:
        for client in (dbhub, python, stranger):
            loop.run(client.close())
        loop.close()
    time.sleep(LOGGED_SECONDS)
    return sent


def test_the_search_finds_what_is_there(platform: Platform) -> None:
    """Else the tests below would hold whatever was kept."""
    sent = statement(actor={"mbox": f"mailto:{marker()}@example.com"})
    assert platform.client.post("/xAPI/statements", json=sent).status_code == 200
    text = sent["actor"]["mbox"]
    wait_for(lambda: Place("warehouse", "lrs.statement") in places_of(platform, text), 60, "the statement in Postgres")
    assert Place("redis", "xapi:statements") in places_of(platform, text)
    assert any(place.kind == "dagster" for place in places_of(platform, "statement_stream"))
    assert any(
        place.kind == "file" for place in places_of(platform, "uvicorn") | places_of(platform, "database system")
    )


@pytest.mark.timeout(600)  # it reads everything that other tests have left
def test_a_secret_is_kept_nowhere_however_it_was_sent(platform: Platform, secrets_sent: dict[str, str]) -> None:
    found = {way: places_of(platform, secret) for way, secret in secrets_sent.items()}
    assert {way: places for way, places in found.items() if places} == {}


def test_the_secrets_of_the_instance_stand_in_their_two_files_alone(platform: Platform) -> None:
    secrets = load_secrets(platform.instance)
    for name in type(secrets).__dataclass_fields__:
        assert places_of(platform, getattr(secrets, name)) == set(), name
    assert places_of(platform, platform.password) == set()
    assert places_of(platform, platform.admin_token) == set()


@pytest.fixture(scope="module")
def people_sent(platform: Platform, browser: httpx.Client) -> dict[str, str]:
    """Names and addresses of people, each sent one way; way -> the text."""
    sent = {way: marker() for way in (
        "a statement", "a refused statement", "a conflicting statement", "a statement that cannot be mapped",
        "a statement that cannot be loaded", "a document", "a query for an agent", "broken JSON", "a multipart body",
        "a header",
    )}  # fmt: skip
    client = platform.client

    def post(body: Any, **options: Any) -> httpx.Response:
        return client.post("/xAPI/statements", content=json.dumps(body).encode(),
                           headers={"Content-Type": "application/json"}, **options)  # fmt: skip

    def agent(way: str) -> dict[str, str]:
        return {"mbox": f"mailto:{sent[way]}@example.com", "name": f"Name {sent[way]}"}

    post(statement(actor=agent("a statement"), result={"response": sent["a statement"]}))
    post(statement(actor={**agent("a refused statement"), "shoe": sent["a refused statement"]}))
    post(statement(actor={"mbox": f"no address of {sent['a refused statement']}"}))
    first = statement()
    post(first)
    post(statement(id=first["id"], actor=agent("a conflicting statement")))
    # passes the grammar, and the sandbox or Postgres refuses it: numbers beyond double precision
    post(statement(actor=agent("a statement that cannot be mapped"), result={"score": {"raw": int("9" * 400)}}))
    post(statement(actor=agent("a statement that cannot be loaded"), timestamp="0001-01-01T00:00:00+14:00"))
    document = {"activityId": "https://example.com/a", "agent": json.dumps(agent("a document")), "stateId": "s"}
    client.put("/xAPI/activities/state", params=document, json={"note": sent["a document"]})
    client.get("/xAPI/statements", params={"agent": json.dumps(agent("a query for an agent"))})
    client.post("/xAPI/statements", content=f'{{"actor":{{"name":"{sent["broken JSON"]}"',
                headers={"Content-Type": "application/json"})  # fmt: skip
    client.post("/xAPI/statements", content=f"--b\r\nX: {sent['a multipart body']}\r\n\r\n{{}}\r\n--b--\r\n",
                headers={"Content-Type": "multipart/mixed; boundary=b"})  # fmt: skip
    browser.get("/ui", headers={"X-Learner": sent["a header"], "User-Agent": sent["a header"]})
    last = statement(actor=agent("a statement"))
    assert post(last).status_code == 200
    wait_for(
        lambda: client.get("/xAPI/statements", params={"statementId": last["id"]}).status_code == 200, 90, "loaded"
    )
    time.sleep(LOGGED_SECONDS)
    return sent


def test_people_stand_in_the_record_and_nowhere_else(platform: Platform, people_sent: dict[str, str]) -> None:
    stray = {}
    for way, text in people_sent.items():
        found = {
            place
            for place in places_of(platform, text)
            if not (place.kind == "warehouse" and place.name.split(".")[0] in RECORD and "mcp_call" not in place.name)
            and not (place.kind == "redis" and place.name.startswith("xapi:statements"))
            and not (place.kind == "file" and place.name.startswith("attachments/"))
        }
        if found:
            stray[way] = found
    assert stray == {}


def test_traces_carry_neither_secrets_nor_people(
    collector: tuple[str, list[bytes]], log_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, received = collector
    secret, person = marker(), marker()
    monkeypatch.setenv(tracing.ENDPOINT, address)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    with running_gateway(tmp_path, log_url) as gateway:
        gateway.client.get("/xAPI/statements", headers=basic("writer", secret))
        gateway.client.get("/login", params={"token": secret})
        gateway.client.get("/ui", headers={"Authorization": f"Bearer {secret}"})
        gateway.client.get("/xAPI/statements", params={"agent": json.dumps({"mbox": f"mailto:{person}@example.com"})})
        sent = statement(actor={"mbox": f"mailto:{person}@example.com"})
        assert gateway.client.post("/xAPI/statements", json=sent).status_code == 200
        wait_for(lambda: bool(received), 120, "spans")
    told = b"".join(received)
    assert told
    for text in (secret, person, PASSWORD, ADMIN_TOKEN):
        assert text.encode() not in told
        assert text not in gateway.log.read_text(encoding="utf-8", errors="replace")
