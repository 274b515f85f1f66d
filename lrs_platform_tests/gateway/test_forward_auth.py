"""What a proxy is told about each request to a server without a login, by role, header and address; and a real Caddy
with the configuration of docker-compose.yml.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from lrs_platform.gateway.access import Role
from lrs_platform.gateway.login import COOKIE, signed
from lrs_platform.settings import Settings
from lrs_platform_tests.gateway.conftest import ADMIN_TOKEN, Gateway, free_port, running_gateway
from lrs_platform_tests.test_ui_sqlpad import Echo

ROOT = Path(__file__).resolve().parents[2]
CADDY = shutil.which("caddy")
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def session(*roles: Role) -> str:
    """A session's cookie, as the gateway of these tests makes it."""
    claims = {"sub": "somebody", "name": "Somebody", "roles": sorted(roles)}
    return signed(Settings(admin_token=SecretStr(ADMIN_TOKEN)), "session", claims, 600)


def ask(gateway: Gateway, path: str, cookie: str = "", **headers: str) -> httpx.Response:
    """As Caddy asks: always GET, the request's own method and address in headers, the others as they came."""
    sent = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": path, **headers}
    cookies = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=30) as client:
        return client.get("/auth/forward", headers={**sent, **cookies})


@pytest.mark.parametrize(
    ("roles", "path", "status"),
    [
        ([Role.ADMIN], "/dagster", 204),
        ([Role.ADMIN], "/dagster/graphql?op=1", 204),
        ([Role.ANALYST], "/dagster/graphql", 403),
        ([Role.COORDINATOR], "/dagster/", 403),
        ([], "/dagster/", 403),
        ([Role.ADMIN], "/sqlpad/api/app", 204),
        ([Role.ANALYST], "/sqlpad/api/app", 204),
        ([Role.COORDINATOR], "/sqlpad/api/app", 403),
        ([Role.COORDINATOR, Role.ANALYST], "/sqlpad/", 204),
        ([Role.ADMIN], "/dagsters", 403),
        ([Role.ADMIN], "/xAPI/statements", 403),
        ([Role.ADMIN], "/dagster/../xAPI", 403),
        ([Role.ANALYST], "/sqlpad/%2e%2e/dagster/graphql", 403),
        ([Role.ANALYST], "/sqlpad/%252e%252e/dagster", 403),
        ([Role.ANALYST], "/sqlpad/..%5cdagster", 403),
        ([Role.ADMIN], "", 400),
    ],
)
def test_each_role_is_let_through_to_what_it_may_open(
    gateway: Gateway, roles: list[Role], path: str, status: int
) -> None:
    assert ask(gateway, path, session(*roles)).status_code == status


def test_without_a_login_nothing_passes(gateway: Gateway) -> None:
    assert ask(gateway, "/dagster/").status_code == 401
    assert ask(gateway, "/dagster/", "not.a.session").status_code == 401
    assert ask(gateway, "/dagster/", Authorization="Bearer wrong").status_code == 401
    assert ask(gateway, "/dagster/", Authorization=f"Bearer {ADMIN_TOKEN}").status_code == 204


def test_the_name_for_sqlpad_is_ours_whatever_a_browser_sends(gateway: Gateway) -> None:
    forged = {"X-WEBAUTH-EMAIL": "boss@example.com"}
    told = ask(gateway, "/sqlpad/", session(Role.ANALYST), **forged)
    assert told.headers.get_list("x-webauth-email") == ["admin@example.com"]
    assert "x-webauth-email" not in ask(gateway, "/dagster/", session(Role.ADMIN), **forged).headers
    assert "x-webauth-email" not in ask(gateway, "/sqlpad/", **forged).headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Forwarded-Method": "POST", "Sec-Fetch-Site": "same-origin"}, 204),
        ({"X-Forwarded-Method": "POST", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-Forwarded-Method": "POST", "Origin": "https://evil.example.com"}, 403),
        ({"X-Forwarded-Method": "GET", "Sec-Fetch-Site": "cross-site"}, 204),  # a link that somebody follows
        ({"X-Forwarded-Method": "GET", "Origin": "https://evil.example.com"}, 403),  # a WebSocket of another site
    ],
)
def test_another_site_acts_in_nobodys_name(gateway: Gateway, headers: dict[str, str], status: int) -> None:
    assert ask(gateway, "/dagster/graphql", session(Role.ADMIN), **headers).status_code == status


def test_a_browser_is_sent_to_the_provider_where_there_is_one(log_url: str, tmp_path: Path) -> None:
    settings = {"oidc_issuer": "https://login.example.com", "oidc_client_id": "lrs"}
    with running_gateway(tmp_path, log_url, **settings) as gateway:
        answer = ask(gateway, "/dagster/", **BROWSER)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login/oidc")
        assert ask(gateway, "/dagster/graphql", Accept="application/json").status_code == 401


@dataclass(frozen=True)
class Door:
    """A Caddy of the tests before a gateway and something that stands for Dagster's webserver."""

    url: str
    trusted: ssl.SSLContext
    plain_url: str

    def client(self, cookie: str = "", **headers: str) -> httpx.Client:
        cookies = {COOKIE: cookie, "theirs": "kept"} if cookie else {}
        return httpx.Client(base_url=self.url, verify=self.trusted, headers=headers, cookies=cookies, trust_env=False)


@pytest.fixture(scope="module")
def door(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """deploy/caddy/Caddyfile as it is, with other ports."""
    if CADDY is None:
        pytest.skip("needs Caddy: apt-get install caddy")
    directory = tmp_path_factory.mktemp("caddy")
    webserver = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=webserver.serve_forever, daemon=True).start()
    http, https = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "XDG_DATA_HOME": str(directory),
        "XDG_CONFIG_HOME": str(directory),
        "LRS_HTTP_PORT": str(http),
        "LRS_HTTPS_PORT": str(https),
        "LRS_GATEWAY": gateway.url.removeprefix("http://"),
        "LRS_WEBSERVER": f"127.0.0.1:{webserver.server_port}",
    }
    command = [CADDY, "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "caddy" / "Caddyfile")]
    with (directory / "caddy.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    authority = directory / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    try:
        yield Door(f"https://localhost:{https}", _trusting(authority, https, process), f"http://localhost:{http}")
    finally:
        process.terminate()
        process.wait(20)
        webserver.shutdown()


def _trusting(authority: Path, port: int, process: subprocess.Popen[bytes]) -> ssl.SSLContext:
    """Wait until Caddy has made its certificates and answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "Caddy ended"
        if authority.exists():
            try:
                context = ssl.create_default_context(cafile=str(authority))
                httpx.get(f"https://localhost:{port}/health/live", verify=context, trust_env=False)
            except (httpx.HTTPError, ssl.SSLError, OSError):
                time.sleep(0.1)
            else:
                return context
        time.sleep(0.1)
    pytest.fail("Caddy did not answer within a minute")


def test_caddy_takes_the_configuration(tmp_path: Path) -> None:
    if CADDY is None:
        pytest.skip("needs Caddy: apt-get install caddy")
    command = [CADDY, "validate", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "caddy" / "Caddyfile")]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LRS_TLS": "ops@example.com", "LRS_SITE": "x.org"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_dagster_is_behind_the_login_and_gets_nobodys_proof(door: Door) -> None:
    with door.client() as nobody:
        assert nobody.get("/dagster/").status_code == 401
        assert nobody.post("/dagster/graphql", json={}).status_code == 401
    with door.client(session(Role.ANALYST)) as analyst:
        assert analyst.get("/dagster/").status_code == 403
    cookie = session(Role.ADMIN)
    with door.client(cookie, **{"Sec-Fetch-Site": "same-origin"}) as admin:
        answer = admin.post("/dagster/graphql?x=1", json={"query": "{ version }"})
    assert answer.status_code == 201  # the stand-in's answer to a POST
    told = answer.json()
    assert (told["method"], told["path"]) == ("POST", "/dagster/graphql?x=1")
    assert json.loads(told["body"]) == {"query": "{ version }"}
    got = {name.lower(): value for name, value in told["headers"]}
    assert "lrs_session=kept-back" in got["cookie"]
    assert "theirs=kept" in got["cookie"]
    assert cookie not in answer.text
    with door.client(Authorization=f"Bearer {ADMIN_TOKEN}") as program:
        reached = program.get("/dagster/server_info")
    assert reached.status_code == 200
    assert ADMIN_TOKEN not in reached.text


def test_no_spelling_leads_past_the_login(door: Door) -> None:
    with door.client() as nobody:
        for path in ("/dagster", "/dagster//", "/dagster/..;/x", "//dagster/", "/x/../dagster/", "/%64agster/graphql"):
            answer = nobody.get(path)
            assert answer.status_code != 200, path
            assert '"headers"' not in answer.text, path  # the stand-in would tell


def test_what_is_for_the_inside_is_not_shown_and_http_leads_to_https(door: Door) -> None:
    with door.client() as nobody:
        assert nobody.get("/metrics").status_code == 404
        assert nobody.get("/auth/forward", headers={"X-Forwarded-Uri": "/dagster/"}).status_code == 404
        answer = nobody.get("/health/live")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"]
    plain = httpx.get(f"{door.plain_url}/ui", follow_redirects=False, trust_env=False)
    assert plain.status_code == 308
    assert plain.headers["location"].startswith("https://localhost")


def test_statements_are_taken_through_the_door(door: Door, gateway: Gateway) -> None:
    from lrs_platform_tests.gateway.conftest import PASSWORD, statement

    sent = statement()
    with door.client(**{"X-Experience-API-Version": "1.0.3"}) as client:
        answer = client.post("/xAPI/statements", json=sent, auth=("writer", PASSWORD))
    assert answer.status_code == 200
    assert gateway.entry(sent["id"]) is not None
