"""What must be there before the servers start: database roles, databases, Dagster's schema, the xAPI credential.

`python -m lrs_platform.local.bootstrap`, a step of every start. Each part looks first and does only what is missing, so
it takes half a second on a second start, and whoever restores an old backup gets what that lacks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from importlib.metadata import version

import psycopg
from psycopg import sql

from lrs_platform.local.credentials import admin_database_url, load_credentials, load_secrets
from lrs_platform.local.instance import ROOT, Instance
from lrs_platform.settings import Settings

log = logging.getLogger("lrs.bootstrap")

SQL_FILES = ROOT / "deploy" / "postgres"


def statements_of(file_name: str) -> str:
    """The text of a file of deploy/postgres."""
    return (SQL_FILES / file_name).read_text(encoding="utf-8")


def make_roles_and_databases(instance: Instance) -> None:
    """Roles, their passwords, the two databases, and who may connect to them; in the embedded Postgres only."""
    secrets = load_secrets(instance)
    with psycopg.connect(admin_database_url(instance, "postgres"), autocommit=True) as connection:
        for role in ("writer", "reader", "dagster"):
            password = getattr(secrets, f"{role}_password")
            connection.execute("SELECT set_config(%s, %s, false)", (f"lrs.{role}_password", password))
        connection.execute(_trusted("roles.sql"))
        there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        for statement in _commands("databases.sql"):
            if statement.split()[2] not in there:  # CREATE DATABASE <name>
                connection.execute(sql.SQL(statement))
        connection.execute(_trusted("access.sql"))
    with psycopg.connect(admin_database_url(instance, "lrs")) as connection:
        connection.execute(_trusted("reader_limits.sql"))
        connection.execute(_trusted("pii_reader.sql"))


def dagster_schema() -> str:
    """Which schema of Dagster's the installed version wants, in words."""
    return f"schema of dagster {version('dagster')} with dagster-postgres {version('dagster-postgres')}"


def make_dagster_schema(database_url: str) -> None:
    """Dagster's tables, of the installed version, made once: its processes would all try at the same time.

    The version stands in a comment on the database, so it goes where the data goes.
    """
    wanted = dagster_schema()
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = connection.execute("SELECT shobj_description(oid, 'pg_database'), datname FROM pg_database "
                                 "WHERE datname = current_database()").fetchone()  # fmt: skip
        assert row is not None
        if row[0] == wanted:
            return
        from dagster import DagsterInstance

        with DagsterInstance.get() as dagster:  # makes what is missing
            dagster.upgrade(print_fn=log.info)
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(row[1]), sql.Literal(wanted)))
    log.info("made the %s", wanted)


async def store_xapi_credential(instance: Instance, redis_url: str) -> None:
    """The credential of credentials.json in Redis, where the gateway looks; kept as it is where it is there already."""
    import redis.asyncio

    from lrs_platform.gateway.credential_store import CREDENTIALS, store_credential

    credentials = load_credentials(instance)
    async with redis.asyncio.from_url(redis_url) as client:
        if await client.hexists(CREDENTIALS, credentials.username):
            return
    await store_credential(
        redis_url, username=credentials.username, password=credentials.password, scopes=["all"], name="local"
    )


def main() -> None:
    """Every part, for the instance that the environment names."""
    settings = Settings()
    instance = Instance(settings.home, settings.port)
    if settings.redis_url is None or settings.dagster_database_url is None:
        raise SystemExit(
            "bootstrap is a step of `sh lrs up`, which gives it LRS_REDIS_URL and LRS_DAGSTER_DATABASE_URL"
        )
    dagster_url = settings.dagster_database_url.get_secret_value()
    if dagster_url.endswith(f"127.0.0.1:{settings.port + 6}/dagster"):
        make_roles_and_databases(instance)
    make_dagster_schema(dagster_url)
    asyncio.run(store_xapi_credential(instance, settings.redis_url.get_secret_value()))


def _trusted(file_name: str) -> sql.SQL:
    return sql.SQL(statements_of(file_name))


def _commands(file_name: str) -> Sequence[str]:
    """The commands of a file that holds one a line."""
    return [line for line in statements_of(file_name).splitlines() if line and not line.startswith("--")]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    main()
