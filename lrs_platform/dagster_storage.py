"""Dagster's storage in Postgres, with connections that are kept, and shared by all instances of a process.

Belongs here: only that. dagster-postgres opens a connection for each call and closes it again (only the webserver may
keep one), and the code server makes an instance with three storages for each tick, each of which looks whether its
tables are there: about ten connections a tick, with a password check in each.
https://docs.dagster.io/deployment/oss/oss-instance-configuration
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any, ClassVar

from dagster._serdes import ConfigurableClassData  # the type in the signature that Dagster calls
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine, pg_url_from_config, set_pg_statement_timeout
from sqlalchemy import Engine, event

KEPT = 2  # a process; more are opened while needed
AT_MOST = 20
RECYCLE_SECONDS = 3600


@cache
def _engine(postgres_url: str) -> Engine:
    """The engine of a process for a database; a connection that died is noticed before it is used."""
    return create_pg_engine(
        postgres_url,
        isolation_level="AUTOCOMMIT",
        pool_size=KEPT,
        max_overflow=AT_MOST - KEPT,
        pool_recycle=RECYCLE_SECONDS,
        pool_pre_ping=True,
    )


@cache
def _webserver_engine(postgres_url: str, statement_timeout: int, pool_recycle: int, max_overflow: int) -> Engine:
    """The engine of the webserver, whose queries end after `statement_timeout` ms; it notices dead connections, too.

    Dagster's own would not: after a restart of Postgres, the first clicks would fail.
    """
    engine = create_pg_engine(
        postgres_url,
        isolation_level="AUTOCOMMIT",
        pool_size=KEPT,
        max_overflow=max_overflow,
        pool_recycle=pool_recycle,
        pool_pre_ping=True,
    )
    event.listen(engine, "connect", lambda connection, _: set_pg_statement_timeout(connection, statement_timeout))
    return engine


class PooledPostgresStorage(DagsterPostgresStorage):
    """As `storage: postgres`, with the same settings."""

    _with_tables: ClassVar[set[str]] = set()  # databases in which this process has seen Dagster's tables

    def __init__(self, postgres_url: str, *, should_autocreate_tables: bool = True, **options: Any) -> None:
        look = should_autocreate_tables and postgres_url not in self._with_tables
        super().__init__(postgres_url, should_autocreate_tables=look, **options)
        if should_autocreate_tables:
            self._with_tables.add(postgres_url)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine.dispose()
            storage._engine = _engine(postgres_url)
            storage.optimize_for_webserver = partial(_for_webserver, storage)  # type: ignore[method-assign]

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> PooledPostgresStorage:
        """What Dagster calls with the `config` of dagster.yaml."""
        return cls(
            pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            inst_data=inst_data,
        )


def _for_webserver(storage: Any, statement_timeout: int, pool_recycle: int, max_overflow: int) -> None:
    """What the webserver calls on each of its storages in the place of their own `optimize_for_webserver`."""
    storage._engine = _webserver_engine(storage.postgres_url, statement_timeout, pool_recycle, max_overflow)
