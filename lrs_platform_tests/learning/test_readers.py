"""What readers see of the marts, and that model, tables, views and comments say the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from lrs_platform.semantic_model import MODEL_FILE as FILE
from lrs_platform.semantic_model import ModelError, parse, semantic_model
from lrs_platform.warehouse.marts import select_of
from lrs_platform.warehouse.marts.page import PAGE, page
from lrs_platform_tests.learning.conftest import new_warehouse
from lrs_platform_tests.learning.history import START, Event, Warehouse
from lrs_platform_tests.mcp.conftest import Postgres

MODEL = semantic_model()
WRITTEN = "My address is ann@example.com and I want to quit"
# How a column of a mart is called where readers see it.
SHOWN = {
    "learner_id": ("learner",),
    "lesson_id": ("lesson_id", "lesson"),
    "cohort_id": ("cohort_id", "cohort"),
    "card_id": ("card_id", "card"),
    "last_card_id": ("last_card_id", "last_card"),
    "card_ids": (),
}
ADDED = {"flagged_responses": ("reviewed",)}


@pytest.fixture(scope="module")
def read(learning_postgres: Postgres) -> Iterator[Warehouse]:
    for warehouse in new_warehouse(learning_postgres):
        warehouse.rows_changed("insert into core.word_list (term, severity) values ('quit', 'high')")
        warehouse.load([Event(who="ann", verb="answered", lesson="fire", card=1, response=WRITTEN)])
        warehouse.refresh(START + timedelta(days=1))
        yield warehouse


@pytest.mark.parametrize("mart", MODEL.marts)
def test_a_mart_is_the_table_that_the_model_declares(read: Warehouse, mart: str) -> None:
    columns = read.rows(
        "select attname, format_type(atttypid, null) as type, col_description(attrelid, attnum) as description"
        " from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum",
        (f"mart.{mart}",),
    )
    types = {"timestamp with time zone": "timestamptz"}
    assert [(row["attname"], types.get(row["type"], row["type"]), row["description"]) for row in columns] == [
        (column.name, column.type, column.description) for column in MODEL.marts[mart].columns
    ]
    key = read.one(
        "select array_agg(attname::text order by array_position(conkey, attnum)) as key from pg_constraint"
        " inner join pg_attribute on attrelid = conrelid and attnum = any(conkey)"
        " where conrelid = %s::regclass and contype = 'p'",
        (f"mart.{mart}",),
    )
    assert tuple(key["key"]) == MODEL.marts[mart].key


@pytest.mark.parametrize("mart", MODEL.marts)
def test_readers_see_every_column_but_names_and_texts(read: Warehouse, mart: str) -> None:
    columns = read.rows(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0", (f"report.{mart}",)
    )
    expected = [
        name
        for column in MODEL.marts[mart].columns
        if column.meaning != "text"
        for name in SHOWN.get(column.name, (column.name,))
    ]
    assert [row["attname"] for row in columns] == [*expected, *ADDED.get(mart, ())]


def test_nothing_that_readers_see_holds_a_name_an_address_or_a_text(read: Warehouse) -> None:
    views = [
        row["name"]
        for row in read.rows(
            "select format('%I.%I', schemaname, viewname) as name from pg_views where schemaname = 'report'"
        )
    ]
    seen = 0
    with psycopg.connect(read.reader) as connection:
        for view in views:
            rows = str(connection.execute(psycopg.sql.SQL("select * from {}").format(psycopg.sql.SQL(view))).fetchall())
            seen += rows.count("[(")
            assert "ann@example" not in rows.lower() and "want to" not in rows, view
    assert len(views) > len(MODEL.marts) and seen > 10


def test_one_learner_has_one_pseudonym_in_all_views(read: Warehouse) -> None:
    found = read.rows(
        "select learner from report.event union select learner from report.learner_streaks"
        " union select learner from report.free_text_responses"
    )
    assert len(found) == 1


@pytest.mark.parametrize("table", ["mart.responses", "core.learner", "report_pii.learner", "core.learning_event"])
def test_the_reader_cannot_look_behind_the_views(read: Warehouse, table: str) -> None:
    with psycopg.connect(read.reader) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(psycopg.sql.SQL("select * from {}").format(psycopg.sql.SQL(table)))


def test_the_role_for_names_sees_names(read: Warehouse, learning_postgres: Postgres) -> None:
    database = read.one("select current_database() as name")["name"]
    with learning_postgres.admin(database) as connection:
        connection.execute("set role lrs_reader_pii")
        rows = connection.execute("select name, response from report_pii.free_text_responses").fetchall()
        assert rows == [("Ann", WRITTEN)]
        flagged = connection.execute("select term, reviewed from report_pii.flagged_responses").fetchall()
        assert flagged == [("quit", "open")]


@pytest.mark.parametrize(
    ("mart", "metric"), [(mart.name, metric.name) for mart in MODEL.marts.values() for metric in mart.metrics]
)
def test_every_metric_is_a_figure_of_its_mart(read: Warehouse, mart: str, metric: str) -> None:
    expression = next(each.sql for each in MODEL.marts[mart].metrics if each.name == metric)
    query = psycopg.sql.SQL("select {} as figure from {}").format(
        psycopg.sql.SQL(expression), psycopg.sql.Identifier("mart", mart)
    )
    with psycopg.connect(read.writer) as connection:
        assert len(connection.execute(query).fetchall()) == 1


def test_the_page_about_marts_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m lrs_platform.warehouse.marts.page`"


def test_every_mart_has_its_select() -> None:
    for mart in MODEL.marts:
        assert select_of(mart).startswith("-- ")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("touched: learner_lesson", "touched: lessons", "touched is lessons"),
        ("clock: hour", "clock: week", "clock is week"),
        ("reads: [lesson_progress]", "reads: [later]", "reads later"),
        ("key: [lesson_id, cohort_id]", "key: [lesson_id, team_id]", "team_id is no column"),
        ("clock: day", "clock: none", "as_of"),
        ("[bigint, count, Events on that day.]", "[bigint, counter, Events on that day.]", "counter"),
    ],
)
def test_a_model_that_contradicts_itself_is_refused(right: str, wrong: str, message: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert right in text
    with pytest.raises(ModelError, match=message):
        parse(text.replace(right, wrong))
