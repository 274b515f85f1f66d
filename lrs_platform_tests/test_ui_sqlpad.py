"""SQLPad behind the login: signed in by the gateway alone, whole, and with no way out of it (b.06)."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from lrs_platform.gateway.login import COOKIE
from lrs_platform_tests.gateway.conftest import ADMIN_TOKEN, Gateway, running_gateway, running_redis


class Echo(BaseHTTPRequestHandler):
    """Stands in for SQLPad: says what reached it."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if self.headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(length)
        told = {"method": self.command, "path": self.path, "headers": self.headers.items(), "body": body.decode()}
        text = json.dumps(told).encode()
        self.send_response(201 if self.command == "POST" else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.send_header("set-cookie", "connect.sid=theirs; Path=/sqlpad")
        self.send_header("set-cookie", f"{COOKIE}=stolen; Path=/")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = answer

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def with_sqlpad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that has SQLPad (the stand-in) and Superset configured."""
    directory: Path = tmp_path_factory.mktemp("sqlpad")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        running_redis(directory, port) as redis_url,
        running_gateway(
            directory,
            redis_url,
            sqlpad_url=f"http://127.0.0.1:{server.server_port}/sqlpad",
            sqlpad_email="people@example.com",
            superset_url="https://superset.example.com/superset/welcome",
        ) as gateway,
    ):
        yield gateway
    server.shutdown()


@pytest.fixture
def inside(with_sqlpad: Gateway) -> Iterator[httpx.Client]:
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "*/*"}
    with httpx.Client(base_url=with_sqlpad.url, headers=headers, timeout=30, trust_env=False) as client:
        client.get("/login", params={"token": ADMIN_TOKEN})
        yield client


def received(answer: httpx.Response, name: str) -> list[str]:
    return [value for header, value in answer.json()["headers"] if header.lower() == name]


def test_sqlpad_is_signed_in_by_the_gateway_alone(inside: httpx.Client) -> None:
    forged = [
        ("X-WEBAUTH-EMAIL", "root@example.com"),
        ("x-webauth-email", "root@example.com"),
        ("X_WEBAUTH_EMAIL", "root@example.com"),
        ("X-Webauth-Role", "admin"),
        ("X-WEBAUTH_ID", "1"),
        ("Connection", "keep-alive, x-webauth-email"),
    ]
    answer = inside.get("/sqlpad/api/app", headers=[*inside.headers.items(), *forged])
    assert received(answer, "x-webauth-email") == ["people@example.com"]
    others = [name for name, _ in answer.json()["headers"] if "webauth" in name.lower().replace("_", "-")]
    assert len(others) == 1


def test_our_cookie_and_token_stay_here(inside: httpx.Client, with_sqlpad: Gateway) -> None:
    inside.cookies.set("connect.sid", "mine")
    answer = inside.get("/sqlpad/api/app")
    assert received(answer, "cookie") == ["connect.sid=mine"]
    assert [cookie for cookie in answer.headers.get_list("set-cookie") if COOKIE in cookie] == []
    assert answer.headers.get_list("set-cookie") == ["connect.sid=theirs; Path=/sqlpad"]
    by_token = httpx.get(
        f"{with_sqlpad.url}/sqlpad/", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}, trust_env=False
    )
    assert received(by_token, "authorization") == []
    assert received(by_token, "cookie") == []  # none is kept from one caller for another


def test_requests_are_passed_on_whole(inside: httpx.Client) -> None:
    answer = inside.get("/sqlpad/queries/a%20b?x=1&x=%2F")
    assert answer.json()["path"] == "/sqlpad/queries/a%20b?x=1&x=%2F"
    sent = inside.post("/sqlpad/api/queries", json={"name": "größe"})
    assert sent.status_code == 201
    assert json.loads(sent.json()["body"]) == {"name": "größe"}
    streamed = inside.put("/sqlpad/api/x", content=iter([b"a" * 1000, b"b" * 1000]))
    assert streamed.json()["body"] == "a" * 1000 + "b" * 1000
    assert inside.head("/sqlpad/api/app").status_code == 200


@pytest.mark.parametrize("path", ["/sqlpad/../health", "/sqlpad/%2e%2e/health", "/sqlpad/a/%252e%252e/%252e%252e/x"])
def test_no_path_leads_out_of_sqlpad(with_sqlpad: Gateway, path: str) -> None:
    port = int(with_sqlpad.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as caller:  # httpx would tidy the path up
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_TOKEN}\r\nConnection: close\r\n\r\n"
        caller.sendall(head.encode())
        answer = b"".join(iter(lambda: caller.recv(65536), b""))
    assert b" 400 " in answer.split(b"\r\n")[0]


def test_another_site_acts_on_sqlpad_in_nobodys_name(inside: httpx.Client) -> None:
    assert inside.post("/sqlpad/api/queries", json={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize(
    ("query", "view", "frame"),
    [
        ("", "sqlpad", "/sqlpad/"),
        ("?view=terminal", "terminal", None),
        ("?q=seed-lesson-funnel", "terminal", None),
        ("?view=superset", "superset", "https://superset.example.com/superset/welcome"),
    ],
)
def test_sqlpad_is_shown_where_it_is_configured_and_our_own_beside_it(
    inside: httpx.Client, query: str, view: str, frame: str | None
) -> None:
    page = inside.get(f"/ui/db-terminal{query}", headers={"Accept": "text/html"})
    assert re.findall(r'<iframe[^>]* src="([^"]+)"', page.text) == ([frame] if frame else [])
    allowed = re.findall(r"frame-src ([^;]+)", page.headers["Content-Security-Policy"])
    assert allowed == {"sqlpad": ["'self'"], "superset": ["https://superset.example.com"]}.get(view, [])
    assert inside.get(f"/ui/db-terminal{query}", params={"format": "json"} if not query else None).is_success


def test_without_dbhub_the_page_opens_and_the_api_says_what_is_missing(inside: httpx.Client) -> None:
    answer = inside.post("/api/sql", json={"sql": "select 1"})
    assert answer.status_code == 503
    assert "LRS_MCP_DBHUB_URL" in answer.json()["error"]


def test_sqlpad_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        running_redis(tmp_path, port) as redis_url,
        running_gateway(tmp_path, redis_url, sqlpad_url="http://127.0.0.1:9/sqlpad") as gateway,
    ):
        answer = httpx.get(
            f"{gateway.url}/sqlpad/", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}, trust_env=False, timeout=30
        )
    assert answer.status_code == 502
    assert "LRS_SQLPAD_URL" in answer.json()["error"]
