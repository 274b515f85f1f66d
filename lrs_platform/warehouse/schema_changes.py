"""Bring a database to the schema of this release: the numbered files of schema/, each once, in order, under a lock.

Then the marts that the semantic model declares beyond them, and the words about all of it.

Belongs here: the ledger lrs.schema_change and the order of changes. Not here: what a change does (schema/*.sql), tables
of marts (marts/tables.py).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString, cast

from psycopg import AsyncConnection
from psycopg.errors import InsufficientPrivilege, UndefinedObject

from lrs_platform.semantic_model import ModelError
from lrs_platform.warehouse.marts.describing import describe_in_database
from lrs_platform.warehouse.marts.tables import make_declared

# pg_advisory_xact_lock takes any bigint; this one is ours ("lrs" in ASCII, then 1).
LOCK = 0x6C7273_01
FILE_NAME = re.compile(r"(\d{3})_([a-z_]+)\.sql")


class SchemaError(RuntimeError):
    """The database's schema cannot be brought to this release's; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One file of schema/."""

    version: int
    name: str
    text: LiteralString

    @property
    def sha256(self) -> str:
        """Checksum of the text, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@cache
def changes() -> tuple[SchemaChange, ...]:
    """All changes of this release, in order; the first (000) is the ledger itself and is not counted in it."""
    found = []
    for file in files(__package__).joinpath("schema").iterdir():
        match = FILE_NAME.fullmatch(file.name)
        if match:
            text = file.read_text(encoding="utf-8")
            found.append(SchemaChange(int(match[1]), match[2], text))
    return tuple(sorted(found, key=lambda change: change.version))


async def apply(connection: AsyncConnection[tuple[Any, ...]]) -> int:
    """Apply what the database has not had yet, in one transaction, and return its schema version.

    Waits for another process that is doing the same. Raises SchemaError where a file was changed after it was applied,
    where the database is newer than this release, where a role is missing, or where the semantic model declares what
    cannot be; psycopg.Error where Postgres fails.
    """
    ledger, *numbered = changes()
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        await connection.execute(ledger.text)
        rows = await connection.execute("select version, sha256 from lrs.schema_change")
        applied = dict(cast("list[tuple[int, str]]", await rows.fetchall()))
        unknown = sorted(set(applied) - {change.version for change in numbered})
        if unknown:
            raise SchemaError(f"the database has schema change {unknown[-1]}, this release does not: run a newer one")
        for change in numbered:
            if change.version not in applied:
                await _apply_one(connection, change)
            elif applied[change.version] != change.sha256:
                raise SchemaError(
                    f"schema/{change.version:03}_{change.name}.sql is not the file that was applied: "
                    "put it back and write the difference as a new file"
                )
        try:
            await make_declared(connection)
        except ModelError as error:
            raise SchemaError(str(error)) from error
        await describe_in_database(connection, [change.sha256 for change in numbered])
    return numbered[-1].version


async def _apply_one(connection: AsyncConnection[tuple[Any, ...]], change: SchemaChange) -> None:
    try:
        await connection.execute(change.text)
    except UndefinedObject as error:  # e.g. role "lrs_reader" does not exist
        raise SchemaError(
            f"{error.diag.message_primary}: run deploy/postgres/roles.sql as a superuser first"
        ) from error
    except InsufficientPrivilege as error:
        raise SchemaError(f"{error.diag.message_primary}: LRS_DATABASE_URL's role must own its database") from error
    await connection.execute(
        "insert into lrs.schema_change (version, name, sha256) values (%s, %s, %s)",
        (change.version, change.name, change.sha256),
    )
