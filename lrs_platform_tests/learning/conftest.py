"""A Postgres of these tests' own, and in it one empty warehouse a test, cloned from a template."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lrs_platform.local.bootstrap import make_roles_and_databases
from lrs_platform.local.credentials import make_secrets
from lrs_platform.local.instance import free_block, open_instance
from lrs_platform.local.postgres import remove_state
from lrs_platform.warehouse.schema_changes import apply
from lrs_platform_tests.learning.history import Warehouse
from lrs_platform_tests.mcp.conftest import Postgres

TEMPLATE = "learning_template"
numbers = itertools.count(1)


@pytest.fixture(scope="session")
def learning_postgres() -> Iterator[Postgres]:
    home = Path(tempfile.mkdtemp(prefix="lrs-learning-tests-"))
    home.chmod(0o711)  # the server's account has to get through
    instance = open_instance(home, free_block(20500))
    instance.lay_out()
    running = Postgres(instance, make_secrets(instance))
    running.start()
    make_roles_and_databases(instance)
    with running.admin("postgres") as connection:
        connection.execute(f"create database {TEMPLATE} owner lrs_writer")
    asyncio.run(_bring(running.url("lrs_writer", TEMPLATE)))
    yield running
    running.stop()
    remove_state(instance)
    shutil.rmtree(home, ignore_errors=True)


async def _bring(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await apply(connection)


@pytest.fixture
def warehouse(learning_postgres: Postgres) -> Iterator[Warehouse]:
    """An empty warehouse with the schema of this release."""
    yield from new_warehouse(learning_postgres)


@pytest.fixture
def other_warehouse(learning_postgres: Postgres) -> Iterator[Warehouse]:
    """A second one, to compare with."""
    yield from new_warehouse(learning_postgres)


def new_warehouse(postgres: Postgres) -> Iterator[Warehouse]:
    """Make a warehouse from the template; drop it when the generator ends."""
    name = f"learning_{next(numbers)}"
    with postgres.admin("postgres") as connection:
        connection.execute(f"create database {name} template {TEMPLATE} owner lrs_writer strategy file_copy")
    warehouse = Warehouse(postgres.url("lrs_writer", name), postgres.url("lrs_reader", name))
    try:
        yield warehouse
    finally:
        warehouse.close()
        with postgres.admin("postgres") as connection:
            connection.execute(f"drop database {name} with (force)")
