"""Asking through DBHub: answers as Postgres gives them, bounded, ended in time, cancelled with their caller."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lrs_platform.asking import Answer, Database
from lrs_platform.sql_guard import Rule, SqlRefused
from lrs_platform_tests.mcp.conftest import Caller, Postgres, wait_until
from lrs_platform_tests.sql_guard.conftest import ROWS
from lrs_platform_tests.sql_guard.hostile import COSTLY
from lrs_platform_tests.sql_guard.useful import USEFUL

SLOW = "select count(*) from generate_series(1, 9000000) as n where md5(md5(md5(n::text))) < '0'"


def ask(caller: Caller, database: Database, sql: str) -> Answer:
    return caller.run(database.ask(sql))


def refusal(caller: Caller, database: Database, sql: str) -> tuple[Rule, str]:
    with pytest.raises(SqlRefused) as caught:
        ask(caller, database, sql)
    return caught.value.refusal.rule, caught.value.refusal.reason


@pytest.mark.parametrize("sql", USEFUL, ids=[sql[:60] for sql in USEFUL])
def test_a_useful_query_runs(caller: Caller, database: Database, sql: str) -> None:
    answer = ask(caller, database, sql)
    assert len(answer.columns) == len(answer.types) > 0
    assert all(len(row) == len(answer.columns) for row in answer.rows())


def test_values_arrive_as_postgres_writes_them(caller: Caller, database: Database) -> None:
    answer = ask(
        caller,
        database,
        """select 1 as a, 2 as a, null as b, 'x"\\y' as c, 9007199254740993 as d, 1.50 as e, date '2026-01-31' as f,
        timestamptz '2026-01-31 12:00+01' as g, array[1, 2] as h, '{"k": [1]}'::jsonb as i, true as j,
        'NaN'::float8 as k""",
    )
    assert answer.columns == ["a", "a", *"bcdefghijk"]
    assert answer.types[3:] == [
        "text", "bigint", "numeric", "date", "timestamp with time zone", "integer[]", "jsonb", "boolean",
        "double precision",
    ]  # fmt: skip
    assert ", 1.50, " in answer.cells
    (row,) = answer.rows()
    assert row[:4] == [1, 2, None, 'x"\\y']
    assert row[4] == 9007199254740993
    assert row[6:] == ["2026-01-31", "2026-01-31T11:00:00+00:00", [1, 2], {"k": [1]}, True, "NaN"]


def test_columns_and_types_are_known_without_a_row(caller: Caller, database: Database) -> None:
    answer = ask(caller, database, "select stored, learner, score_scaled from report.event where false")
    assert answer.columns == ["stored", "learner", "score_scaled"]
    assert answer.types == ["timestamp with time zone", "text", "double precision"]
    assert (answer.row_count, answer.rows(), answer.cut) == (0, [], "")


def test_the_order_of_a_query_is_the_order_of_its_rows(caller: Caller, database: Database) -> None:
    rows = ask(caller, database, "select n from generate_series(1, 300) as n order by n % 7, n desc").rows()
    assert [n for (n,) in rows] == sorted(range(1, 301), key=lambda n: (n % 7, -n))


@pytest.mark.parametrize(("count", "cut"), [(ROWS - 1, ""), (ROWS, ""), (ROWS + 1, "rows"), (ROWS * 20, "rows")])
def test_rows_are_capped_and_the_answer_says_so(caller: Caller, database: Database, count: int, cut: str) -> None:
    answer = ask(caller, database, f"select n from generate_series(1, {count}) as n")  # noqa: S608
    assert answer.row_count == len(answer.rows()) == min(count, ROWS)
    assert answer.cut == cut


@pytest.mark.parametrize("text", ["'x'", "'\"'", "'\\'", "'é'"])
def test_bytes_are_capped_before_the_reply_is_too_long(caller: Caller, database: Database, text: str) -> None:
    answer = ask(caller, database, f"select n, repeat({text}, 1000) as t from generate_series(1, 400) as n")  # noqa: S608
    assert answer.cut == "bytes"
    assert 0 < answer.row_count == len(answer.rows()) < 400


def test_a_row_too_long_for_a_reply_is_left_out_and_the_answer_says_so(caller: Caller, database: Database) -> None:
    answer = ask(caller, database, "select string_agg(repeat('x', 1000), '') from generate_series(1, 1000)")
    assert (answer.row_count, answer.cut) == (0, "bytes")


@pytest.mark.parametrize("sql", COSTLY)
def test_what_costs_too_much_is_refused_with_the_estimate(caller: Caller, database: Database, sql: str) -> None:
    rule, reason = refusal(caller, database, sql)
    assert rule is Rule.COST
    assert any(character.isdigit() for character in reason)


def test_what_takes_too_long_is_ended(caller: Caller, database: Database) -> None:
    rule, reason = refusal(caller, database, SLOW)
    assert (rule, reason) == (Rule.TIME, "The query was ended after 2 seconds.")


@pytest.mark.parametrize(
    ("sql", "place"),
    [("select nope\nfrom report.event", 7), ("select 1 / 0", None), ("select *\nfrom report.nothing", 21)],
)
def test_what_postgres_says_is_passed_on_with_its_place(
    caller: Caller, database: Database, sql: str, place: int | None
) -> None:
    with pytest.raises(SqlRefused, match="The database says:") as caught:
        ask(caller, database, sql)
    assert caught.value.refusal.rule is Rule.DATABASE
    assert caught.value.refusal.at == place


def test_more_columns_than_are_shown_are_refused(caller: Caller, database: Database) -> None:
    many = ", ".join(str(number) for number in range(101))
    assert refusal(caller, database, f"select {many}")[0] is Rule.SIZE


def running(postgres: Postgres) -> list[Any]:
    return postgres.rows(
        "select pid from pg_stat_activity where usename = 'lrs_reader' and state <> 'idle'"
        " and query like '/* question %'"
    )


def test_a_query_ends_in_the_database_when_its_caller_is_gone(
    caller: Caller, database: Database, postgres: Postgres
) -> None:
    async def ask_and_leave() -> None:
        asked = asyncio.create_task(database.ask(SLOW))
        while not running(postgres):
            await asyncio.sleep(0.02)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    caller.run(ask_and_leave())
    wait_until(lambda: not running(postgres), "the query is gone")
    assert ask(caller, database, "select 1").rows() == [[1]]


def test_questions_wait_for_each_other_and_all_are_answered(caller: Caller, database: Database) -> None:
    async def many() -> list[Answer]:
        return await asyncio.gather(*(database.ask(f"select {number}") for number in range(12)))

    assert [answer.rows() for answer in caller.run(many())] == [[[number]] for number in range(12)]


def test_views_are_listed_with_columns_and_what_they_mean(caller: Caller, database: Database) -> None:
    views = {view.name: view for view in caller.run(database.views())}
    assert {"event", "daily_activity", "lesson_funnel"} <= set(views)
    columns = {column.name: column for column in views["event"].columns}
    assert columns["learner"].type == "text"
    assert columns["learner"].description.startswith("Pseudonym")
    assert views["event"].comment
