"""Dagster's storage in Postgres, with connections that are kept.

Belongs here: only that. dagster-postgres opens a connection for each call and closes it again (only the webserver may
keep one); with a sensor that ticks every five seconds, opening them took 6 % of a core in Postgres and as much again in
the daemon, all for password checks. https://docs.dagster.io/deployment/oss/oss-instance-configuration
"""

from __future__ import annotations

from typing import Any

from dagster._serdes import ConfigurableClassData  # the type in the signature that Dagster calls
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine, pg_url_from_config

KEPT = 1  # a storage and process; more are opened while needed
AT_MOST = 20
RECYCLE_SECONDS = 3600


class PooledPostgresStorage(DagsterPostgresStorage):
    """As `storage: postgres`, with the same settings; a connection that died is noticed before it is used."""

    def __init__(self, postgres_url: str, **options: Any) -> None:
        super().__init__(postgres_url, **options)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine.dispose()
            storage._engine = create_pg_engine(
                postgres_url,
                isolation_level="AUTOCOMMIT",
                pool_size=KEPT,
                max_overflow=AT_MOST - KEPT,
                pool_recycle=RECYCLE_SECONDS,
                pool_pre_ping=True,
            )

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> PooledPostgresStorage:
        """What Dagster calls with the `config` of dagster.yaml."""
        return cls(
            pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            inst_data=inst_data,
        )
