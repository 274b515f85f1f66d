"""A Postgres and a Redis of these tests' own, so that what is done to them harms nobody."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lrs_platform.doctor.subject import Subject
from lrs_platform.local.bootstrap import make_roles_and_databases
from lrs_platform.local.credentials import database_url, make_credentials, make_secrets, redis_url
from lrs_platform.local.instance import Instance, free_block, port_is_free
from lrs_platform.local.postgres import remove_state
from lrs_platform.local.redis import prepare_redis
from lrs_platform.settings import Settings
from lrs_platform.warehouse.schema_changes import apply
from lrs_platform_tests.mcp.conftest import Postgres


@dataclass(frozen=True)
class Databases:
    """The servers, and how the platform would reach them."""

    postgres: Postgres
    settings: Settings

    @property
    def subject(self) -> Subject:
        return Subject(self.postgres.instance, self.settings, self.settings)

    def with_settings(self, **changed: Any) -> Subject:
        settings = self.settings.model_copy(update=changed)
        return Subject(self.postgres.instance, settings, settings)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Both servers, with roles, databases and schema as after a first start."""
    home = Path(tempfile.mkdtemp(prefix="lrs-doctor-"))
    home.chmod(0o755)
    instance = Instance(home, free_block(21500))
    instance.lay_out()
    secrets = make_secrets(instance)
    make_credentials(instance)
    postgres = Postgres(instance, secrets)
    redis = prepare_redis(instance, instance.port + 7, secrets.redis_password, None)
    postgres.start()
    with (home / "redis.log").open("ab") as output:
        process = redis.launch().spawn(output)
    try:
        make_roles_and_databases(instance)
        writer = database_url(instance, "lrs_writer", secrets.writer_password, "lrs")
        asyncio.run(_make_schema(writer))
        while port_is_free(instance.port + 7):
            assert process.poll() is None, (home / "redis.log").read_text()
            time.sleep(0.05)
        yield Databases(
            postgres,
            Settings.model_validate(
                {
                    "home": home,
                    "database_url": writer,
                    "reader_database_url": database_url(instance, "lrs_reader", secrets.reader_password, "lrs"),
                    "dagster_database_url": database_url(instance, "lrs_dagster", secrets.dagster_password, "dagster"),
                    "redis_url": redis_url(instance),
                }
            ),
        )
    finally:
        process.terminate()
        process.wait(30)
        postgres.stop()
        remove_state(instance)
        shutil.rmtree(home, ignore_errors=True)


async def _make_schema(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await apply(connection)
