"""Words about tables as comments in the database, so that whoever looks there reads the same definition as elsewhere.

Belongs here: the semantic model's words about marts; for views, words of what they are made of (steps/unsaid.sql); and
the few that stand in words.sql. Tables are explained where they are made, in schema/.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier, Literal

from lrs_platform.semantic_model import Mart, semantic_model
from lrs_platform.sql_files import sql_file
from lrs_platform.warehouse.marts import step

Connection = AsyncConnection[tuple[Any, ...]]

DEEPEST = 5  # views over views over ...


async def describe_in_database(connection: Connection, checksums: Iterable[str]) -> None:
    """Write all comments, where the words or the schema's `checksums` are others than when that was last done."""
    words = sql_file("lrs_platform.warehouse", "words")
    texts = [semantic_model().sha256, words, step("unsaid"), *checksums]
    sha256 = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    if not (await connection.execute(step("described"), {"sha256": sha256})).rowcount:
        return
    found = await connection.execute(step("report_columns"))
    shown = {(str(view), str(column)) for view, column in await found.fetchall()}
    for mart in semantic_model().marts.values():
        await _describe(connection, mart, shown)
    await connection.execute(words)
    for _ in range(DEEPEST):
        unsaid = await (await connection.execute(step("unsaid"))).fetchall()
        for schema, view, column, text in unsaid:
            await connection.execute(
                SQL("comment on column {} is {}").format(Identifier(schema, view, column), Literal(text))
            )
        if not unsaid:
            break


async def _describe(connection: Connection, mart: Mart, shown: set[tuple[str, str]]) -> None:
    for kind, schema in (("table", "mart"), ("view", "report")):
        await connection.execute(
            SQL("comment on {} {} is {}").format(
                SQL(kind), Identifier(schema, mart.name), Literal(f"{mart.title}. {mart.description}")
            )
        )
    for column in mart.columns:
        places = [("mart", column.name)]
        if (mart.name, column.name) in shown:
            places.append(("report", column.name))
        if column.name == "learner_id" and (mart.name, "learner") in shown:
            places.append(("report", "learner"))
        for schema, name in places:
            await connection.execute(
                SQL("comment on column {} is {}").format(
                    Identifier(schema, mart.name, name), Literal(column.description)
                )
            )
