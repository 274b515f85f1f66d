"""The first release, and a Postgres of these tests' own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs_platform.local.bootstrap import make_roles_and_databases
from lrs_platform.local.credentials import make_secrets
from lrs_platform.local.instance import Instance, free_block
from lrs_platform.local.postgres import remove_state
from lrs_platform_tests.mcp.conftest import Postgres
from lrs_platform_tests.upgrade.old_release import OldRelease, old_release


@pytest.fixture(scope="session")
def first_release(tmp_path_factory: pytest.TempPathFactory) -> OldRelease:
    """Its code; skips where the history of the project is not here."""
    return old_release(tmp_path_factory.mktemp("first-release"))


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A Postgres of these tests' own."""
    home = Path(tempfile.mkdtemp(prefix="lrs-upgrade-"))
    home.chmod(0o755)
    instance = Instance(home, free_block(21800))
    instance.lay_out()
    postgres = Postgres(instance, make_secrets(instance))
    postgres.start()
    yield postgres
    postgres.stop()
    remove_state(instance)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def own_postgres(server: Postgres) -> Postgres:
    """It with roles and databases and no schema."""
    with server.admin("postgres") as connection:
        connection.execute("drop database if exists lrs with (force)")
    make_roles_and_databases(server.instance)
    return server
