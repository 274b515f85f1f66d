"""Every page, opened once: it shows, axe-core finds nothing on it in light and in dark, and it fits a phone.

Which pages there are is asked of the gateway, so that a new one is in here by itself. What pages do is tested beside.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from lrs_platform.reports.catalogue import reports as catalogue
from lrs_platform_tests.browser.accessibility import violations
from lrs_platform_tests.browser.test_reports import PATIENCE, drawn, fits, page_of
from lrs_platform_tests.conftest import Platform

pytestmark = pytest.mark.browser

WIDE: ViewportSize = {"width": 1280, "height": 860}
NARROW: ViewportSize = {"width": 390, "height": 844}
NO_PAGES = re.compile(
    r"/ui/(sqlpad|test-reminders$|.*\{)"
)  # of somebody else; figures; those of a thing: tested beside


def test_every_report_opens_is_accessible_and_fits(platform: Platform, browser: Browser) -> None:
    with page_of(platform, browser) as page:
        for name, report in catalogue().items():
            page.goto(f"/ui/reports/{name}")
            expect(page.get_by_role("heading", level=1)).to_have_text(report.title)
            expect(page.get_by_role("status")).to_contain_text(re.compile("Rows|No rows"))
            drawn(page)
            assert _found_fault_with(page) == [], name


def test_every_other_page_is_accessible_and_fits(platform: Platform, browser: Browser) -> None:
    with page_of(platform, browser, expected=503) as page:  # /health, where a part is slow just then
        routes = page.request.get("/openapi.json").json()["paths"]
        paths = [path for path, methods in routes.items() if "get" in methods and _is_page(path)]
        assert {"/ui", "/ui/nlp-query", "/ui/db-terminal", "/ui/learners", "/health"} <= set(paths)
        for path in paths:
            page.goto(path)
            expect(page.get_by_role("heading").first).to_be_visible(timeout=PATIENCE)
            assert _found_fault_with(page) == [], path


def _is_page(path: str) -> bool:
    return path == "/health" or (path.startswith("/ui") and not NO_PAGES.match(path))


def _found_fault_with(page: Page) -> list[str]:
    """What is wrong with a page as it stands: in light, in dark on a phone, and whether it is wider than that phone."""
    found = [f"light: {each}" for each in violations(page)]
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(NARROW)
    found += [f"dark, phone: {each}" for each in violations(page)]
    found += [] if fits(page) else ["wider than a phone"]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)
    return found
