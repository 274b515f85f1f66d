"""An admin makes, renews and revokes credentials on a page; a password is shown once."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from lrs_platform_tests.gateway.conftest import ADMIN_TOKEN, Gateway, statement

PAGE = "/ui/credentials"


@pytest.fixture
def admin(gateway: Gateway) -> Any:
    """A program with the admin's token."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=30, trust_env=False) as client:
        yield client


def made(answer: httpx.Response) -> tuple[str, str]:
    """Username and password that an answer shows."""
    shown = answer.json()["made"]
    return shown["username"], shown["password"]


def sends(gateway: Gateway, auth: tuple[str, str]) -> int:
    """The status of a statement sent with a credential."""
    return gateway.client.post("/xAPI/statements", json=statement(), auth=auth).status_code


def test_a_credential_made_there_sends_with_its_scopes_only(gateway: Gateway, admin: httpx.Client) -> None:
    answer = admin.post(PAGE, data={"username": "seven", "name": "7taps", "scope": "statements/write"})
    assert answer.status_code == 201
    auth = made(answer)
    assert sends(gateway, auth) == 200
    assert gateway.client.get("/xAPI/statements", auth=auth).status_code == 403
    known = {each["username"]: each for each in admin.get(PAGE).json()["credentials"]}
    assert known["seven"] == {"username": "seven", "scopes": ["statements/write"], "name": "7taps"}


def test_several_scopes_can_be_ticked(gateway: Gateway, admin: httpx.Client) -> None:
    answer = admin.post(PAGE, data={"username": "both", "name": "", "scope": ["statements/write", "statements/read"]})
    assert answer.json()["credentials"]
    assert sends(gateway, made(answer)) == 200
    scopes = {each["username"]: each["scopes"] for each in answer.json()["credentials"]}
    assert scopes["both"] == ["statements/read", "statements/write"]


def test_a_password_is_shown_once_and_another_takes_its_place(gateway: Gateway, admin: httpx.Client) -> None:
    username, first = made(admin.post(PAGE, data={"username": "renewed", "scope": "all"}))
    answer = admin.post(f"{PAGE}/rotate", data={"username": username})
    _, second = made(answer)
    assert first != second
    assert sends(gateway, (username, second)) == 200
    assert sends(gateway, (username, first)) == 401
    for text in (admin.get(PAGE).text, gateway.log.read_text()):
        assert first not in text
        assert second not in text


def test_a_revoked_credential_sends_no_more(gateway: Gateway, admin: httpx.Client) -> None:
    auth = made(admin.post(PAGE, data={"username": "leaving", "scope": "all"}))
    gone = admin.post(f"{PAGE}/revoke", data={"username": "leaving"})
    assert gone.status_code == 200
    assert "leaving" not in {each["username"] for each in gone.json()["credentials"]}
    assert sends(gateway, auth) == 401
    for what in ("revoke", "rotate"):
        assert admin.post(f"{PAGE}/{what}", data={"username": "leaving"}).status_code == 404


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"username": "writer", "scope": "all"}, "already"),
        ({"username": "a:b", "scope": "all"}, "colon"),
        ({"username": "", "scope": "all"}, "username"),
        ({"username": "line\nbreak", "scope": "all"}, "printable"),
        ({"username": "nothing"}, "needs a scope"),
        ({"username": "root", "scope": "root"}, "unknown scopes"),
        ({"username": "long" * 100, "scope": "all"}, "200 characters"),
    ],
)
def test_what_cannot_be_made_is_said_and_changes_nothing(
    admin: httpx.Client, fields: dict[str, str], says: str
) -> None:
    before = admin.get(PAGE).json()["credentials"]
    answer = admin.post(PAGE, data=fields)
    assert answer.status_code == 400
    assert says in answer.json()["failed"]
    assert admin.get(PAGE).json()["credentials"] == before


def test_a_browser_gets_pages(admin: httpx.Client) -> None:
    html = {"Accept": "text/html"}
    page = admin.post(PAGE, data={"username": "<b>bold</b>", "scope": "state"}, headers=html)
    assert page.status_code == 201
    assert "&lt;b&gt;bold&lt;/b&gt;" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert re.search(r"<dt>password</dt><dd><code>[\w-]{32}</code>", page.text)
    back = admin.post(f"{PAGE}/revoke", data={"username": "<b>bold</b>"}, headers=html)
    assert back.status_code == 303
    assert "is revoked" in admin.get(back.headers["location"], headers=html).text


def test_only_admins_open_it(gateway: Gateway) -> None:
    for path in (PAGE, f"{PAGE}/rotate", f"{PAGE}/revoke"):
        assert httpx.post(f"{gateway.url}{path}", data={"username": "writer"}, trust_env=False).status_code == 401
    assert httpx.get(f"{gateway.url}{PAGE}", trust_env=False).status_code == 401
