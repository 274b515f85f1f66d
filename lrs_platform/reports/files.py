"""A report's rows as files: CSV for people and spreadsheets, Parquet for programs.

Belongs here: the two formats. In CSV a text that a spreadsheet would run as a formula gets an apostrophe in front
(OWASP, "CSV Injection"): learners write such texts, too.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
from collections.abc import Callable
from typing import Any

from lrs_platform.reports.running import Table

CSV = "text/csv; charset=utf-8"
PARQUET = "application/vnd.apache.parquet"
_FORMULA = re.compile(r"^[=+\-@\t\r]")


def to_csv(table: Table) -> bytes:
    """CSV (RFC 4180) with a line of names; null is nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_field(value) for value in row] for row in table.rows)
    return text.getvalue().encode()


def to_parquet(table: Table) -> bytes:
    """Parquet with the types that Postgres gave; what Parquet has no type for is text."""
    import pyarrow as arrow
    from pyarrow import parquet

    kinds: dict[str, tuple[Any, Callable[[Any], Any]]] = {
        "smallint": (arrow.int64(), int),
        "integer": (arrow.int64(), int),
        "bigint": (arrow.int64(), int),
        "numeric": (arrow.float64(), float),
        "real": (arrow.float64(), float),
        "double precision": (arrow.float64(), float),
        "boolean": (arrow.bool_(), bool),
        "date": (arrow.date32(), datetime.date.fromisoformat),
        "timestamp with time zone": (arrow.timestamp("us", tz="UTC"), datetime.datetime.fromisoformat),
    }
    arrays, fields = [], []
    for number, (name, type_) in enumerate(zip(table.columns, table.types, strict=True)):
        kind, read = kinds.get(type_, (arrow.string(), _text))
        values = [None if row[number] is None else read(row[number]) for row in table.rows]
        arrays.append(arrow.array(values, kind))
        fields.append(arrow.field(name, kind))
    sink = io.BytesIO()
    parquet.write_table(arrow.Table.from_arrays(arrays, schema=arrow.schema(fields)), sink)
    return sink.getvalue()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return json.dumps(value, ensure_ascii=False)
