"""Who may use /xAPI, and what becomes of passwords."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from lrs_platform.gateway.credential_store import CREDENTIALS, store_credential
from lrs_platform_tests.gateway.conftest import PASSWORD, Gateway, statement

VERSION = {"X-Experience-API-Version": "1.0.3"}


def send(gateway: Gateway, **options: object) -> httpx.Response:
    """POST a statement as somebody else than the usual client."""
    with httpx.Client(base_url=gateway.url, headers=VERSION, trust_env=False, timeout=30) as client:
        return client.post("/xAPI/statements", json=statement(), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic bm9jb2xvbg==",
        "Basic /////w==",
        "Bearer token-of-the-tests",
        "Digest username=writer",
    ],
)
def test_a_request_without_valid_credentials_is_answered_401(gateway: Gateway, header: str | None) -> None:
    answer = send(gateway, headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("username", ["writer", "nobody-of-this-name"])
def test_a_wrong_password_is_refused_whether_the_name_exists_or_not(gateway: Gateway, username: str) -> None:
    answer = send(gateway, auth=(username, "wrong"))
    assert answer.status_code == 401
    assert answer.json() == {"error": "username or password is wrong"}


def test_each_further_wrong_password_is_answered_later(gateway: Gateway) -> None:
    started = time.monotonic()
    for attempt in range(3):
        send(gateway, auth=("guessed", f"guess {attempt}"))
    assert time.monotonic() - started > 0.1 + 0.2 + 0.4


def test_a_credential_that_may_only_read_cannot_write(gateway: Gateway) -> None:
    before = gateway.entries()
    answer = send(gateway, auth=("reader", PASSWORD))
    assert answer.status_code == 403
    assert "statements/write" in answer.json()["error"]
    assert gateway.entries() == before


def test_a_credential_that_may_only_write_cannot_read(gateway: Gateway, log_url: str) -> None:
    make = store_credential(log_url, username="sender", password="s3", scopes=["statements/write"], name="a sender")
    asyncio.run(make)
    assert send(gateway, auth=("sender", "s3")).status_code == 200
    answer = httpx.get(f"{gateway.url}/xAPI/statements", auth=("sender", "s3"), headers=VERSION, trust_env=False)
    assert answer.status_code == 403


def test_a_replaced_password_works_at_once(gateway: Gateway, log_url: str) -> None:
    for password in ("first", "second"):
        make = store_credential(log_url, username="changing", password=password, scopes=["all"], name="changes")
        asyncio.run(make)
        assert send(gateway, auth=("changing", password)).status_code == 200


def test_passwords_lie_neither_in_redis_nor_in_the_gateways_log(gateway: Gateway) -> None:
    send(gateway, auth=("writer", "a password that is wrong"))
    stored = gateway.redis.hget(CREDENTIALS, "writer")
    assert isinstance(stored, bytes)
    assert b'"hash":"scrypt$' in stored
    assert PASSWORD.encode() not in stored
    written = gateway.log.read_text()
    assert "refused login of 'writer'" in written
    assert PASSWORD not in written
    assert "a password that is wrong" not in written


@pytest.mark.parametrize(
    ("username", "password", "scopes"),
    [("a:b", "p", ["all"]), ("", "p", ["all"]), ("a", "", ["all"]), ("a", "p", ["root"])],
)
def test_a_credential_that_could_not_work_is_not_stored(username: str, password: str, scopes: list[str]) -> None:
    make = store_credential("redis://unused", username=username, password=password, scopes=scopes, name="never")
    with pytest.raises(ValueError, match=r"credential|scopes"):
        asyncio.run(make)
