"""Dagster's connections are kept, and one that was cut is noticed before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from dagster_postgres.run_storage import PostgresRunStorage

from lrs_platform.dagster_storage import PooledPostgresStorage
from lrs_platform.local.credentials import database_url, load_secrets

if TYPE_CHECKING:
    from lrs_platform_tests.conftest import Platform


def test_a_connection_is_kept_and_replaced_when_it_was_cut(platform: Platform) -> None:
    url = database_url(platform.instance, "lrs_dagster", load_secrets(platform.instance).dagster_password, "dagster")
    storage = PooledPostgresStorage(url, should_autocreate_tables=False)
    runs = storage.run_storage
    assert isinstance(runs, PostgresRunStorage)

    def backend() -> int:
        with runs.connect() as connection:
            return int(connection.exec_driver_sql("select pg_backend_pid()").scalar_one())

    kept = backend()
    assert backend() == kept
    with psycopg.connect(platform.admin_database_url) as admin:
        admin.execute("select pg_terminate_backend(%s, 5000)", [kept])
    assert runs.has_run("no such run") is False
    assert backend() != kept


def test_every_process_of_dagster_keeps_its_connections(platform: Platform) -> None:
    with psycopg.connect(platform.admin_database_url) as admin:
        first = admin.execute(KEPT).fetchall()
        admin.execute("select pg_sleep(6)")  # longer than a cycle of the daemon
        later = admin.execute(KEPT).fetchall()
    assert set(first) & set(later)


KEPT = "select pid from pg_stat_activity where datname = 'dagster' and usename = 'lrs_dagster'"
