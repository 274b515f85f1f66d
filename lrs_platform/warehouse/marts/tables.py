"""Table, index and view of a mart that the semantic model declares and no file of schema/ has made.

So a mart needs its SELECT and its entry in the model, and nothing else: docs/how-to/write-a-mart.md. Belongs here: what
the database keeps of a mart and what readers see of it. Not here: what it holds (NAME.sql), the words about it
(describing.py). A mart is derived, so a table that the model no longer describes is made anew, empty, and the next
refresh fills it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import AsyncConnection, errors
from psycopg.sql import SQL, Composable, Composed, Identifier

from lrs_platform.semantic_model import TOUCHED, Column, Mart, ModelError, semantic_model
from lrs_platform.warehouse.marts import step

Connection = AsyncConnection[tuple[Any, ...]]

# Tables that an id of a mart leads to, for names beside ids; a lesson and a cohort is always there, a card need not be.
NAMED = {"lesson_id": "inner join", "cohort_id": "inner join", "card_id": "left join"}


async def make_declared(connection: Connection) -> list[str]:
    """Make the tables and views that the model declares and the database has not, or has otherwise; their names.

    Within the caller's transaction. Raises ModelError for a type that Postgres does not know, and where other views
    hang on a table that would have to be made anew.
    """
    marts = semantic_model().marts
    names = await _postgres_names(connection, {column.type for mart in marts.values() for column in mart.columns})
    found = await (await connection.execute(step("tables"))).fetchall()
    there = {str(mart): (columns, tuple(key or ())) for mart, columns, key in found}
    made = []
    for mart in marts.values():
        if unknown := [column.type for column in mart.columns if names[column.type] is None]:
            raise ModelError(f"mart {mart.name}: Postgres has no type {unknown[0]}")
        declared = ({column.name: names[column.type] for column in mart.columns}, mart.key)
        if there.get(mart.name) == declared:
            continue
        if mart.name in there:
            await _drop(connection, mart)
        for command in _commands(mart):
            await connection.execute(command)
        await connection.execute(step("forgotten"), {"mart": mart.name})
        made.append(mart.name)
    return made


async def _postgres_names(connection: Connection, types: set[str]) -> Mapping[str, str | None]:
    found = await connection.execute(step("types"), {"types": sorted(types)})
    return {str(declared): called for declared, called in await found.fetchall()}


async def _drop(connection: Connection, mart: Mart) -> None:
    try:
        await connection.execute(SQL("drop view if exists {}").format(Identifier("report", mart.name)))
        await connection.execute(SQL("drop table {}").format(Identifier("mart", mart.name)))
    except errors.DependentObjectsStillExist as error:
        raise ModelError(
            f"mart {mart.name}: its columns are not those of its table, and other views read it: "
            "write the change as a new file of lrs_platform/warehouse/schema"
        ) from error


def _commands(mart: Mart) -> Iterator[Composed]:
    table = Identifier("mart", mart.name)
    columns = SQL(", ").join(
        SQL("{} {}").format(Identifier(column.name), SQL(column.type))  # a type that Postgres has named, see above
        for column in mart.columns
    )
    yield SQL("create table {} ({}, primary key ({}))").format(table, columns, _listed(mart.key))
    touched = TOUCHED[mart.touched]
    if touched and mart.key[: len(touched)] != touched:  # what a refresh deletes by; else the primary key serves
        yield SQL("create index on {} ({})").format(table, _listed(touched))
    yield _view(mart)


def _listed(names: tuple[str, ...]) -> Composed:
    return SQL(", ").join(map(Identifier, names))


def _view(mart: Mart) -> Composed:
    """What readers see: pseudonyms instead of learners, names beside ids, nothing that a learner wrote."""
    joins = [
        SQL("inner join core.learner using (learner_id)")
        if column.name == "learner_id"
        else SQL("{} core.{} as {} on {} = {}").format(
            SQL(NAMED[key]),
            Identifier(key.removesuffix("_id")),
            Identifier(column.name.removesuffix("_id")),
            Identifier(mart.name, column.name),
            Identifier(column.name.removesuffix("_id"), key),
        )
        for column in mart.columns
        if (key := _leads_to(column)) is not None
    ]
    shown = SQL(", ").join(part for column in mart.columns for part in _shown(mart, column))
    return SQL("create view {} as select {} from {} {}").format(
        Identifier("report", mart.name), shown, Identifier("mart", mart.name), SQL(" ").join(joins)
    )


def _leads_to(column: Column) -> str | None:
    """Key of the dimension that an id leads to: last_card_id to card_id."""
    if column.name == "learner_id":
        return "learner_id"
    return next((key for key in NAMED if column.name == key or column.name.endswith(f"_{key}")), None)


def _shown(mart: Mart, column: Column) -> Iterator[Composable]:
    if column.meaning == "text" or column.type.endswith("[]"):
        return
    key = _leads_to(column)
    if key == "learner_id":
        yield SQL("learner.pseudonym as learner")
        return
    yield Identifier(mart.name, column.name)
    if key is not None:
        name = column.name.removesuffix("_id")
        yield SQL("{} as {}").format(Identifier(name, "name"), Identifier(name))
