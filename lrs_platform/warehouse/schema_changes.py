"""Bring a database to the schema of this release: the numbered files of schema/, each once, in order, under a lock.

Then the marts that the semantic model declares beyond them, and the words about all of it.

Belongs here: the ledger lrs.schema_change, the order of changes, and whether this release may serve a database that a
newer one has changed already (docs/upgrade.md). Not here: what a change does (schema/*.sql), tables of marts
(marts/tables.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
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
# Stands in a file that takes away what older code uses: which change that code has to know to run without it.
CONTRACTS = re.compile(r"^-- contract: needs (\d{3})\b", re.MULTILINE)


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

    @property
    def compatible_from(self) -> int:
        """Newest change that code has to know to run with this one; 0 where the change only adds."""
        marked = CONTRACTS.search(self.text)
        return int(marked[1]) if marked else 0


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


@dataclass(frozen=True, slots=True)
class Applied:
    """A row of the ledger."""

    version: int
    sha256: str
    compatible_from: int


def too_new(applied: Iterable[Applied]) -> str:
    """Why this release cannot serve a database with these changes, "" where it can."""
    known = {change.version for change in changes()}
    for row in sorted(applied, key=lambda row: row.version):
        if row.version not in known and row.compatible_from not in known:
            needed = f"which code without change {row.compatible_from:03} cannot run with"
            return f"the database has schema change {row.version}, {needed}"
    return ""


async def apply(connection: AsyncConnection[tuple[Any, ...]]) -> int:
    """Apply what the database has not had yet, in one transaction, and return its schema version.

    Waits for another process that is doing the same. A database that a newer release has changed is served as long as
    its changes only add to what this one knows. Raises SchemaError where they do not, where a file was changed after
    it was applied, where a role is missing, or where the semantic model declares what cannot be; psycopg.Error where
    Postgres fails.
    """
    ledger, *numbered = changes()
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        await connection.execute(ledger.text)
        rows = await connection.execute(ledger_rows())
        applied = {row[0]: Applied(*row) for row in cast("list[tuple[int, str, int]]", await rows.fetchall())}
        if problem := too_new(applied.values()):
            raise SchemaError(f"{problem}: run a newer one")
        for change in numbered:
            if change.version not in applied:
                await _apply_one(connection, change)
            elif applied[change.version].sha256 != change.sha256:
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
    if change.compatible_from:
        await connection.execute(
            "update lrs.schema_change set compatible_from = %s where version = %s",
            (change.compatible_from, change.version),
        )


@cache
def ledger_rows() -> LiteralString:
    """The query for the ledger: version, sha256, compatible_from."""
    return files(__package__).joinpath("schema_ledger.sql").read_text(encoding="utf-8")
