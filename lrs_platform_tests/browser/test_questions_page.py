"""The page for questions as a person uses it: asks, sees how it was read, corrects it, picks what was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from lrs_platform_tests.browser.accessibility import violations
from lrs_platform_tests.browser.test_streaming_page import DESKTOP, PHONE, logged_in
from lrs_platform_tests.conftest import Platform

pytestmark = pytest.mark.browser
PATIENCE = 60_000


@pytest.mark.parametrize(("name", "options"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_one_asks_sees_the_reading_and_corrects_it(
    platform: Platform, browser: Browser, reports: Path, name: str, options: dict[str, Any]
) -> None:
    with logged_in(platform, browser, **options) as page:
        page.goto("/ui/nlp-query")
        page.locator("#question").fill("completion rate by lesson")
        page.keyboard.press("Enter")
        expect(page.locator("#answer")).to_contain_text("Completion rate, by lesson", timeout=PATIENCE)
        expect(page.locator("#doubt")).to_be_hidden()
        page.screenshot(path=reports / f"questions-{name}.png", full_page=True)
        page.get_by_label("by", exact=True).first.select_option("cohort")
        expect(page.locator("#answer")).to_contain_text("Completion rate, by cohort", timeout=PATIENCE)
        page.locator("#question").fill("and the pass rate?")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator("#answer")).to_contain_text("Pass rate, by cohort", timeout=PATIENCE)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


TEN = (
    ("How many learners are active by week?", "Active learners, by week"),
    ("and by month?", "Active learners, by month"),
    ("completion rate by cohort", "Completion rate, by cohort"),
    ("Which lesson has the lowest pass rate?", "Pass rate, by lesson, the lowest"),
    ("Who is stuck?", "Stalled learners, by learner"),
    ("Why are people blocked?", "Stalled learners, by reason"),
    ("How many people are at risk?", "with segment at risk"),
    ("Which questions are the hardest?", "Share of right answers, by card, the lowest 10 first"),
    ("How many comments did people write?", "Written responses"),
    ("How many hours did people learn last month?", "Hours spent learning in total, from"),
)


def test_ten_questions_are_asked_one_is_corrected_and_the_answer_is_accessible(
    platform: Platform, browser: Browser
) -> None:
    with logged_in(platform, browser, **DESKTOP) as page:
        page.goto("/ui/nlp-query")
        for question, reading in TEN:
            page.locator("#question").fill(question)
            page.keyboard.press("Enter")
            expect(page.locator("#answer")).to_contain_text(reading, timeout=PATIENCE)
        page.get_by_label("Add a breakdown or a restriction").select_option("by:lesson")
        expect(page.locator("#answer")).to_contain_text("Hours spent learning in total, by lesson", timeout=PATIENCE)
        assert violations(page) == []
        page.emulate_media(color_scheme="dark")
        assert violations(page) == []


def test_what_is_doubtful_says_so_and_offers_what_else_was_meant(platform: Platform, browser: Browser) -> None:
    with logged_in(platform, browser, **DESKTOP) as page:
        page.goto("/ui/nlp-query")
        page.locator("#question").fill("complition of lessns over time")
        page.keyboard.press("Enter")
        expect(page.get_by_text("I am not certain")).to_be_visible(timeout=PATIENCE)
        offers = page.locator("#offers button")
        expect(offers.first).to_be_visible()
        wanted = offers.first.text_content() or ""
        offers.first.click()
        expect(page.locator("#answer")).to_contain_text(wanted, timeout=PATIENCE)
        expect(page.locator("#meant")).to_be_hidden()


def test_what_is_not_understood_is_not_answered(platform: Platform, browser: Browser) -> None:
    with logged_in(platform, browser, **DESKTOP) as page:
        page.goto("/ui/nlp-query")
        page.locator("#question").fill("<img src=x onerror=alert(1)> what is the weather?")
        page.keyboard.press("Enter")
        expect(page.locator("#answer")).not_to_be_empty(timeout=PATIENCE)
        expect(page.locator("#rows")).to_be_hidden()
        expect(page.locator("#result img")).to_have_count(0)
