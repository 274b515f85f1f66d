"""Parameters of reports: what is taken, what is refused and why, and that no value is ever more than a value."""

from __future__ import annotations

import datetime

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from lrs_platform.reports.parameters import Kind, Parameter, ParameterRefused, Value, bound, literal
from lrs_platform_tests.sql_guard.hostile import CASES

TODAY = datetime.date(2026, 2, 28)
DAY = Parameter("since", "date", "Since")
NUMBER = Parameter("answers", "integer", "Answers", least=0, most=100)
TEXT = Parameter("lesson", "text", "Lesson")
GRAIN = Parameter("grain", "choice", "By", default="day", choices=("day", "week"))


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (DAY, "2026-01-31", datetime.date(2026, 1, 31)),
        (DAY, "today", TODAY),
        (DAY, "today-28", datetime.date(2026, 1, 31)),
        (DAY, "", None),
        (DAY, None, None),
        (NUMBER, " 30 ", 30),
        (NUMBER, "0", 0),
        (TEXT, "O'Neill's größe 🧑\u200d🎓", "O'Neill's größe 🧑\u200d🎓"),
        (GRAIN, None, "day"),
        (GRAIN, "", None),
        (GRAIN, "week", "week"),
    ],
)
def test_what_fits_is_taken(parameter: Parameter, text: str | None, value: Value) -> None:
    assert parameter.parse(text, today=TODAY) == value


@pytest.mark.parametrize(
    ("parameter", "text", "says"),
    [
        (DAY, "31.1.2026", "2026-01-31"),
        (DAY, "2026-02-30", "day"),
        (DAY, "2026-W05-1", "day"),
        (DAY, "today+1", "today-7"),
        (NUMBER, "1.5", "whole number"),
        (NUMBER, "-1", "0 or more"),
        (NUMBER, "101", "100 or less"),
        (NUMBER, "9" * 400, "whole number"),
        (NUMBER, "٣", "whole number"),
        (TEXT, "x" * 201, "200 characters"),
        (TEXT, "a\x00b", "invisible"),
        (TEXT, "a\u202eb", "invisible"),
        (GRAIN, "year", "day, week"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(parameter: Parameter, text: str, says: str) -> None:
    with pytest.raises(ParameterRefused, match=says) as refused:
        parameter.parse(text, today=TODAY)
    assert refused.value.parameter == parameter.name


@given(st.one_of(st.text(max_size=200), st.sampled_from(["'", "''", "\\'", "');--", "$$", "%(lesson)s", "/*", "%s"])))
@settings(max_examples=300, deadline=None)
def test_a_text_is_one_literal_with_that_text_and_nothing_else(text: str) -> None:
    try:
        value = TEXT.parse(text, today=TODAY)
    except ParameterRefused:
        return
    sql = bound("select %(lesson)s as one", (TEXT,), {"lesson": value})
    cast = sqlglot.parse_one(sql, dialect="postgres").find(exp.Cast)
    assert cast is not None
    if value is None:
        assert isinstance(cast.this, exp.Null)
    else:
        assert isinstance(cast.this, exp.Literal)
        assert cast.this.this == value


@pytest.mark.parametrize(
    ("kind", "value", "sql"),
    [
        ("integer", 7, "7::bigint"),
        ("date", TODAY, "'2026-02-28'::date"),
        ("text", "it's", "'it''s'::text"),
        ("choice", None, "null::text"),
    ],
)
def test_each_type_has_its_literal(kind: Kind, value: Value, sql: str) -> None:
    assert literal(kind, value) == sql


def test_hostile_queries_are_only_texts() -> None:
    for case in CASES:
        text = case.sql[:200]
        try:
            value = TEXT.parse(text, today=TODAY)
        except ParameterRefused:
            continue
        tree = sqlglot.parse_one(bound("select %(lesson)s", (TEXT,), {"lesson": value}), dialect="postgres")
        assert len(list(tree.find_all(exp.Select))) == 1
