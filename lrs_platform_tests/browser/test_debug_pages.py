"""The debug pages as a person sees them: they fit the screen, stay live, and keep open what was opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from lrs_platform_tests.browser.test_streaming_page import DESKTOP, PHONE, logged_in, send
from lrs_platform_tests.conftest import Platform

pytestmark = pytest.mark.browser

PAGES = ("/ui/debug/progress", "/ui/debug/test-report", "/ui/debug/active-agents")


@pytest.mark.parametrize(("name", "options"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_the_pages_fit_the_screen(
    platform: Platform, browser: Browser, reports: Path, name: str, options: dict[str, Any]
) -> None:
    with logged_in(platform, browser, **options) as page:
        for path in PAGES:
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} on {name}"
            page.screenshot(path=reports / f"{path.rpartition('/')[2]}-{name}.png", full_page=True)


def test_progress_refreshes_itself_and_keeps_open_what_was_opened(platform: Platform, browser: Browser) -> None:
    with logged_in(platform, browser, **DESKTOP) as page:
        page.goto("/ui/debug/progress")
        evidence = page.locator("#evidence-b02_streaming_etl")
        evidence.locator("summary").click()
        expect(evidence).to_have_attribute("open", "")
        page.evaluate("document.getElementById('live').dataset.before = 'yes'")
        expect(page.locator("#live")).not_to_have_attribute("data-before", "yes", timeout=30_000)  # it is a new one
        expect(evidence).to_have_attribute("open", "", timeout=30_000)
        expect(evidence.get_by_text("agent statement_stream")).to_be_visible()


def test_calls_are_filtered_by_a_click_and_stay_filtered_while_the_page_refreshes(
    platform: Platform, browser: Browser
) -> None:
    send(platform, "Ada Example")
    with logged_in(platform, browser, **DESKTOP) as page:
        page.goto("/ui/debug/active-agents")
        page.get_by_role("link", name="warehouse.load_statements").first.click(timeout=30_000)
        expect(page.get_by_role("link", name="python.run_python_code")).to_have_count(0)
        page.evaluate("document.getElementById('live').dataset.before = 'yes'")
        expect(page.locator("#live")).not_to_have_attribute("data-before", "yes", timeout=30_000)
        expect(page.get_by_role("link", name="python.run_python_code")).to_have_count(0)


def test_a_trace_is_a_page(platform: Platform, browser: Browser, reports: Path) -> None:
    statement_id = send(platform, "Ada Example")
    with logged_in(platform, browser, **DESKTOP) as page:
        page.goto(f"/ui/debug/trace/{statement_id}")
        expect(page.get_by_text(statement_id)).to_be_visible()
        expect(page.get_by_role("rowheader", name="accepted")).to_be_visible()
        page.screenshot(path=reports / "trace.png", full_page=True)
