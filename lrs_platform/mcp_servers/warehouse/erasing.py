"""Removing what is about somebody from the warehouse, and looking for what names them: steps of rights.py's tools.

Belongs here: which rows go, which are rewritten. Rows about the person go, in every table that says by a column's name
whom it is about; every other text in which they are named is rewritten, whatever table it is in. Marts follow by their
refresh, which needs the rows it made to know what they touch. Not here: SQL (lrs_platform/warehouse/rights), patterns
(lrs_platform/rights/subject.py).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal, cast

from psycopg import AsyncCursor
from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier

from lrs_platform.mcp_servers.warehouse import people
from lrs_platform.mcp_servers.warehouse.database import Connection
from lrs_platform.mcp_servers.warehouse.finding import hashed
from lrs_platform.rights.subject import Subject, told_apart, unescaped
from lrs_platform.warehouse.rights import sql
from lrs_platform.xapi import filters

About = Literal["learner", "key", "address", "statement"]

# How a column is read as text, and how its value is written again.
READ_AS_TEXT = {
    "text": SQL("{}"),
    "varchar": SQL("{}"),
    "json": SQL("{}::text"),
    "jsonb": SQL("{}::text"),
    "_text": SQL("array_to_string({}, E'\\n')"),
    "bytea": SQL("encode({}, 'escape')"),
}
WRITTEN_AS = {
    "text": SQL("text"),
    "varchar": SQL("text"),
    "json": SQL("json"),
    "jsonb": SQL("jsonb"),
    "_text": SQL("text[]"),
    "bytea": SQL("bytea"),
}
NAMES_PERSON = SQL("lrs.names_person({}, %(plain)s::text[], %(folded)s::text, %(exact)s::text)")
DERIVED = ("mart", "changed", "everything")  # schemas that a refresh fills
REFRESHED = ("core.learning_event",)  # likewise, and it tells the refresh what was touched
# Under keyed hashes of addresses stands who wants no mail, which has to outlive the next roster: copied, never removed.
LASTING: About = "address"
LONG = "set local statement_timeout = '900s'"

# Which rows of a table are about somebody, by what its column names.
IS_ABOUT: dict[About, SQL] = {
    "learner": SQL("{} = any(%(learner_ids)s::bigint[])"),
    "key": SQL("core.person_key({}) = any(%(folded_keys)s::text[])"),
    "address": SQL("{} in (select outreach.address_key(mail) from unnest(%(mails)s::text[]) as mail)"),
    "statement": SQL("{}::text in (select erased_statement.statement_id::text from erased_statement)"),
}


class Erased:
    """What was done, by place."""

    def __init__(self) -> None:
        self.removed: Counter[str] = Counter()
        self.rewritten: Counter[str] = Counter()
        self.statement_ids: list[str] = []
        self.attachments: list[str] = []


async def erase(connection: Connection, subject: Subject, learner_ids: Sequence[int]) -> Erased:
    """Remove and rewrite, within the caller's transaction; people.begin has to be called before."""
    done = Erased()
    await connection.execute(LONG)
    await people.run_text(connection, sql("erased_statements"))
    await connection.execute(sql("erased_by_key"), {"keys": list(subject.keys)})
    rewritten = await _judge_statements(connection, subject, done)
    await _remove_aside(connection, subject, done)
    done.statement_ids = [
        str(row["statement_id"]) for row in await _dicts(connection, "select * from erased_statement")
    ]
    done.attachments = await attachments_left_alone(connection)
    told = {"kind": "erase", "learner_ids": list(learner_ids), "with_cohorts": True}
    await connection.execute(sql("change_told"), told)
    await remove_statements(connection, done.removed)
    for statement_id, raw in rewritten.items():
        await connection.execute(sql("rewrite_statement"), {"statement_id": statement_id, "raw": raw})
    keys = [hashed(letter + key) for letter in _letters() for key in subject.folded_keys]
    await connection.execute(sql("postings_of_keys"), {"keys": keys})
    parameters = {"learner_ids": list(learner_ids), "keys": list(subject.keys)}
    await connection.execute(sql("changes_unnamed"), parameters)
    for table, column, about in await about_columns(connection):
        if about != LASTING and _schema(table) not in DERIVED and table not in (*REFRESHED, "core.learner"):
            done.removed[table] += await _remove(connection, table, column, about, subject, learner_ids)
    done.removed["core.learner"] += await _remove(
        connection, "core.learner", "learner_id", "learner", subject, learner_ids
    )
    await _rewrite_elsewhere(connection, subject, done)
    done.removed, done.rewritten = +done.removed, +done.rewritten
    return done


async def attachments_left_alone(connection: Connection) -> list[str]:
    """Hashes of the attachments that no statement has but those of erased_statement."""
    return [row["sha2"] for row in await _named(connection, "attachments")]


async def remove_statements(connection: Connection, removed: Counter[str]) -> None:
    """Remove the statements of erased_statement with what hangs on them: index, references, reviews, events."""
    rows = await _named(connection, "postings_left")
    removed["lrs.posting"] += rows[0]["count"]
    for table, column, about in await about_columns(connection):
        if about == "statement" and _schema(table) not in DERIVED and table not in REFRESHED:
            query = SQL("delete from {} where {}").format(_table(table), _is_about(about, column))
            removed[table] += (await connection.execute(query)).rowcount
    rows = await _named(connection, "statements_removed")
    removed["lrs.statement"] += rows[0]["statements"]
    removed["core.event"] += rows[0]["events"]


async def about_columns(connection: Connection) -> list[tuple[str, str, About]]:
    """Table, column and what the column names, of every table whose rows are about somebody."""
    kinds: dict[str, About] = {
        "statement_id": "statement",
        "actor_key": "key",
        "agent_key": "key",
        "mail_key": "key",
        "address_key": "address",
    }
    return [
        (f"{row['table_schema']}.{row['table_name']}", row["column_name"], kinds.get(row["column_name"], "learner"))
        for row in await _named(connection, "about_columns")
    ]


async def tables_about(connection: Connection, subject: Subject, learner_ids: Sequence[int]) -> dict[str, list[Any]]:
    """Rows about somebody as JSON objects, by table; also statements of theirs that were set aside."""
    await people.run_text(connection, sql("erased_statements"))
    await connection.execute(sql("erased_by_key"), {"keys": list(subject.keys)})
    tables: dict[str, list[Any]] = {"core.event": [row["to_jsonb"] for row in await _named(connection, "events_of")]}
    for table, column, about in await about_columns(connection):
        query = SQL("select to_jsonb(row) as row from {} as row where {}")
        parameters = _parameters(about, subject, learner_ids)
        rows = await _dicts(connection, query.format(_table(table), _is_about(about, column)), **parameters)
        known = tables.setdefault(table, [])
        known.extend(row["row"] for row in rows if row["row"] not in known)
    for row in await _named(connection, "aside_naming", **_patterns(subject)):
        if subject.is_actor_of(row["raw"]):
            tables.setdefault(row["place"], []).append({"id": row["id"], "raw": row["raw"]})
    return {name: rows for name, rows in tables.items() if rows}


async def search(connection: Connection, subject: Subject) -> tuple[list[str], dict[str, int]]:
    """The columns that were searched, in all tables of all schemas, and how many rows name the person in which."""
    searched, found = [], {}
    async for table, column, kind in _text_columns(connection):
        query = SQL("select count(*) from {} where {}").format(_table(table), _names_person(column, kind))
        row = await (await connection.execute(query, _patterns(subject))).fetchone()
        assert row is not None
        searched.append(f"{table}.{column}")
        if row[0]:
            found[f"{table}.{column}"] = cast(int, row[0])
    return searched, found


async def _judge_statements(connection: Connection, subject: Subject, done: Erased) -> dict[str, str]:
    """Set further statements apart whose actor is the person, e.g. voided ones; the texts of those to be rewritten."""
    rewritten, erased = {}, []
    for row in await _named(connection, "statements_naming", **_patterns(subject)):
        fate, raw = subject.fate(row["raw"])
        if fate == "erase":
            erased.append(str(row["statement_id"]))
        elif fate == "rewrite":
            rewritten[str(row["statement_id"])] = raw
    await connection.execute(sql("erased_by_id"), {"ids": erased})
    done.rewritten["lrs.statement"] += len(rewritten)
    return rewritten


async def _remove_aside(connection: Connection, subject: Subject, done: Erased) -> None:
    """Statements set aside are no part of the record: whatever names the person goes."""
    found = await _named(connection, "aside_naming", **_patterns(subject))
    rejected = [int(row["id"]) for row in found if row["place"] == "lrs.rejected"]
    conflicts = [row["id"] for row in found if row["place"] == "lrs.conflict"]
    rows = await _named(connection, "aside_removed", rejected=rejected, conflicts=conflicts)
    done.removed["lrs.rejected"] += rows[0]["rejected"]
    done.removed["lrs.conflict"] += rows[0]["conflicts"]


async def _remove(
    connection: Connection, table: str, column: str, about: About, subject: Subject, learner_ids: Sequence[int]
) -> int:
    query = SQL("delete from {} where {}").format(_table(table), _is_about(about, column))
    return (await connection.execute(query, _parameters(about, subject, learner_ids))).rowcount


async def _rewrite_elsewhere(connection: Connection, subject: Subject, done: Erased) -> None:
    """Take the person out of every text that is left, in whatever table."""
    async for table, column, kind in _text_columns(connection):
        if _schema(table) in DERIVED:
            continue
        names = {"table": _table(table), "column": Identifier(column)}
        cursor = connection.cursor(row_factory=dict_row)
        query = SQL("select ctid::text as place, {column} as value from {table} where {named}")
        await cursor.execute(query.format(**names, named=_names_person(column, kind)), _patterns(subject))
        for row in await cursor.fetchall():
            parameters = {"value": _without(row["value"], kind, subject), "place": row["place"]}
            if table == "lrs.document" and kind == "bytea":
                parameters["etag"] = hashlib.sha1(parameters["value"], usedforsecurity=False).hexdigest()
                await connection.execute(sql("rewrite_document"), parameters)
            else:
                update = SQL("update {table} set {column} = %(value)s::{type} where ctid = %(place)s::tid")
                await _put(connection, update.format(**names, type=WRITTEN_AS[kind]), parameters)
            done.rewritten[f"{table}.{column}"] += 1


async def _put(connection: Connection, update: Composed, parameters: dict[str, Any]) -> None:
    """Put a value where another was. Of two unique ones that are the same without the person, one gets a number."""
    try:
        async with connection.transaction():
            await connection.execute(update, parameters)
    except UniqueViolation:
        await connection.execute(update, parameters | {"value": told_apart(parameters["value"])})


def _without(value: Any, kind: str, subject: Subject) -> Any:
    """A value without the person; where only JSON's escapes hide them, without those."""
    import json

    if kind == "_text":
        return [subject.without(each) for each in value]
    if kind == "bytea":
        return subject.without(bytes(value).decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    without = subject.without(text)
    return subject.without(unescaped(without)) if subject.is_in(without) else without


async def _text_columns(connection: Connection) -> AsyncIterator[tuple[str, str, str]]:
    for row in await _named(connection, "text_columns"):
        yield f"{row['table_schema']}.{row['table_name']}", row["column_name"], row["udt_name"]


def _parameters(about: About, subject: Subject, learner_ids: Sequence[int]) -> dict[str, Any]:
    if about == "learner":
        return {"learner_ids": list(learner_ids)}
    if about == "address":
        return {"mails": [key.removeprefix("mailto:") for key in subject.keys if key.startswith("mailto:")]}
    return {"folded_keys": list(subject.folded_keys)} if about == "key" else {}


def _patterns(subject: Subject) -> dict[str, Any]:
    return {"plain": subject.plain, "folded": subject.folded(), "exact": subject.exact()}


def _is_about(about: About, column: str) -> Composed:
    return IS_ABOUT[about].format(Identifier(column))


def _table(name: str) -> Identifier:
    return Identifier(*name.split(".", 1))


def _schema(table: str) -> str:
    return table.partition(".")[0]


def _names_person(column: str, kind: str) -> Composed:
    return NAMES_PERSON.format(READ_AS_TEXT[kind].format(Identifier(column)))


def _letters() -> tuple[str, ...]:
    return filters.AGENT, filters.RELATED_AGENT, filters.AUTHORITY


async def _named(connection: Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    return await _dicts(connection, sql(name), **parameters)


async def _dicts(connection: Connection, query: Any, **parameters: Any) -> list[dict[str, Any]]:
    cursor: AsyncCursor[dict[str, Any]] = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, parameters or None)
    return await cursor.fetchall()
