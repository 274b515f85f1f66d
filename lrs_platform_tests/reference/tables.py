"""docs/reference/tables.md: every table and view with its columns, from the comments in the database."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import psycopg
from psycopg.rows import class_row

from lrs_platform.local.credentials import admin_database_url
from lrs_platform.local.instance import open_instance

QUERY = Path(__file__).with_suffix(".sql").read_bytes()
SCHEMAS = {
    "lrs": "The record as it was received, and what happened to it on the way in. The role `lrs_writer` alone.",
    "core": "Events, learners, lessons, cohorts: what statements and files are about. The role `lrs_writer` alone.",
    "outreach": "Reminders: what was decided, sent and answered. The role `lrs_writer` alone.",
    "report": "What readers see: no name, no address, no text of a learner. Roles `lrs_reader` and `lrs_reader_pii`.",
    "report_pii": "Names, addresses and texts. The role `lrs_reader_pii` alone.",
}
HEAD = """\
# Tables and columns

What the warehouse keeps, from the comments in the database itself. The marts, schema `mart`, are in
[marts.md](../marts.md); their views are here, under `report`. `changed` and `everything` hold keys while marts are
refreshed, and nothing afterwards.
"""


@dataclass(frozen=True)
class Column:
    """A column as the database describes it."""

    in_schema: str
    relation: str
    is_view: bool
    relation_says: str | None
    called: str
    of_type: str
    says: str | None


def columns(url: str, schemas: Iterable[str]) -> list[Column]:
    """All columns of these schemas of the database at `url`."""
    with psycopg.connect(url) as connection, connection.cursor(row_factory=class_row(Column)) as cursor:
        return cursor.execute(QUERY, {"schemas": list(schemas)}).fetchall()


def page() -> str:
    """A section a schema, in it one a table; of the running instance of LRS_HOME."""
    instance = open_instance(Path(os.environ.get("LRS_HOME", ".lrs")))
    found = columns(admin_database_url(instance), SCHEMAS)
    parts = [HEAD]
    for schema, what in SCHEMAS.items():
        parts.append(f"\n## {schema}\n\n{what}\n")
        of_schema = [column for column in found if column.in_schema == schema]
        parts += [_section(list(some)) for _, some in groupby(of_schema, key=lambda column: column.relation)]
    return "".join(parts)


def _section(found: list[Column]) -> str:
    first = found[0]
    lines = ["", f"### {first.in_schema}.{first.relation}", "", f"{first.relation_says or ''}", ""]
    if first.is_view:
        lines[3] += " (View.)"
    lines += ["| column | type | what |", "|---|---|---|"]
    types = {"timestamp with time zone": "timestamptz"}
    lines += [f"| `{each.called}` | {types.get(each.of_type, each.of_type)} | {_cell(each.says)} |" for each in found]
    return "\n".join(lines) + "\n"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|").replace("<", "&lt;")
