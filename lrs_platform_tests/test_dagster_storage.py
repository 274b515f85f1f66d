"""Dagster's connections are kept, and one that was cut is noticed before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

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


def test_the_webserver_notices_too_that_its_connections_were_cut(platform: Platform) -> None:
    url = database_url(platform.instance, "lrs_dagster", load_secrets(platform.instance).dagster_password, "dagster")
    name = f"webserver-{uuid4()}"
    storage = PooledPostgresStorage(f"{url}{'&' if '?' in url else '?'}application_name={name}")
    for each in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
        each.optimize_for_webserver(statement_timeout=15_000, pool_recycle=3600, max_overflow=5)
    runs = storage.run_storage
    assert isinstance(runs, PostgresRunStorage)
    with runs.connect() as connection:
        assert connection.exec_driver_sql("show statement_timeout").scalar_one() == "15s"
    with psycopg.connect(platform.admin_database_url) as admin:
        cut = "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where application_name = %s"
        (count,) = admin.execute(cut, [name]).fetchone() or (0,)
    assert count >= 1
    assert runs.has_run("no such run") is False
    assert storage.schedule_storage.all_instigator_state("none", "none") == []


def test_instances_of_a_process_share_their_connections(platform: Platform) -> None:
    url = database_url(platform.instance, "lrs_dagster", load_secrets(platform.instance).dagster_password, "dagster")
    name = f"shared-{uuid4()}"
    url += f"{'&' if '?' in url else '?'}application_name={name}"
    for _ in range(5):
        storage = PooledPostgresStorage(url)
        assert storage.run_storage.has_run("no such run") is False
        assert storage.schedule_storage.all_instigator_state("none", "none") == []
        assert storage.event_log_storage.get_logs_for_run("no such run") == []
    with psycopg.connect(platform.admin_database_url) as admin:
        found = admin.execute("select count(*) from pg_stat_activity where application_name = %s", [name]).fetchone()
    assert found == (1,)


def test_every_process_of_dagster_keeps_its_connections(platform: Platform) -> None:
    with psycopg.connect(platform.admin_database_url) as admin:
        first = admin.execute(KEPT).fetchall()
        admin.execute("select pg_sleep(6)")  # longer than a cycle of the daemon
        later = admin.execute(KEPT).fetchall()
    assert set(first) & set(later)


KEPT = "select pid from pg_stat_activity where datname = 'dagster' and usename = 'lrs_dagster'"
