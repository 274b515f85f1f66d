"""A Postgres of these tests' own, with the platform's roles and schema, and DBHub before it: limits are short here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs_platform.asking import Database, Limits
from lrs_platform.local.instance import ROOT, Instance
from lrs_platform_tests.mcp.conftest import (
    Caller,
    Postgres,
    Server,
    caller,
    own_instance,
    postgres,
    server_of,
    wait_until,
)

__all__ = ["caller", "own_instance", "postgres"]

QUERY_SECONDS = 2
READER_SECONDS = 4
ROWS = 500
REPLY_BYTES = 400_000


@pytest.fixture(scope="session")
def warehouse(own_instance: Instance, postgres: Postgres) -> Iterator[Server]:
    values = {"LRS_DATABASE_URL": postgres.url("lrs_writer"), "LRS_READER_SECONDS": str(READER_SECONDS)}
    server = server_of("warehouse", own_instance, values)
    server.start()
    wait_until(lambda: server.health().status_code == 200, "the warehouse is healthy")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def dbhub(own_instance: Instance, postgres: Postgres, warehouse: Server) -> Iterator[Server]:
    package = Path(os.environ.get("LRS_DBHUB_PACKAGE", ROOT / "deploy" / "dbhub"))
    if not (package / "node_modules" / "@bytebase" / "dbhub").is_dir():
        pytest.skip("DBHub is not installed: run `sh lrs test`")
    values = {
        "LRS_READER_DATABASE_URL": postgres.url("lrs_reader"),
        "LRS_DBHUB_PACKAGE": str(package),
        "LRS_DBHUB_MAX_REPLY_BYTES": str(REPLY_BYTES),
        "LRS_DBHUB_QUERY_SECONDS": str(QUERY_SECONDS),
    }
    server = server_of("dbhub", own_instance, values)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def database(caller: Caller, warehouse: Server, dbhub: Server) -> Database:
    """The database as people see it, made on the loop that calls it."""

    async def make() -> Database:
        limits = Limits(rows=ROWS, reply_bytes=REPLY_BYTES, cost=10_000_000, seconds=QUERY_SECONDS)
        return Database(dbhub.client(), warehouse.client(), limits)

    return caller.run(make())
