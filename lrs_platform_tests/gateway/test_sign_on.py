"""Login by OpenID Connect at a real provider, and what each role may open afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import oidc_provider_mock
import pytest

from lrs_platform.gateway.access import EVERYBODY, EXACT, RULES, Role, roles_for
from lrs_platform.gateway.app import create_app
from lrs_platform.gateway.login import COOKIE
from lrs_platform.gateway.single_sign_on import COOKIE as SIGNING_ON
from lrs_platform_tests.gateway.conftest import ADMIN_TOKEN, Gateway, running_gateway

SECRET = "secret-of-the-client-at-the-provider"
PEOPLE: dict[str, Any] = {
    "ada": "admin",
    "ben": ["analyst", "something-else"],
    "cleo": ["coordinator"],
    "dora": ["guest"],
    "eve": None,
}
PAGES = {  # and who of the above may open it
    "/ui": {"ada", "ben", "cleo"},
    "/ui/db-terminal": {"ada", "ben"},
    "/ui/test-etl-streaming": {"ada"},
    "/ui/learners": {"ada", "cleo"},
    "/api/debug/progress": {"ada"},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """An OpenID provider that knows PEOPLE; its login page takes a name and asks for no password."""
    with oidc_provider_mock.run_server_in_thread() as server:
        url = f"http://localhost:{server.server_port}"
        for name, roles in PEOPLE.items():
            claims = {"name": name.title(), **({"roles": roles} if roles else {})}
            assert httpx.put(f"{url}/users/{name}", json=claims, trust_env=False).is_success
        yield url


@pytest.fixture(scope="module")
def signing_on(log_url: str, issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose people log in there."""
    directory: Path = tmp_path_factory.mktemp("signing_on")
    settings = {"oidc_issuer": issuer, "oidc_client_id": "lrs", "oidc_client_secret": SECRET}
    with running_gateway(directory, log_url, **settings) as running:
        yield running


def browser(gateway: Gateway) -> httpx.Client:
    return httpx.Client(base_url=gateway.url, trust_env=False, timeout=30, headers={"Accept": "text/html"})


def to_the_provider(client: httpx.Client, to: str = "/ui") -> str:
    """The address at the provider that the login leads to."""
    answer = client.get("/login/oidc", params={"to": to})
    assert answer.status_code == 303
    return answer.headers["Location"]


def log_in(client: httpx.Client, name: str, to: str = "/ui") -> httpx.Response:
    """Through the provider and back; the answer of the callback."""
    answer = client.post(to_the_provider(client, to), data={"sub": name})
    assert answer.status_code in (302, 303)
    return client.get(answer.headers["Location"])


def test_the_login_asks_for_a_code_with_state_nonce_and_pkce(signing_on: Gateway, issuer: str) -> None:
    with browser(signing_on) as client:
        asked = parse_qs(urlsplit(to_the_provider(client)).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["redirect_uri"] == [f"{signing_on.url}/login/oidc/callback"]


def test_somebody_without_a_session_is_led_to_the_provider_and_back_to_the_page(signing_on: Gateway) -> None:
    with browser(signing_on) as client:
        page = client.get("/ui/db-terminal", params={"q": "seed-lesson-funnel"})
        assert page.status_code == 401
        link = re.search(r'href="(/login/oidc[^"]+)"', page.text)
        assert link is not None
        wanted = parse_qs(urlsplit(link[1]).query)["to"][0]
        answer = log_in(client, "ada", wanted)
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/ui/db-terminal?q=seed-lesson-funnel"
        assert client.get("/login").headers["Location"] == "/login/oidc"
        assert "Ada" in client.get("/ui").text


@pytest.mark.parametrize("name", ["ada", "ben", "cleo"])
def test_each_role_opens_its_pages_and_no_others(signing_on: Gateway, name: str) -> None:
    with browser(signing_on) as client:
        assert log_in(client, name).status_code == 303
        for path, may in PAGES.items():
            answer = client.get(path)
            assert (answer.status_code == 403) == (name not in may), path
            assert answer.status_code != 401
            if name not in may:
                assert "admin" in answer.text


@pytest.mark.parametrize("name", ["dora", "eve"])
def test_an_account_without_a_role_opens_nothing_and_learns_why(signing_on: Gateway, name: str) -> None:
    with browser(signing_on) as client:
        answer = log_in(client, name)
        assert answer.status_code == 403
        assert "roles" in answer.text
        assert COOKIE not in client.cookies
        assert client.get("/ui").status_code == 401


def test_an_answer_that_belongs_to_no_login_of_this_browser_is_refused(signing_on: Gateway) -> None:
    with browser(signing_on) as client, browser(signing_on) as other:
        theirs = other.post(to_the_provider(other), data={"sub": "ada"}).headers["Location"]
        assert client.get(theirs).status_code == 401  # no cookie: somebody is to be logged in as somebody else
        to_the_provider(client)
        assert client.get(theirs).status_code == 401  # another state
        for forged in ("?code=x&state=y", "?error=access_denied&state=y", ""):
            assert client.get(f"/login/oidc/callback{forged}").status_code == 401
        assert COOKIE not in client.cookies


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/ui//evil.example", "/ui\\..", "/login"])
def test_the_login_leads_to_no_foreign_address(signing_on: Gateway, to: str) -> None:
    with browser(signing_on) as client:
        assert log_in(client, "ada", to).headers["Location"] == "/ui"


def test_a_session_is_good_for_nothing_but_a_session(signing_on: Gateway) -> None:
    with browser(signing_on) as client:
        to_the_provider(client)
        assert SIGNING_ON in str(client.cookies.jar)
        token = next(cookie.value for cookie in client.cookies.jar if cookie.name == SIGNING_ON)
        forged = [token or "", jwt.encode({"sub": "x", "name": "x", "roles": ["admin"], "aud": "session"}, "x" * 32)]
        forged.append(jwt.encode({"sub": "x", "name": "x", "roles": ["admin"], "aud": "session"}, "", "none"))
    for value in forged:
        answer = httpx.get(f"{signing_on.url}/ui", headers={"Cookie": f"{COOKIE}={value}"}, trust_env=False)
        assert answer.status_code == 401


def test_every_changing_request_with_a_session_must_come_from_our_pages(signing_on: Gateway) -> None:
    with browser(signing_on) as client:
        log_in(client, "ada")
        for path in ("/ui/learners/merge", "/ui/import/preview", "/api/sql", "/api/sql/queries"):
            for says in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
                answer = client.post(path, headers=says)
                assert answer.status_code == 403, (path, says)
                assert "another site" in answer.text


def test_logging_out_ends_the_session_and_another_site_cannot_do_it(signing_on: Gateway) -> None:
    with browser(signing_on) as client:
        log_in(client, "cleo")
        client.post("/logout", headers={"Sec-Fetch-Site": "cross-site"})
        assert client.get("/ui").status_code == 200
        assert client.post("/logout", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
        assert client.get("/ui").status_code == 401


def test_the_login_link_still_works_beside_it(signing_on: Gateway) -> None:
    with browser(signing_on) as client:
        assert client.get("/login", params={"token": ADMIN_TOKEN}).headers["Location"] == "/ui"
        assert client.get("/ui").status_code == 200


def test_cookies_are_for_tls_alone_where_browsers_come_by_tls(log_url: str, issuer: str, tmp_path: Path) -> None:
    settings = {"oidc_issuer": f"{issuer}/", "oidc_client_id": "lrs", "public_url": "https://lrs.example.com"}
    with running_gateway(tmp_path, log_url, **settings) as gateway, browser(gateway) as client:
        cookie = client.get("/login", params={"token": ADMIN_TOKEN}).headers["Set-Cookie"]
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        answer = client.get("/login/oidc")  # the provider calls itself otherwise than the setting does
        assert answer.status_code == 503
        assert "LRS_OIDC_ISSUER" in answer.text


def test_without_a_provider_that_login_says_so(gateway: Gateway) -> None:
    answer = httpx.get(f"{gateway.url}/login/oidc", trust_env=False)
    assert answer.status_code == 404
    assert "login link" in answer.json()["error"]


def test_a_page_that_nobody_opened_is_for_admins_alone() -> None:
    assert roles_for("/ui/made-up-tomorrow") == {Role.ADMIN}
    assert roles_for("/api/made-up-tomorrow") == {Role.ADMIN}
    assert roles_for("/ui/reportsX") == {Role.ADMIN}
    assert roles_for("/ui/reports/lesson_funnel") == EVERYBODY
    assert roles_for("/ui") == EVERYBODY


def test_every_rule_is_about_a_page_that_is_there() -> None:
    # The last two are other servers' pages: SQLPad's are passed on, Dagster's stand behind the proxy that asks us.
    routes = [*create_app().openapi()["paths"], "/sqlpad/", "/dagster/"]
    unused = {rule for rule in {**RULES, **EXACT} if not any(path.startswith(rule) for path in routes)}
    assert unused == set()
