"""What every answer tells browsers: load our own files only, guess no types, show us in no other page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from lrs_platform.gateway.app import create_app
from lrs_platform_tests.conftest import Platform

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGES = sorted(
    path
    for path, methods in create_app().openapi()["paths"].items()
    if "get" in methods and "{" not in path and not path.startswith(("/xAPI", "/statements", "/sqlpad", "/logout"))
    and not path.endswith("/events") and not path.startswith("/login")
)  # fmt: skip
POLICY = {  # each directive of the policy and what it may name
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "connect-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'self'"},
}
OPTIONAL = {"frame-src": {"'self'"}, "font-src": {"'self'"}}


@pytest.fixture(scope="module")
def browser(platform: Platform) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=platform.urls["gateway"], headers={**BROWSER, **platform.admin}, timeout=60, trust_env=False
    ) as client:
        yield client


def policy_of(answer: httpx.Response) -> dict[str, set[str]]:
    directives = [part.split() for part in answer.headers.get("content-security-policy", "").split(";") if part.strip()]
    return {name: set(sources) for name, *sources in directives}


def test_there_are_pages_to_look_at() -> None:
    assert {"/ui", "/ui/reports", "/ui/db-terminal", "/ui/nlp-query", "/health"} <= set(PAGES)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_run_and_load_our_own_files_only(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code < 500 or answer.headers.get("retry-after")
    assert answer.headers.get("x-content-type-options") == "nosniff"
    assert "server" not in answer.headers
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return
    policy = policy_of(answer)
    assert {name: policy.get(name) for name in POLICY} == POLICY
    assert all(sources <= OPTIONAL.get(name, POLICY.get(name, set())) for name, sources in policy.items())
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cache-control"] in ("no-store", "private, no-cache")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", answer.text)


@pytest.mark.parametrize("path", ["/nothing", "/ui/nothing", "/xAPI/nothing", "/ui/reports/nothing"])
def test_an_error_is_guarded_as_a_page_is(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code in (401, 404)
    assert answer.headers.get("x-content-type-options") == "nosniff"
    if answer.headers["content-type"].startswith("text/html"):
        assert policy_of(answer)["default-src"] == {"'none'"}


@pytest.mark.parametrize("path", ["/ui", "/ui/reports", "/ui/db-terminal"])
def test_without_a_login_a_page_shows_nothing_but_how_to_log_in(platform: Platform, path: str) -> None:
    answer = httpx.get(platform.urls["gateway"] + path, headers=BROWSER, timeout=60, trust_env=False)
    assert answer.status_code == 401
    assert policy_of(answer)["default-src"] == {"'none'"}


def test_a_file_of_ours_is_never_taken_for_another_type(browser: httpx.Client) -> None:
    for path in ("/static/site.css", "/static/htmx-2.0.11.min.js", "/static/icon.svg"):
        answer = browser.get(path)
        assert answer.is_success
        assert answer.headers.get("x-content-type-options") == "nosniff"


def test_what_a_learner_sent_is_never_run_as_a_page(platform: Platform) -> None:
    """A document is answered with the type that its sender gave it: HTML of a stranger under our own address."""
    query = {
        "activityId": "https://example.com/activities/hostile",
        "agent": '{"mbox":"mailto:hostile@example.com"}',
        "stateId": "page",
    }
    page = b"<script>fetch('/ui')</script>"
    sent = platform.client.put(
        "/xAPI/activities/state", params=query, content=page, headers={"Content-Type": "text/html"}
    )
    assert sent.status_code == 204
    answer = platform.client.get("/xAPI/activities/state", params=query)
    assert answer.content == page
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
