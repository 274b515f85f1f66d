"""A Postgres of these tests' own, with the platform's roles and schema, and DBHub before it: limits are short here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrs_platform.asking import Database, Limits
from lrs_platform.local.instance import Instance
from lrs_platform_tests.mcp.conftest import (
    Caller,
    Postgres,
    Server,
    caller,
    own_instance,
    postgres,
    running_dbhub,
    running_warehouse,
)

__all__ = ["caller", "own_instance", "postgres"]

QUERY_SECONDS = 2
READER_SECONDS = 4
ROWS = 500
REPLY_BYTES = 400_000


@pytest.fixture(scope="session")
def warehouse(own_instance: Instance, postgres: Postgres) -> Iterator[Server]:
    with running_warehouse(own_instance, postgres, LRS_READER_SECONDS=str(READER_SECONDS)) as server:
        yield server


@pytest.fixture(scope="session")
def dbhub(own_instance: Instance, postgres: Postgres, warehouse: Server) -> Iterator[Server]:
    limits = {"LRS_DBHUB_MAX_REPLY_BYTES": str(REPLY_BYTES), "LRS_DBHUB_QUERY_SECONDS": str(QUERY_SECONDS)}
    with running_dbhub(own_instance, postgres, **limits) as server:
        yield server


@pytest.fixture(scope="session")
def database(caller: Caller, warehouse: Server, dbhub: Server) -> Database:
    """The database as people see it, made on the loop that calls it."""

    async def make() -> Database:
        limits = Limits(rows=ROWS, reply_bytes=REPLY_BYTES, cost=10_000_000, seconds=QUERY_SECONDS)
        return Database(dbhub.client(), warehouse.client(), limits)

    return caller.run(make())
