"""The streaming page as a person sees it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from lrs_platform_tests.conftest import Platform

pytestmark = pytest.mark.browser

STREAMING = "/ui/test-etl-streaming"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "color_scheme": "dark"}


@contextmanager
def logged_in(platform: Platform, browser: Browser, **options: Any) -> Iterator[Page]:
    """A page that came by the login link. Afterwards: nothing was blocked and no script failed."""
    context = browser.new_context(base_url=platform.urls["gateway"], **options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        page.goto(f"/login?token={platform.admin_token}")
        expect(page).to_have_url(f"{platform.urls['gateway']}/ui")
        yield page
        assert not complaints
    finally:
        context.close()


def send(platform: Platform, learner: str) -> str:
    """Send a statement and return its id."""
    sent = {
        "id": str(uuid.uuid4()),
        "actor": {"name": learner, "mbox": "mailto:learner@example.com"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://example.com/lessons/fire-safety", "definition": {"name": {"en": "Fire safety"}}},
    }
    assert platform.client.post("/xAPI/statements", json=sent).status_code == 200
    return str(sent["id"])


@pytest.mark.parametrize(("name", "options"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_the_last_statement_shows_by_itself(
    platform: Platform, browser: Browser, reports: Path, name: str, options: dict[str, Any]
) -> None:
    with logged_in(platform, browser, **options) as page:
        page.goto(STREAMING)
        statement_id = send(platform, "Ada Example")  # after the page was opened: it refreshes itself
        expect(page.locator("#last-statement")).to_have_text(statement_id, timeout=30_000)
        expect(page.get_by_text("Ada Example").first).to_be_visible()
        expect(page.locator("#status")).to_have_text("ok", timeout=30_000)
        page.screenshot(path=reports / f"streaming-page-{name}.png", full_page=True)


@pytest.mark.parametrize(("name", "options"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_no_page_is_wider_than_the_screen(
    platform: Platform, browser: Browser, name: str, options: dict[str, Any]
) -> None:
    with logged_in(platform, browser, **options) as page:
        for path in ("/ui", STREAMING, "/health"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} on {name}"


def test_every_link_of_the_front_page_opens(platform: Platform, browser: Browser, reports: Path) -> None:
    with logged_in(platform, browser, **DESKTOP) as page:
        links = [link.get_attribute("href") or "" for link in page.get_by_role("main").get_by_role("link").all()]
        assert STREAMING in links
        page.screenshot(path=reports / "front-page.png")
        for link in links:
            answer = page.request.get(link)
            assert answer.ok, f"{link}: {answer.status}"


def test_a_page_that_cannot_refresh_says_so(platform: Platform, browser: Browser) -> None:
    context = browser.new_context(base_url=platform.urls["gateway"])
    try:
        page = context.new_page()
        page.goto(f"/login?token={platform.admin_token}")
        page.goto(STREAMING)
        expect(page.locator("#stale")).to_be_hidden()
        context.set_offline(True)
        expect(page.locator("#stale")).to_be_visible(timeout=30_000)
        context.set_offline(False)
        expect(page.locator("#stale")).to_be_hidden(timeout=30_000)
    finally:
        context.close()
