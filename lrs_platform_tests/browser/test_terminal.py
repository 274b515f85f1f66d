"""The SQL terminal as people use it: write, run, chart, save, share, download, cancel; by keyboard, in the dark, on a
phone.
"""

from __future__ import annotations

import csv
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from lrs_platform_tests.browser.accessibility import violations
from lrs_platform_tests.conftest import Platform

pytestmark = pytest.mark.browser

TERMINAL = "/ui/db-terminal"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
DARK: dict[str, Any] = {**DESKTOP, "color_scheme": "dark"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
NUMBERS = "select n, n * n as square, 'row ' || n as name from generate_series(1, 20) as n"
SLOW = "select count(*) from generate_series(1, 9000000) as n where md5(md5(md5(n::text))) < '1'"
BIG = (
    "select n, n * 2 as a, n * 3 as b, md5(n::text) as c, n % 2 = 0 as d, 'row ' || n as e, n * 4 as f, n * 5 as g,"
    " date '2026-01-01' + n % 365 as h, null as i from generate_series(1, 10000) as n"
)
REFUSED = re.compile(r"status of 422")  # the browser's own note of an answer that refuses


@contextmanager
def terminal(platform: Platform, browser: Browser, query: str = "", **options: Any) -> Iterator[Page]:
    """The page, logged in. Afterwards: nothing was blocked and no script failed."""
    context = browser.new_context(base_url=platform.urls["gateway"], **{**DESKTOP, **options})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    try:
        page.goto(f"/login?token={platform.admin_token}")
        page.goto(TERMINAL + query)
        # A phone shows the lists only when asked to.
        listed = page.get_by_role("button", name="Lesson funnel", include_hidden=True)
        expect(listed).to_be_attached(timeout=30_000)
        yield page
        assert [text for text in complaints if not REFUSED.search(text)] == []
    finally:
        context.close()


def write(page: Page, sql: str) -> None:
    """Into the editor, as by hand but at once."""
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(sql)
    page.keyboard.press("Escape")


def run(page: Page, sql: str) -> None:
    """Write it, run it, and wait for its rows."""
    write(page, sql)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#told b")).to_be_visible(timeout=60_000)
    expect(page.locator("#run")).to_be_enabled()


def column(page: Page, number: int) -> list[str]:
    """What a column shows, from the top."""
    return page.locator(f'.row .cell[aria-colindex="{number}"]').all_inner_texts()


def test_a_query_is_written_run_and_sorted(platform: Platform, browser: Browser, reports: Path) -> None:
    with terminal(platform, browser) as page:
        page.screenshot(path=reports / "terminal-empty.png")
        run(page, NUMBERS)
        expect(page.locator("#told")).to_contain_text("20 rows")
        assert column(page, 2)[:3] == ["1", "4", "9"]
        page.get_by_role("columnheader", name="square").click()
        page.get_by_role("columnheader", name="square").click()
        assert column(page, 2)[:2] == ["400", "361"]
        expect(page.get_by_role("columnheader", name="square")).to_have_attribute("aria-sort", "descending")
        page.get_by_role("columnheader", name="name").click()
        assert column(page, 3)[:3] == ["row 1", "row 2", "row 3"]  # 2 before 10: numbers in names count
        page.screenshot(path=reports / "terminal-table.png")


def test_names_are_completed_from_the_schema(platform: Platform, browser: Browser, reports: Path) -> None:
    with terminal(platform, browser) as page:
        write(page, "select * from report.lesson_funnel as f where f.")
        page.keyboard.press("Control+ ")
        expect(page.get_by_role("option", name="assigned bigint", exact=True)).to_be_visible()
        page.screenshot(path=reports / "terminal-completion.png")
        page.keyboard.type("coh")
        expect(page.get_by_role("option")).to_have_count(2)
        page.keyboard.press("Enter")
        assert "f.cohort" in page.locator(".CodeMirror-code").inner_text()


def test_a_refusal_says_why_and_marks_the_place(platform: Platform, browser: Browser, reports: Path) -> None:
    with terminal(platform, browser) as page:
        write(page, "select learner,\n  pg_sleep(10)\nfrom report.event")
        page.keyboard.press("Control+Enter")
        problem = page.get_by_role("alert").filter(has_text="pg_sleep")
        expect(problem).to_contain_text("Line 2")
        expect(problem).to_contain_text("hold a connection")
        expect(page.locator(".wrong")).to_have_text("pg_sleep")
        page.screenshot(path=reports / "terminal-refused.png")
        assert violations(page) == []
        write(page, "select 1")
        expect(page.locator(".wrong")).to_have_count(0)


def test_a_chart_is_suggested_and_can_be_changed(platform: Platform, browser: Browser, reports: Path) -> None:
    with terminal(platform, browser) as page:
        run(page, "select day::date, n % 3 as kind, n from generate_series(1, 30) as n,"
                  " lateral (select date '2026-01-01' + n) as d (day)")  # fmt: skip
        page.get_by_role("tab", name="Chart").click()
        chart = page.locator(".chart-place svg")
        expect(chart).to_be_visible(timeout=30_000)
        expect(page.get_by_role("combobox", name="Along")).to_have_value("day")
        expect(page.get_by_role("combobox", name="Chart")).to_have_value("line")
        page.get_by_role("combobox", name="Chart").select_option("Bars")
        expect(page.locator(".mark-rect path").first).to_be_attached()
        assert page.locator(".mark-rect path").count() == 30
        page.screenshot(path=reports / "terminal-chart.png")
        assert violations(page) == []


def test_a_query_is_saved_with_its_chart_opened_by_its_link_and_removed(platform: Platform, browser: Browser) -> None:
    name = f"Squares {uuid.uuid4()}"
    with terminal(platform, browser) as page:
        run(page, NUMBERS)
        page.get_by_role("tab", name="Chart").click()
        page.get_by_role("combobox", name="Chart").select_option("Areas")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("textbox", name="Name").fill(name)
        page.get_by_label("Others may see it").check()
        page.locator("#save-form").get_by_role("button", name="Save").click()
        expect(page.locator("#name")).to_have_text(name)
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-current", "true")
        page.get_by_role("button", name="Share").click()
        link = page.get_by_label("Link", exact=True).input_value()
        assert "?q=" in link
        page.locator("#share-copy").click()
        expect(page.locator("#share-told")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == link
    with terminal(platform, browser, link.partition(TERMINAL)[2]) as page:
        expect(page.locator("#name")).to_have_text(name)
        expect(page.locator("#told")).to_contain_text("20 rows", timeout=60_000)
        expect(page.locator(".chart-place svg")).to_be_visible(timeout=30_000)
        expect(page.get_by_role("combobox", name="Chart")).to_have_value("area")
        write(page, "select 1")
        expect(page.locator("#state")).to_have_text("changed")
        page.get_by_role("button", name=f"Remove {name}").click()
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)


def test_a_link_can_hold_the_text_and_runs_nothing_by_itself(platform: Platform, browser: Browser) -> None:
    with terminal(platform, browser) as page:
        write(page, "select 'größe' as \"名前\"")
        page.get_by_role("button", name="Share").click()
        link = page.get_by_label("Link", exact=True).input_value()
        assert "#sql=" in link
    with terminal(platform, browser, link.partition(TERMINAL)[2]) as page:
        expect(page.locator(".CodeMirror-code")).to_contain_text("select 'größe' as \"名前\"")
        expect(page.locator("#told")).to_contain_text("read it, then run it")
        expect(page.locator(".row")).to_have_count(0)


def test_rows_are_downloaded_as_they_are_sorted(platform: Platform, browser: Browser, tmp_path: Path) -> None:
    with terminal(platform, browser) as page:
        run(
            page,
            """select * from (values (2, 'a "b", c', null), (1, '=1+1', true), (3, '-5', false)) as t (n, text, f)""",
        )
        page.get_by_role("columnheader", name="n", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        download.value.save_as(tmp_path / "rows.csv")
        with (tmp_path / "rows.csv").open(newline="", encoding="utf-8") as file:
            assert list(csv.reader(file)) == [
                ["n", "text", "f"], ["1", "'=1+1", "true"], ["2", 'a "b", c', ""], ["3", "-5", "false"],
            ]  # fmt: skip
        with page.expect_download() as download:
            page.get_by_role("button", name="JSON").click()
        download.value.save_as(tmp_path / "rows.json")
        rows = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
        assert rows[0] == {"n": 1, "text": "=1+1", "f": True}
        assert download.value.suggested_filename == "query.json"


def test_a_running_query_is_cancelled(platform: Platform, browser: Browser, reports: Path) -> None:
    with terminal(platform, browser) as page:
        write(page, SLOW)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#told")).to_contain_text("Running", timeout=10_000)
        page.screenshot(path=reports / "terminal-running.png")
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#told")).to_have_text("Cancelled.")
        expect(page.locator("#cancel")).to_be_hidden()
        run(page, "select 1 as alive")


def test_a_hundred_thousand_cells_are_shown_and_few_are_in_the_page(
    platform: Platform, browser: Browser, reports: Path
) -> None:
    with terminal(platform, browser) as page:
        run(page, BIG)
        expect(page.locator("#told")).to_contain_text(re.compile(r"10,000 rows"))
        assert page.locator(".grid .cell").count() < 1_000
        expect(page.locator("#grid")).to_have_attribute("aria-rowcount", "10001")
        page.locator("#grid").focus()
        page.keyboard.press("Control+End")
        expect(page.locator('.cell.active[aria-colindex="10"]')).to_be_visible()
        expect(page.locator('.row[aria-rowindex="10001"] .cell').first).to_have_text("10000")
        page.screenshot(path=reports / "terminal-big.png")


def test_numbers_beyond_a_float_and_hostile_texts_are_shown_as_they_are(platform: Platform, browser: Browser) -> None:
    with terminal(platform, browser) as page:
        run(
            page,
            "select 9007199254740993 as big, 1.50 as price, 0.12345678901234567890 as exact,"
            " '<img src=x onerror=alert(1)>' as text, json_build_array(1) as data, null as nothing",
        )
        cells = page.locator(".row .cell").all_inner_texts()
        assert cells[0] == "9007199254740993"
        assert cells[2] == "0.12345678901234567890"
        assert cells[3] == "<img src=x onerror=alert(1)>"
        assert cells[4:] == ["[1]", "null"]
        assert page.locator(".grid img").count() == 0


def test_everything_is_reached_by_keyboard(platform: Platform, browser: Browser) -> None:
    with terminal(platform, browser) as page:
        run(page, NUMBERS)
        page.keyboard.press("Tab")  # out of the editor: no trap
        assert page.evaluate("!document.activeElement.closest('.CodeMirror')")
        page.locator("#grid").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".cell.active")).to_have_text("4")
        active = page.locator("#grid").get_attribute("aria-activedescendant")
        assert page.locator(f"#{active}").inner_text() == "4"
        page.keyboard.press("Enter")
        expect(page.locator("#value-text")).to_have_text("4")
        page.keyboard.press("Escape")
        page.keyboard.press("s")
        expect(page.get_by_role("columnheader", name="square")).to_have_attribute("aria-sort", "ascending")
        page.get_by_role("tab", name="Queries").focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name="Views")).to_be_focused()
        expect(page.get_by_text("lesson_funnel", exact=True)).to_be_visible()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".list")).to_contain_text("generate_series")


def test_the_lists_are_searched_and_insert_what_is_chosen(platform: Platform, browser: Browser) -> None:
    with terminal(platform, browser) as page:
        page.get_by_role("tab", name="Views").click()
        page.get_by_label("Find in this list").fill("retention")
        page.get_by_text("cohort_retention", exact=True).click()
        page.get_by_role("button", name="Show 100 rows").first.click()
        expect(page.locator(".CodeMirror-code")).to_contain_text("from report.cohort_retention")
        expect(page.locator("#grid")).to_be_visible(timeout=60_000)


@pytest.mark.parametrize(("name", "options"), [("light", DESKTOP), ("dark", DARK), ("phone", {**DARK, **PHONE})])
def test_it_is_readable_everywhere(
    platform: Platform, browser: Browser, reports: Path, name: str, options: dict[str, Any]
) -> None:
    """No serious violation that axe-core finds, no page wider than the screen; look at the screenshots."""
    with terminal(platform, browser, "?q=seed-statements-per-day", **options) as page:
        expect(page.locator("#told b")).to_be_visible(timeout=60_000)
        page.get_by_role("tab", name="Table").click()
        page.screenshot(path=reports / f"terminal-{name}.png", full_page=True)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.get_by_role("tab", name="Chart").click()
        expect(page.locator(".chart-place svg")).to_be_visible(timeout=30_000)
        page.screenshot(path=reports / f"terminal-{name}-chart.png", full_page=True)
        assert violations(page) == []
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("textbox", name="Name")).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        if name == "phone":
            page.get_by_role("button", name="Browse").click()
            expect(page.get_by_role("button", name="Lesson funnel")).to_be_visible()
            page.screenshot(path=reports / "terminal-phone-lists.png")
