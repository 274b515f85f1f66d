"""How far the schema is from Citus: docs/scale.md lists every unique key that lacks the column by which its table would
be distributed, and the list is that of the running database.
"""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from lrs_platform_tests.conftest import Platform

PAGE = Path(__file__).resolve().parents[2] / "docs/scale.md"
BY_LEARNER = "learner_id"
NOT_BY_LEARNER = {"core.learner_merge", "core.change"}  # of the upkeep, on the coordinator
BY_STATEMENT = {"lrs.statement", "core.event", "lrs.reference"}
UNIQUE_KEYS = """select indrelid::regclass::text, array(
    select coalesce(attname::text, '(expression)') from unnest(indkey::int[]) with ordinality as part (number, place)
    left join pg_attribute on attrelid = indrelid and attnum = number order by place
) from pg_index where indisunique and indrelid::regclass::text = any(%s) order by 1, 2"""


@pytest.fixture(scope="module")
def columns(platform: Platform) -> dict[str, set[str]]:
    """Tables of the warehouse with their columns."""
    with psycopg.connect(platform.admin_database_url) as connection:
        rows = connection.execute(
            "select attrelid::regclass::text, array_agg(attname::text) from pg_attribute"
            " join pg_class on pg_class.oid = attrelid where relkind = 'r' and attnum > 0 and not attisdropped"
            " and relnamespace::regnamespace::text in ('lrs', 'core', 'mart', 'outreach') group by 1"
        ).fetchall()
    return {table: set(names) for table, names in rows}


def distribution(columns: dict[str, set[str]]) -> dict[str, str]:
    """Each table that would be distributed, and by which column."""
    by_learner = {
        table: BY_LEARNER for table, names in columns.items() if BY_LEARNER in names and table not in NOT_BY_LEARNER
    }
    return by_learner | dict.fromkeys(BY_STATEMENT, "statement_id")


def lacking(platform: Platform, wanted: dict[str, str]) -> set[str]:
    """Unique keys without the column, as the page writes them."""
    with psycopg.connect(platform.admin_database_url) as connection:
        keys = connection.execute(UNIQUE_KEYS, (sorted(wanted),)).fetchall()
    return {f"`{table}` ({', '.join(names)})" for table, names in keys if wanted[table] not in names}


def test_the_page_lists_every_key_that_lacks_the_column_and_no_other(
    platform: Platform, columns: dict[str, set[str]]
) -> None:
    block = re.findall(
        r"<!-- citus: begin -->(.*)<!-- citus: end -->", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL
    )[0]
    listed = set(re.findall(r"`[\w.]+` \([^)]*\)", block))
    assert listed == lacking(platform, distribution(columns))


def test_most_answers_by_learner_could_be_distributed_as_they_are(
    platform: Platform, columns: dict[str, set[str]]
) -> None:
    wanted = distribution(columns)
    marts = {table for table in wanted if table.startswith("mart.")}
    in_the_way = {re.findall(r"`([\w.]+)`", key)[0] for key in lacking(platform, wanted)}
    assert len(marts) >= 10
    assert len(marts - in_the_way) > 2 * len(marts & in_the_way)
    assert not BY_STATEMENT & in_the_way
