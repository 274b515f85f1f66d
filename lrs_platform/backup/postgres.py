"""The databases, dumped and restored by Postgres' own programs, as the roles that own them; no superuser is needed.

Belongs here: pg_dump, pg_restore, and what has to be gone before. Roles and grants of the server itself are not in a
dump: `lrs up` makes them (local/bootstrap.py), elsewhere deploy/postgres does.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from lrs_platform.backup.store import Reads, Written, pieces
from lrs_platform.local.instance import StartError
from lrs_platform.local.postgres import client_program

CONNECT_SECONDS = 10
# libpq's variables: a password on a command line could be read by everyone on the machine.
VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def own_schemas(url: str) -> list[str]:
    """Schemas of the database that the role of `url` made."""
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
        return [row[0] for row in connection.execute(_sql("own_schemas"))]


def holds_anything(url: str) -> bool:
    """Whether there is a table of the role of `url` in the database."""
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
        row = connection.execute("select exists (select from pg_class where relowner = current_user::regrole)")
        return bool((row.fetchone() or (False,))[0])


def dump(url: str, into: Written, schemas: Sequence[str] = ()) -> None:
    """Write the database, or these schemas of it, in pg_dump's custom format, as of one moment. Raises StartError."""
    # gzip at its fastest: the text of statements shrinks tenfold all the same.
    options = ["--format=custom", "--compress=gzip:1", "--no-owner", "--lock-wait-timeout=60s"]
    options += [f"--schema={schema}" for schema in schemas]
    with _running("pg_dump", url, options, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for piece in pieces(process.stdout):
            into.write(piece)


def restore(url: str, source: Reads) -> None:
    """Restore a dump into a database where none of its schemas are, whole or not at all. Raises StartError."""
    options = ["--no-owner", "--single-transaction", "--exit-on-error", f"--dbname={conninfo_to_dict(url)['dbname']}"]
    with _running("pg_restore", url, options, stdin=subprocess.PIPE) as process:
        _feed(process, source)
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS, autocommit=True) as connection:
        connection.execute("analyze")


def read_through(source: Reads) -> None:
    """Let pg_restore read a whole dump without a database. Raises StartError where it cannot."""
    with _running("pg_restore", None, ["--file=-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        _feed(process, source)


def clear_schemas(url: str) -> None:
    """Remove the schemas that the role made, with everything in them. What it was granted elsewhere stays."""
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
        for schema in [row[0] for row in connection.execute(_sql("own_schemas")).fetchall()]:
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))


def clear_everything(url: str) -> None:
    """Remove everything in the database that the role owns; the schema public is not its own and stays."""
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
        connection.execute("drop owned by current_user cascade")


def other_sessions(url: str) -> list[str]:
    """Names of the applications that are connected to the database of `url`, besides this one."""
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
        return [row[0] for row in connection.execute(_sql("other_sessions"))]


@contextmanager
def _running(
    name: str, url: str | None, options: Sequence[str], *, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of Postgres; StartError with its last words where it fails."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
    if url is not None:
        parts = conninfo_to_dict(url)
        environment |= {VARIABLES[each]: str(value) for each, value in parts.items() if each in VARIABLES}
    with tempfile.TemporaryFile() as errors:
        command = [str(client_program(name)), *options]
        process = subprocess.Popen(command, env=environment, stdin=stdin, stdout=stdout, stderr=errors)
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            status = process.wait()
        if status:
            errors.seek(0)
            words = errors.read().decode(errors="replace").strip().splitlines()
            raise StartError(f"{name} failed: {words[-1] if words else f'exit status {status}'}")


def _feed(process: subprocess.Popen[bytes], source: Reads) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it has ended then, and its exit status says why
        for piece in pieces(source):
            process.stdin.write(piece)
        process.stdin.close()


@cache
def _sql(name: str) -> LiteralString:
    return files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
