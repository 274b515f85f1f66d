"""The model's words as comments in the database, so that whoever looks at a table there reads the same definition."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier, Literal

from lrs_platform.semantic_model import semantic_model
from lrs_platform.warehouse.marts import step


async def describe_in_database(connection: AsyncConnection[tuple[Any, ...]]) -> None:
    """Write the comments of all marts, of their columns and of their views, where they come from another model."""
    model = semantic_model()
    if not (await connection.execute(step("described"), {"sha256": model.sha256})).rowcount:
        return
    found = await connection.execute(step("report_columns"))
    shown = {(str(view), str(column)) for view, column in await found.fetchall()}
    for mart in model.marts.values():
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
