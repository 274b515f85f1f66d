"""The pages: who may see them, in which form, and what they say when parts are away."""

from __future__ import annotations

import re

import httpx
import pytest

from lrs_platform.gateway.login import COOKIE
from lrs_platform_tests.gateway.conftest import ADMIN_TOKEN, Gateway

STREAMING = "/ui/test-etl-streaming"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


def get(gateway: Gateway, path: str, **options: object) -> httpx.Response:
    """GET without the xAPI credential."""
    return httpx.get(gateway.url + path, trust_env=False, timeout=30, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/ui", STREAMING])
def test_pages_need_a_login_and_say_how_to_get_one(gateway: Gateway, path: str) -> None:
    answer = get(gateway, path)
    assert answer.status_code == 401
    assert "sh lrs status" in answer.json()["how"]
    page = get(gateway, path, headers=BROWSER)
    assert page.status_code == 401
    assert page.headers["Content-Type"].startswith("text/html")
    assert "sh lrs status" in page.text


def test_the_login_link_opens_the_pages_and_leaves_no_token_in_the_address(gateway: Gateway) -> None:
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=30) as browser:
        answer = browser.get("/login", params={"token": ADMIN_TOKEN})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/ui")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert ADMIN_TOKEN not in cookie
        assert browser.get("/ui").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", ADMIN_TOKEN + "x", "é"])
def test_a_wrong_token_opens_nothing(gateway: Gateway, token: str) -> None:
    answer = get(gateway, "/login", params={"token": token})
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("value", ["", "x", "9999999999.", "9999999999.00", "1.00", "٣.00", "9" * 4000])
def test_a_forged_cookie_opens_nothing(gateway: Gateway, value: str) -> None:
    headers = {"Cookie": f"{COOKIE}={value}".encode()}
    assert get(gateway, "/ui", headers=headers).status_code == 401


def test_an_xapi_credential_opens_no_page(gateway: Gateway) -> None:
    assert gateway.client.get("/ui").status_code == 401


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({}, "application/json"),
        ({"headers": BROWSER}, "text/html"),
        ({"params": {"format": "html"}}, "text/html"),
        ({"params": {"format": "json"}, "headers": BROWSER}, "application/json"),
    ],
)
@pytest.mark.parametrize("path", ["/ui", STREAMING, "/health"])
def test_every_page_is_json_for_programs_and_html_for_people(
    gateway: Gateway, path: str, options: dict[str, dict[str, str]], kind: str
) -> None:
    answer = get(gateway, path, params=options.get("params"), headers={**ADMIN, **options.get("headers", {})})
    assert answer.headers["Content-Type"].startswith(kind)


def test_an_unknown_format_is_refused_by_name(gateway: Gateway) -> None:
    answer = get(gateway, "/ui", params={"format": "xml"}, headers=ADMIN)
    assert answer.status_code == 400
    assert answer.json()["property"] == "format"


@pytest.mark.parametrize("path", ["/ui", STREAMING, "/health"])
def test_pages_run_and_load_nothing_but_our_own_files(gateway: Gateway, path: str) -> None:
    answer = get(gateway, path, headers={**BROWSER, **ADMIN})
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", answer.text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        assert address.startswith(("/", "?", "#")), f"{address} is not ours"
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        assert get(gateway, address).is_success


def test_a_part_that_is_away_is_named_and_the_others_are_told(gateway: Gateway) -> None:
    told = get(gateway, STREAMING, headers=ADMIN).json()
    assert told["status"] == "degraded"
    assert {reason.partition(":")[0] for reason in told["reasons"]} == {"warehouse", "dagster"}
    assert "warehouse" in told["record"]["unknown"]
    assert told["materialization"]["unknown"] == "DAGSTER_HOME is not set for the gateway"
    assert told["log"]["entries"] == gateway.entries()
    page = get(gateway, STREAMING, headers={**BROWSER, **ADMIN}).text
    assert "degraded" in page
