"""The texts that are sent for a guarded query: one that asks for its plan, one that runs it and bounds the answer.

Belongs here: putting a guarded text into frame.sql and explain.sql, whose other values are numbers made here. Both put
it into brackets, so that it can be no more than one query: a statement that writes cannot stand there, and nothing ends
the bracket but what belongs to the query (shape.py counts them).
"""

from __future__ import annotations

from uuid import UUID

from lrs_platform.sql_files import sql_alone
from lrs_platform.sql_guard.check import Guarded
from lrs_platform.sql_guard.refusal import Rule, SqlRefused

MOST_COLUMNS = 100  # a function of Postgres takes as many arguments


def to_explain(query: Guarded, *, rows: int) -> str:
    """SQL that answers with the plan of the first `rows` rows of `query`."""
    return sql_alone(__package__, "explain") % {"asked": query.text, "rows": rows}


def to_run(query: Guarded, *, columns: int, rows: int, most_bytes: int, question: UUID) -> str:
    """SQL that answers with one row: names, types, found, kept, cells (frame.sql).

    `columns` is the number of columns that the plan says the query has. `question` stands in front as a comment, by
    which the query is found again to be cancelled. Raises SqlRefused where there are none, or too many.
    """
    if columns == 0:
        raise SqlRefused(Rule.STATEMENT, "The query selects no column.", "Name what to show behind SELECT.")
    if columns > MOST_COLUMNS:
        raise SqlRefused(
            Rule.SIZE, f"The result has {columns} columns; at most {MOST_COLUMNS} are shown.", "Name those you need."
        )
    names = [f"c{number}" for number in range(1, columns + 1)]
    framed = sql_alone(__package__, "frame") % {
        "asked": query.text,
        "rows": rows,
        "bytes": most_bytes,
        "columns": ", ".join(names),
        "types": ", ".join(f"pg_typeof({name})::text" for name in names),
    }
    return f"{mark(question)} {framed}"


def mark(question: UUID) -> str:
    """The comment that marks a running query."""
    return f"/* question {question} */"
