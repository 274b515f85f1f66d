"""The SQL terminal over HTTP: who may ask, how a refusal is said, saved queries, SQLPad behind the login (b.06)."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from lrs_platform.gateway.login import COOKIE
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.test_architecture import PACKAGE

VENDOR = PACKAGE / "gateway" / "static" / "vendor"
SLOW = "select count(*) from generate_series(1, 9000000) as n where md5(md5(md5(n::text))) < '0'"


@pytest.fixture
def browser_like(platform: Platform) -> Iterator[httpx.Client]:
    """Logged in by cookie, as a browser is; says of itself what a browser says."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=platform.urls["gateway"], headers=headers, timeout=60, trust_env=False) as client:
        assert client.get("/login", params={"token": platform.admin_token}).status_code == 303
        yield client


def ask(client: httpx.Client, sql: str, **options: Any) -> httpx.Response:
    return client.post("/api/sql", json={"sql": sql}, **options)


def test_a_query_is_answered_with_columns_types_and_rows(browser_like: httpx.Client) -> None:
    answer = ask(browser_like, "select 1 as one, 'a' as letter union all select 2, null order by one")
    assert answer.status_code == 200
    told = answer.json()
    assert told["columns"] == ["one", "letter"]
    assert told["types"] == ["integer", "text"]
    assert told["rows"] == [[1, "a"], [2, None]]
    assert (told["row_count"], told["truncated"], told["cut"]) == (2, False, None)
    assert told["took_ms"] > 0


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("delete from report.event", "statement"),
        ("select pg_sleep(1)", "function"),
        ("select * from lrs.statement", "schema"),
        ("select nope from report.event", "database"),
        ("select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b", "cost"),
        ("x" * 1_000_000, "size"),
    ],
)
def test_a_refusal_says_rule_reason_and_advice(browser_like: httpx.Client, sql: str, rule: str) -> None:
    answer = ask(browser_like, sql)
    assert answer.status_code == 422
    refused = answer.json()["refused"]
    assert refused["rule"] == rule
    assert refused["reason"]
    assert refused["advice"]
    assert answer.json()["rows"] == []


@pytest.mark.parametrize("body", [{}, {"sql": 1}, {"sql": None}, {"sql": ["select 1"]}, [], "select 1"])
def test_what_is_no_question_is_refused_by_name(browser_like: httpx.Client, body: Any) -> None:
    answer = browser_like.post("/api/sql", json=body)
    assert answer.status_code == 400
    assert "error" in answer.json()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/ui/db-terminal"),
        ("POST", "/api/sql"),
        ("GET", "/api/sql/schema"),
        ("GET", "/api/sql/queries"),
        ("POST", "/api/sql/queries"),
        ("GET", f"/api/sql/queries/{uuid.UUID(int=0)}"),
        ("PUT", f"/api/sql/queries/{uuid.UUID(int=0)}"),
        ("DELETE", f"/api/sql/queries/{uuid.UUID(int=0)}"),
        ("GET", "/sqlpad/"),
    ],
)
def test_nothing_of_it_opens_without_a_login(platform: Platform, method: str, path: str) -> None:
    url = platform.urls["gateway"] + path
    body = {"sql": "select 1", "name": "a"} if method in ("POST", "PUT") else None
    assert httpx.request(method, url, json=body, trust_env=False).status_code == 401
    assert httpx.request(method, url, json=body, auth=platform.auth, trust_env=False).status_code == 401


@pytest.mark.parametrize(
    "says",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_asks_nothing_in_the_name_of_whoever_is_logged_in(
    platform: Platform, browser_like: httpx.Client, says: dict[str, str]
) -> None:
    cookie = {"Cookie": f"{COOKIE}={browser_like.cookies[COOKIE]}"}
    url = platform.urls["gateway"]
    for method, path, body in (
        ("POST", "/api/sql", {"sql": "select 1"}),
        ("POST", "/api/sql/queries", {"name": "forged", "sql": "select 1"}),
        ("DELETE", f"/api/sql/queries/{uuid.uuid4()}", None),
    ):
        answer = httpx.request(method, url + path, json=body, headers={**cookie, **says}, trust_env=False)
        assert answer.status_code == 403
    own = httpx.post(f"{url}/api/sql", json={"sql": "select 1"}, headers={**cookie, "Origin": url}, trust_env=False)
    assert own.status_code == 200


def test_a_program_with_the_token_asks_from_anywhere(platform: Platform) -> None:
    headers = {**platform.admin, "Origin": "https://elsewhere.example"}
    answer = httpx.post(
        f"{platform.urls['gateway']}/api/sql", json={"sql": "select 1"}, headers=headers, timeout=60, trust_env=False
    )
    assert answer.status_code == 200


def test_a_query_ends_in_the_database_when_the_caller_hangs_up(platform: Platform) -> None:
    def running() -> bool:
        with psycopg.connect(platform.admin_database_url, autocommit=True) as connection:
            found = connection.execute(
                "select count(*) from pg_stat_activity where usename = 'lrs_reader' and state = 'active'"
                " and query like '/* question %' and query like '%9000000%'"
            ).fetchone()
        return found is not None and found[0] > 0

    port = int(platform.urls["gateway"].rpartition(":")[2])
    body = json.dumps({"sql": SLOW}).encode()
    head = (
        f"POST /api/sql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {platform.admin_token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as caller:
        caller.sendall(head.encode() + body)
        wait_for(running, 120, "the query runs")
    hung_up = time.monotonic()
    wait_for(lambda: not running(), 120, "the query is gone")
    assert time.monotonic() - hung_up < 25  # its own time limit would be 30 s after it began


def test_a_query_is_saved_found_changed_and_removed(browser_like: httpx.Client) -> None:
    name = f"saved {uuid.uuid4()}"
    chart = {"kind": "bar", "x": "a", "y": "b", "colour": ""}
    made = browser_like.post("/api/sql/queries", json={"name": name, "sql": "select 1", "chart": chart})
    assert made.status_code == 201
    query_id = made.json()["query_id"]
    assert made.json()["chart"] == chart
    assert made.json()["mine"] is True
    again = browser_like.post("/api/sql/queries", json={"name": name, "sql": "select 2"})
    assert (again.json()["query_id"], again.json()["sql"]) == (query_id, "select 2")  # one name, one query
    path = f"/api/sql/queries/{query_id}"
    changed = browser_like.put(path, json={"name": f"{name}!", "sql": "select 3", "shared": True})
    assert (changed.status_code, changed.json()["name"], changed.json()["shared"]) == (200, f"{name}!", True)
    assert browser_like.get(path).json()["sql"] == "select 3"
    assert f"{name}!" in [query["name"] for query in browser_like.get("/api/sql/queries").json()["saved"]]
    assert browser_like.delete(path).status_code == 204
    assert browser_like.delete(path).status_code == 404
    assert browser_like.get(path).status_code == 404


def test_a_name_is_taken_once(browser_like: httpx.Client) -> None:
    first, second = (
        browser_like.post("/api/sql/queries", json={"name": f"taken {uuid.uuid4()}", "sql": "select 1"}).json()
        for _ in range(2)
    )
    answer = browser_like.put(f"/api/sql/queries/{second['query_id']}", json={"name": first["name"], "sql": "select 1"})
    assert answer.status_code == 400
    assert "another query of that name" in answer.json()["error"]
    for query in (first, second):
        browser_like.delete(f"/api/sql/queries/{query['query_id']}")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "sql": "select 1"},
        {"name": "x" * 201, "sql": "select 1"},
        {"name": "a", "sql": ""},
        {"name": "a", "sql": "x" * 50_001},
        {"name": "  ", "sql": "select 1"},
        {"name": "a\x00", "sql": "select 1"},
        {"name": "a"},
        {"name": "a", "sql": "select 1", "chart": "bar"},
    ],
)
def test_what_cannot_be_kept_is_refused(browser_like: httpx.Client, body: dict[str, Any]) -> None:
    answer = browser_like.post("/api/sql/queries", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("query_id", ["nonsense", "../schema", str(uuid.UUID(int=0))])
def test_a_query_that_is_not_there_is_not_found(browser_like: httpx.Client, query_id: str) -> None:
    assert browser_like.get(f"/api/sql/queries/{query_id.replace('/', '%2F')}").status_code == 404


def test_hostile_names_are_text(browser_like: httpx.Client) -> None:
    name = f"<img src=x onerror=alert(1)> '; drop table lrs.saved_query; -- {uuid.uuid4()}"
    made = browser_like.post("/api/sql/queries", json={"name": name, "sql": "select '</script>'"}).json()
    assert made["name"] == name
    assert browser_like.delete(f"/api/sql/queries/{made['query_id']}").status_code == 204


def test_every_prebuilt_query_runs_on_the_instance(browser_like: httpx.Client) -> None:
    prebuilt = browser_like.get("/api/sql/queries").json()["prebuilt"]
    assert len(prebuilt) >= 10
    for query in prebuilt:
        answer = ask(browser_like, query["sql"])
        assert answer.status_code == 200, (query["name"], answer.text)
        chart = query["chart"]
        if chart:
            used = {chart["x"], chart["y"], chart["colour"]} - {""}
            assert used <= set(answer.json()["columns"]), query["name"]
        assert browser_like.get(f"/api/sql/queries/{query['query_id']}").json()["sql"] == query["sql"]


def test_the_schema_lists_the_views_of_readers_and_no_others(browser_like: httpx.Client) -> None:
    told = browser_like.get("/api/sql/schema").json()
    names = {view["name"] for view in told["views"]}
    assert {"event", "daily_activity", "lesson_funnel"} <= names
    assert "statement" not in names
    assert "count" in told["functions"]
    assert "pg_sleep" not in told["functions"]


def test_the_page_runs_and_loads_nothing_but_our_own_files(browser_like: httpx.Client) -> None:
    page = browser_like.get("/ui/db-terminal", headers={"Accept": "text/html"})
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "frame-src" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page.text)
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        assert browser_like.get(address).is_success, address
    as_json = browser_like.get("/ui/db-terminal", params={"format": "json"}).json()
    assert as_json["view"] == "terminal"


def test_files_of_others_are_as_they_were_published() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), flags=re.MULTILINE
    )
    listed = dict(rows)
    there = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.suffix in (".js", ".css")}
    assert set(listed) == there
    for name, expected in listed.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == expected, name
        assert (VENDOR / name).parent.joinpath("LICENSE").exists()
