"""Every figure, broken down and restricted in every way that it allows, is one query that the guard lets through."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from lrs_platform.questions.compiling import compile_intent
from lrs_platform.questions.intent import Chosen, Intent, IntentInvalid, checked
from lrs_platform.questions.vocabulary import Figure, figures
from lrs_platform.sql_guard import check

TODAY = date(2026, 2, 16)
FIGURES = figures()


def some(figure: Figure) -> dict[str, tuple[Chosen, ...]]:
    """A value of everything that it can be restricted to."""
    found: dict[str, tuple[Chosen, ...]] = {}
    for name in figure.filterable:
        value: int | str = 3
        if name == "learner":
            value = "0123abcd"
        elif name in figure.mart.values:
            value = next(iter(figure.mart.values[name]))
        elif name in ("term", "status"):
            value = "it's; drop table x --"
        found[name] = (Chosen(value, "x'; drop table y; --"),)
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_every_reading_of_a_figure_passes_the_guard(name: str) -> None:
    figure = FIGURES[name]
    days: dict[str, Any] = {"from_day": date(2026, 1, 1), "to_day": TODAY} if figure.metric.time else {}
    for number, by in enumerate([(), *((each,) for each in figure.dimensions), figure.dimensions[:2]]):
        filters = some(figure) if number % 2 == 0 else {}
        order: Any = ("", "asc", "desc")[number % 3]
        intent = Intent(figure=name, by=by, filters=filters, order=order, limit=5 if by else None, **days)
        sql = compile_intent(intent, today=TODAY)
        assert check(sql).views
        assert "x'" not in sql, "names never become SQL"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"figure": "lesson_progress.salary"}, "no figure"),
        ({"by": ("segment",)}, "cannot be broken down"),
        ({"by": ("lesson_id; drop table x",)}, "cannot be broken down"),
        ({"filters": {"segment": (Chosen("new", "new"),)}}, "knows no"),
        ({"filters": {"lesson": (Chosen("1 or 1=1", "x"),)}}, "by its number"),
        ({"filters": {"lesson": (Chosen(-1, "x"),)}}, "by its number"),
        ({"filters": {"lesson": ()}}, "0 values"),
        ({"filters": {"learner": (Chosen("%' or true --", "x"),)}}, "pseudonym"),
        ({"from_day": date(2026, 2, 1), "to_day": date(2026, 1, 1)}, "first day comes after"),
        ({"limit": 10**9}, "limit is"),
    ],
)
def test_an_intent_that_makes_no_sense_is_refused_in_words(changes: dict[str, Any], says: str) -> None:
    intent = msgspec.structs.replace(Intent(figure="lesson_progress.completion_rate"), **changes)
    with pytest.raises(ValueError, match=says):
        checked(intent)


def test_the_lowest_of_some_days_may_have_none_at_all() -> None:
    intent = Intent(
        figure="lesson_progress.opened_learners",
        by=("lesson",),
        from_day=date(2026, 2, 9),
        to_day=date(2026, 2, 15),
        order="asc",
        limit=1,
    )
    lowest = compile_intent(intent, today=TODAY)
    condition = lowest.partition("WHERE\n  lesson_progress.cohort_id")[2]
    assert condition  # what is not of everybody is left out
    assert "2026-02-09" not in condition.partition("GROUP BY")[0]  # but lessons without anybody on these days are not
    highest = compile_intent(msgspec.structs.replace(intent, order="desc"), today=TODAY)
    assert "2026-02-09" in highest.partition("WHERE")[2].partition("GROUP BY")[0]


def test_days_are_not_asked_of_what_is_as_it_stands_now() -> None:
    with pytest.raises(IntentInvalid, match="as it stands now"):
        checked(Intent(figure="stalled_learners.stalled", from_day=TODAY))
