"""Reports as people use them: filtered, by keyboard alone, too, downloaded, led to their SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.reports.company import Lesson, work_through_a_lesson

pytestmark = pytest.mark.browser

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
PATIENCE = 60_000


@pytest.fixture(scope="module")
def lesson(platform: Platform) -> Lesson:
    """One lesson that somebody worked through, so that reports have rows."""
    return work_through_a_lesson(platform)


@contextmanager
def page_of(platform: Platform, browser: Browser, *, expected: int = 0, **options: Any) -> Iterator[Page]:
    """A page, logged in. Afterwards: nothing was blocked, no script failed, and no answer but those with the status
    `expected` was an error.
    """
    context = browser.new_context(base_url=platform.urls["gateway"], **{**DESKTOP, **options})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        page.goto(f"/login?token={platform.admin_token}")
        yield page
        assert [text for text in complaints if f"status of {expected} " not in text] == []
    finally:
        context.close()


def fits(page: Page) -> bool:
    """Whether the page is no wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def drawn(page: Page) -> None:
    """Wait for the chart, where the report has rows for one."""
    if page.locator(".report-chart").count():
        expect(page.locator(".report-chart svg")).to_be_visible(timeout=PATIENCE)


def test_a_value_that_does_not_fit_is_marked_at_its_field(platform: Platform, browser: Browser) -> None:
    with page_of(platform, browser, expected=400) as page:
        response = page.goto("/ui/reports/quiz_items?answers=-5")
        assert response is not None
        assert response.status == 400
        expect(page.get_by_label("Answers at least")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#wrong-answers")).to_contain_text("0 or more")


def test_what_is_filtered_is_in_the_address_and_is_what_is_downloaded(
    platform: Platform, browser: Browser, lesson: Lesson
) -> None:
    with page_of(platform, browser) as page:

        def offered() -> bool:
            page.goto("/ui/reports/free_text_responses")
            return page.locator("#field-lesson option", has_text=lesson.name).count() == 1

        wait_for(offered, 90, "the lesson among the choices, which are believed for a while")
        page.locator("#field-lesson").select_option(lesson.name)
        page.wait_for_url(re.compile("lesson="))
        expect(page.locator("tbody tr")).to_have_count(1, timeout=PATIENCE)
        expect(page.locator("tbody")).to_contain_text(lesson.text)
        assert parse_qs(urlsplit(page.url).query)["lesson"] == [lesson.name]
        address = page.url
        page.goto("/ui")
        page.goto(address)  # the address is the view
        expect(page.locator("#field-lesson")).to_have_value(lesson.name)
        expect(page.locator("tbody tr")).to_have_count(1)
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert download.value.suggested_filename == "free_text_responses.csv"
        assert len(text.splitlines()) == 2
        assert f"'{lesson.text}" in text  # no spreadsheet runs it


def test_a_report_and_a_figure_lead_to_the_sql_behind_them(platform: Platform, browser: Browser) -> None:
    with page_of(platform, browser) as page:
        page.goto("/ui")
        page.get_by_role("link", name="Query: Stalled").click()
        expect(page.locator(".CodeMirror-code")).to_contain_text("from report.stalled_learners", timeout=PATIENCE)
        page.locator("#run").click()
        expect(page.locator("#told b")).to_have_text("1 row", timeout=PATIENCE)
        page.goto("/ui/reports/retention")
        page.get_by_role("link", name="SQL", exact=True).last.click()
        expect(page.locator(".CodeMirror-code")).to_contain_text("report.cohort_retention", timeout=PATIENCE)


def test_a_report_is_filtered_by_keyboard_alone(platform: Platform, browser: Browser, lesson: Lesson) -> None:
    with page_of(platform, browser) as page:
        page.goto("/ui/reports/active_learners")
        drawn(page)
        page.locator("#field-grain").focus()
        page.keyboard.press("ArrowDown")  # from day to week
        expect(page.locator("#field-grain")).to_have_value("week")
        page.wait_for_url(re.compile("grain=week"))
        expect(page.locator("#field-grain")).to_be_focused()
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == "CSV":
                break
        assert page.evaluate("document.activeElement.textContent") == "CSV"
