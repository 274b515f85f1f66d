"""Whatever text comes, the guard answers with a verdict; and dressing a hostile query up does not change it."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lrs_platform.sql_guard import Guarded, SqlRefused, check
from lrs_platform.sql_guard.framing import to_run
from lrs_platform.sql_guard.functions import FUNCTIONS, TYPES
from lrs_platform_tests.sql_guard.hostile import CASES
from lrs_platform_tests.sql_guard.useful import USEFUL

WORDS = """
    select from where with as union all case when then else end not and or in exists lateral values table into for
    update recursive delete set ( ( ) ) [ ] , , . ; :: ' '' " -- /* */ $$ $1 E' U&' \\ = - + * % ? @> ->> report.event
    lrs.statement pg_authid pg_sleep(1) x "x" 'a' 1 1.5 é \uff1b
"""
PIECES = [*WORDS.split(), "\n", "\u00a0", *sorted(FUNCTIONS)[:40], *sorted(TYPES)[:10]]
SOUP = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)
SHORT = [case.sql for case in CASES if 0 < len(case.sql.strip()) < 300 and case.attempt != "characters"]


def verdict(sql: str) -> Guarded | None:
    try:
        return check(sql)
    except SqlRefused as refused:
        assert refused.refusal.reason
        return None


@settings(max_examples=400, deadline=None)
@given(st.one_of(SOUP, st.text(max_size=200), st.text(alphabet=string.printable, max_size=200)))
@example("select '")
@example("\ud800")
def test_any_text_gets_a_verdict(text: str) -> None:
    verdict(text)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(USEFUL), st.integers(0, 400), st.sampled_from(PIECES), st.integers(0, 30))
def test_a_changed_query_gets_a_verdict_and_stays_within_its_frame(sql: str, at: int, piece: str, cut: int) -> None:
    """What passes has no semicolon outside quotes and closes no bracket that it did not open."""
    from uuid import UUID

    from lrs_platform.sql_guard.lexing import tokens_of

    at %= len(sql) + 1
    guarded = verdict(sql[:at] + piece + sql[at + cut :])
    if guarded is None:
        return
    framed = to_run(guarded, columns=1, rows=1, most_bytes=1, question=UUID(int=0))
    _, tokens = tokens_of(framed, most=100_000)
    depth = 0
    for token in tokens:
        assert not token.is_symbol(";")
        depth += token.is_symbol("(") - token.is_symbol(")")
        assert depth >= 0
    assert depth == 0


def _spread(sql: str, gap: str) -> str:
    """The same query with other space between its words; texts keep theirs, as far as it matters here."""
    return sql if "'" in sql or '"' in sql or "--" in sql else gap.join(sql.split(" "))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SHORT),
    st.sampled_from(["\n", "\t", "  ", " /**/ ", "/* ' */", " -- ;\n", "\r\n"]),
    st.sampled_from(["", "/* select 1 */ ", "-- select 1\n", "\n\n", "("]),
    st.sampled_from(["", ";", " -- end", " /* end */", ";;", ")"]),
    st.sampled_from([str, str.upper, str.title]),
)
def test_a_hostile_query_stays_hostile_however_it_is_dressed(
    sql: str, gap: str, before: str, after: str, case: object
) -> None:
    cased = case(sql) if callable(case) and "'" not in sql else sql
    assert verdict(before + _spread(str(cased), gap) + after) is None


@pytest.mark.parametrize("sql", [sql for sql in USEFUL if "'" not in sql and '"' not in sql and "--" not in sql][:60])
def test_a_useful_query_stays_useful_in_capitals_and_with_comments(sql: str) -> None:
    assert verdict(_spread(sql.upper(), " /* why */ ")) is not None
