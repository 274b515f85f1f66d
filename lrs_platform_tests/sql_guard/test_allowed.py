"""What people ask passes the guard, unchanged but for comments, and names the views it reads."""

from __future__ import annotations

import pytest

from lrs_platform.sql_guard import check
from lrs_platform.sql_guard.estimate import estimate_of
from lrs_platform.ui.prebuilt import prebuilt_queries
from lrs_platform_tests.sql_guard.useful import USEFUL
from lrs_platform_tests.test_architecture import ROOT

PREBUILT = prebuilt_queries(ROOT / "deploy" / "sqlpad" / "seed" / "queries")


@pytest.mark.parametrize("sql", USEFUL, ids=[sql[:60] for sql in USEFUL])
def test_it_passes(sql: str) -> None:
    guarded = check(sql)
    assert guarded.text.split() == sql.rstrip(";").split() or "--" in sql or "/*" in sql


@pytest.mark.parametrize("query", PREBUILT, ids=[query["query_id"] for query in PREBUILT])
def test_prebuilt_queries_pass(query: dict[str, str]) -> None:
    assert check(query["sql"]).views


def test_there_are_as_many_as_promised() -> None:
    assert len(set(USEFUL)) == len(USEFUL) >= 100
    assert len(PREBUILT) >= 10


@pytest.mark.parametrize(
    ("sql", "views"),
    [
        ("select 1", set()),
        ("select * from report.event e join daily_activity using (verb_id)", {"event", "daily_activity"}),
        ("with event as (select 1) select * from event", set()),
        ("select * from generate_series(1, 2)", set()),
        ("select (select max(day) from report.daily_activity)", {"daily_activity"}),
    ],
)
def test_it_tells_which_views_are_read(sql: str, views: set[str]) -> None:
    assert check(sql).views == views


def test_comments_become_spaces_so_that_places_stay() -> None:
    sql = "select /* a\nb */ 1 -- c\n, 'd -- e' ;"
    assert check(sql).text == "select     \n     1     \n, 'd -- e'"


def test_a_plan_is_read_and_nothing_else_is_taken_for_one() -> None:
    plan = [{"Plan": {"Node Type": "Limit", "Total Cost": 7.5, "Plan Rows": 3, "Output": ["a", "b"],
             "Plans": [{"Node Type": "Function Scan", "Total Cost": 5, "Plan Rows": 900}]}}]  # fmt: skip
    estimate = estimate_of(plan)
    assert (estimate.cost, estimate.columns, estimate.widest_rows, estimate.function_rows) == (7.5, 2, 900, 900)
    nonsense: object
    for nonsense in (None, [], [{}], [{"Plan": {"Node Type": "Limit"}}], "text"):
        with pytest.raises(ValueError, match="no plan"):
            estimate_of(nonsense)
