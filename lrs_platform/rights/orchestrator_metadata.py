"""Dagster's database without somebody: events, ticks and cursors that name a statement or a person.

Belongs here: rewriting its texts. Dagster keeps every event for ever, and materialisations of the record tell the id
of the last statement; an id in them becomes one of zeros. Run-less rows stay, so the history of assets stays whole.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from lrs_platform.rights.subject import Subject
from lrs_platform.sql_files import sql_file

ZEROS = "00000000-0000-0000-0000-000000000000"

# Texts that hold one of some ids, or name somebody.
NAMING = SQL(
    "exists (select from regexp_matches({column}, "
    "'[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}', 'g') as found (id) "
    "where found.id[1] = any(%(ids)s::text[])) "
    "or exists (select from unnest(%(plain)s::text[]) as plain where strpos(lower({column}), plain) > 0) "
    "and (coalesce({column} ~* %(folded)s::text, false) or coalesce({column} ~ %(exact)s::text, false))"
)
REWRITE = SQL("update {table} set {column} = %(text)s where {key}::text = %(place)s")


async def rewrite(database_url: str, subject: Subject, statement_ids: Collection[str]) -> dict[str, int]:
    """Rewrite every text that names one of the statements or the person; rows by table. Raises psycopg.Error."""
    changed: dict[str, int] = {}
    parameters = _parameters(subject, statement_ids)
    async with await psycopg.AsyncConnection.connect(database_url, connect_timeout=5) as connection:
        for table, column, key in await _columns(connection):
            names = {"table": Identifier("public", table), "column": Identifier(column), "key": Identifier(key)}
            found = await connection.execute(_naming_rows(names), parameters)
            rows = [(place, _rewritten(text, subject, statement_ids)) for place, text in await found.fetchall()]
            for place, text in rows:
                await connection.execute(REWRITE.format(**names), {"text": text, "place": place})
            if rows:
                changed[table] = changed.get(table, 0) + len(rows)
    return changed


async def search(
    database_url: str, subject: Subject, statement_ids: Collection[str]
) -> tuple[list[str], dict[str, int]]:
    """The columns that were searched, and how many rows of each table still name the person or a statement."""
    left: dict[str, int] = {}
    searched = []
    async with await psycopg.AsyncConnection.connect(database_url, connect_timeout=5) as connection:
        for table, column, key in await _columns(connection):
            names = {"table": Identifier("public", table), "column": Identifier(column), "key": Identifier(key)}
            query = _naming_rows(names)
            found = await connection.execute(query, _parameters(subject, statement_ids))
            count = len(await found.fetchall())
            searched.append(f"{table}.{column}")
            if count:
                left[f"{table}.{column}"] = count
    return searched, left


async def _columns(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> list[tuple[str, str, str]]:
    """Table, text column and primary key column of all tables that have one."""
    found = await connection.execute(sql_file(__package__, "sql", "text_columns"))
    return cast("list[tuple[str, str, str]]", await found.fetchall())


def _naming_rows(names: dict[str, Identifier]) -> Composed:
    return SQL("select {key}::text, {column} from {table} where ").format(**names) + NAMING.format(**names)


def _parameters(subject: Subject, statement_ids: Collection[str]) -> dict[str, object]:
    return {
        "ids": list(statement_ids),
        "plain": subject.plain,
        "folded": subject.folded(),
        "exact": subject.exact(),
    }


def _rewritten(text: str, subject: Subject, statement_ids: Collection[str]) -> str:
    for statement_id in statement_ids:
        if statement_id in text:
            text = text.replace(statement_id, ZEROS)
    return subject.without(text)
