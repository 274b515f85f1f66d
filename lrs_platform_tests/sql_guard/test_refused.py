"""No hostile query passes the guard; each refusal says by which rule, why, and what to do."""

from __future__ import annotations

import re

import pytest

from lrs_platform.sql_guard import Rule, SqlRefused, check
from lrs_platform_tests.sql_guard.hostile import CASES, COSTLY, LONG, TO_ITSELF, Case


@pytest.mark.parametrize("case", CASES, ids=[case.label for case in CASES])
def test_it_is_refused_in_words_for_people(case: Case) -> None:
    with pytest.raises(SqlRefused) as caught:
        check(case.sql)
    refusal = caught.value.refusal
    assert refusal.reason.endswith(".")
    assert refusal.advice.endswith((".", "?"))
    assert len(refusal.reason) < 400  # it does not repeat a query of any length
    assert refusal.at is None or 0 <= refusal.at <= len(case.sql)


def test_there_are_more_cases_than_anyone_would_make_up_on_the_spot() -> None:
    assert len({case.sql for case in CASES}) == len(CASES) > 200


@pytest.mark.parametrize("sql", TO_ITSELF)
def test_what_a_role_may_always_do_to_itself_is_refused(sql: str) -> None:
    with pytest.raises(SqlRefused):
        check(sql)


@pytest.mark.parametrize("sql", COSTLY)
def test_the_guard_leaves_cost_to_the_planner(sql: str) -> None:
    check(sql)


@pytest.mark.parametrize(
    ("sql", "rule", "place", "words"),
    [
        ("select 1;\ndelete from x", Rule.STATEMENT, (1, 9), "One query is run at a time"),
        ("select a,\n  pg_sleep(1)\nfrom report.event", Rule.FUNCTION, (2, 3), "hold a connection"),
        ("select cuont(*) from report.event", Rule.FUNCTION, (1, 8), "Did you mean count?"),
        ("select *\nfrom lrs.statement", Rule.SCHEMA, (2, 6), "views of schema report"),
        ("drop table x", Rule.STATEMENT, (1, 1), "begins with DROP"),
        ("select repeat('x', n) from report.event", Rule.SIZE, (1, 8), "plain number up to 1000"),
        ("select größe from report.event", Rule.TEXT, (1, 10), "double quotes"),
        ("select E'a'", Rule.TEXT, (1, 8), "single quotes alone"),
        ("select 1 from a b c d", Rule.SYNTAX, None, "not understood as SQL"),
        (f"select '{LONG}'", Rule.SIZE, None, "1,000,009 characters"),
    ],
)
def test_a_refusal_names_the_rule_and_the_place(
    sql: str, rule: Rule, place: tuple[int, int] | None, words: str
) -> None:
    with pytest.raises(SqlRefused, match=re.escape(words)) as caught:
        check(sql)
    told = caught.value.refusal.as_json(sql)
    assert told["rule"] == rule.value
    if place:
        assert (told["line"], told["column"]) == place
