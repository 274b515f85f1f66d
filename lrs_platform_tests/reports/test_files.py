"""Rows as CSV and Parquet: read back they are the same."""

from __future__ import annotations

import csv
import datetime
import io

from lrs_platform.reports.files import to_csv, to_parquet
from lrs_platform.reports.running import Table

TABLE = Table(
    columns=["day", "at", "learners", "share", "enough", "text", "data"],
    types=["date", "timestamp with time zone", "bigint", "double precision", "boolean", "text", "jsonb"],
    rows=[
        ["2026-01-31", "2026-01-31T10:00:00.25+00:00", 9007199254740993, 0.5, True, '=1+1, "größe"\nnext', [1, "a"]],
        [None, None, None, 1, None, None, None],
    ],
    more=False,
    took_ms=1.0,
    sql="",
)


def test_csv_is_read_back_and_runs_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(to_csv(TABLE).decode(), newline="")))
    assert rows[0] == TABLE.columns
    assert rows[1][2] == "9007199254740993"
    assert rows[1][5] == '\'=1+1, "größe"\nnext'
    assert rows[2] == ["", "", "", "1", "", "", ""]


def test_parquet_has_the_types_of_postgres() -> None:
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(to_parquet(TABLE)))
    first, second = table.to_pylist()
    assert first["day"] == datetime.date(2026, 1, 31)
    assert first["at"] == datetime.datetime(2026, 1, 31, 10, 0, 0, 250_000, datetime.UTC)
    assert first["learners"] == 9007199254740993
    assert first["text"] == '=1+1, "größe"\nnext'
    assert first["data"] == '[1, "a"]'
    assert second["share"] == 1.0
    assert second["learners"] is None


def test_a_report_without_rows_is_a_file_with_columns() -> None:
    from pyarrow import parquet

    empty = Table(TABLE.columns, TABLE.types, [], False, 1.0, "")
    assert to_csv(empty).decode().splitlines() == [",".join(TABLE.columns)]
    assert parquet.read_table(io.BytesIO(to_parquet(empty))).schema.names == TABLE.columns
