"""Every report as it stands in its file: described, guarded, its chart drawn from columns that it has."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from lrs_platform.reports.catalogue import PLACE, Report, ReportFault, figures, front_matter, reports
from lrs_platform.reports.parameters import bound
from lrs_platform.sql_guard import check

REQUIRED = {
    "daily_progress", "lesson_funnel", "card_drop_off", "stalled_learners", "quiz_items", "cohort_comparison",
    "retention", "free_text_responses", "flagged_responses", "data_quality",
}  # fmt: skip
ALL = list(reports().values())
KINDS = {"bar", "bars", "line", "area", "point", "heat"}


def queries(report: Report) -> list[str]:
    """The report's queries with the values that it has when nothing is given."""
    today = datetime.date(2026, 2, 28)
    values = {each.name: each.parse(None, today=today) for each in report.parameters}
    texts = [sql for sql in (report.sql, report.chart_sql) if sql]
    return [bound(sql, report.parameters, values) for sql in texts]


def test_the_reports_that_are_promised_are_there() -> None:
    assert set(reports()) >= REQUIRED


@pytest.mark.parametrize("report", ALL, ids=lambda report: report.name)
def test_a_report_says_what_it_is_and_draws_a_chart(report: Report) -> None:
    assert report.title
    assert len(report.description) > 40
    assert report.chart is not None
    assert report.chart["kind"] in KINDS
    for parameter in report.parameters:
        assert parameter.label
        assert parameter.kind != "choice" or parameter.choices or parameter.choices_sql


@pytest.mark.parametrize("report", ALL, ids=lambda report: report.name)
def test_every_query_of_a_report_passes_the_guard_of_peoples_queries(report: Report) -> None:
    asked = [*queries(report), *(each.choices_sql for each in report.parameters if each.choices_sql)]
    for sql in asked:
        assert check(sql).views


@pytest.mark.parametrize("report", ALL, ids=lambda report: report.name)
def test_rows_come_in_an_order_of_their_own(report: Report) -> None:
    """Pages of rows would overlap otherwise."""
    assert re.search(r"\border by [^)]+$", report.sql)


def test_the_front_page_asks_one_number_a_figure() -> None:
    assert len(figures()) >= 4
    for figure in figures():
        assert check(figure.sql).views
        assert not figure.report or figure.report in reports()


def test_a_file_without_a_description_is_named(tmp_path: Path) -> None:
    for text in ("select 1", "-- just words\nselect 1", "-- a: [\nselect 1"):
        file = tmp_path / "broken.sql"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ReportFault, match=r"broken\.sql"):
            front_matter(file)


def test_every_file_of_the_folder_is_a_report_or_its_chart() -> None:
    names = {file.name.partition(".")[0] for file in PLACE.glob("*.sql")}
    assert names == set(reports())
