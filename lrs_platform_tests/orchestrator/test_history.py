"""Dagster's history is kept to a bound, and what somebody may still ask for stays, however old."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import dagster as dg
import psycopg
import pytest

from lrs_platform.dagster_history import Purged, purge
from lrs_platform.defs.upkeep import SCHEDULES
from lrs_platform_tests.conftest import Platform

DAYS = dg.StaticPartitionsDefinition(["one", "two"])


@dg.asset(partitions_def=DAYS, check_specs=[dg.AssetCheckSpec("fine", asset="kept")])
def kept() -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it bare only
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="fine", passed=True)])


@dg.asset
def failing() -> None:
    raise ValueError("as it should")


@dataclass
class Dagster:
    """An instance of Dagster in a database of its own."""

    instance: dg.DagsterInstance
    url: str

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str) -> int:
        return int(self.rows(f"select count(*) from {table}")[0][0])  # noqa: S608 - names of this file

    def run(self, asset: Any, partition: str | None = None) -> None:
        dg.materialize([asset], partition_key=partition, instance=self.instance, raise_on_error=False)

    def grow_old(self, days: int) -> None:
        """Let everything so far have happened earlier."""
        for column in ("event_logs.timestamp", "runs.update_timestamp", "asset_check_executions.create_timestamp"):
            table, _, name = column.partition(".")
            self.rows(f"update {table} set {name} = {name} - make_interval(days => %s)", days)  # noqa: S608

    def purge(self, keep_steps_hours: float = 1000.0) -> Purged:
        return asyncio.run(purge(self.url, keep_days=3, keep_failed_days=30, keep_steps_hours=keep_steps_hours))


@pytest.fixture
def dagster(platform: Platform, tmp_path: Any) -> Iterator[Dagster]:
    name = f"dagster_{uuid.uuid4().hex[:8]}"
    url = urlunsplit(urlsplit(platform.admin_database_url)._replace(path=f"/{name}"))
    with psycopg.connect(platform.admin_database_url, autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
    (tmp_path / "dagster.yaml").write_text(
        "storage:\n  custom:\n    module: lrs_platform.dagster_storage\n    class: PooledPostgresStorage\n"
        f"    config: {{postgres_url: '{url}'}}\ntelemetry: {{enabled: false}}\n"
    )
    try:
        with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
            yield Dagster(instance, url)
    finally:
        with psycopg.connect(platform.admin_database_url, autocommit=True) as admin:
            admin.execute(f"drop database {name} with (force)".encode())


def test_old_events_and_runs_go_and_the_newest_of_each_asset_partition_and_check_stays(dagster: Dagster) -> None:
    for partition in ("one", "two", "one", "one"):
        dagster.run(kept, partition)
    dagster.instance.report_runless_asset_event(dg.AssetMaterialization("told", metadata={"n": 1}))
    dagster.instance.report_runless_asset_event(dg.AssetMaterialization("told", metadata={"n": 2}))
    dagster.grow_old(days=5)
    dagster.run(kept, "two")
    before = dagster.count("event_logs")
    recent = dagster.rows("select count(*) from event_logs where timestamp > now() - interval '1 day'")[0][0]
    done = dagster.purge()
    assert done.events == before - recent - 2  # the newest of partition one, and of the asset without a run
    assert dagster.count("runs") == 2
    assert done.runs == 3
    assert dagster.count("asset_check_executions") == 1
    assert dagster.instance.get_materialized_partitions(dg.AssetKey("kept")) == {"one", "two"}
    told = dagster.instance.get_latest_materialization_event(dg.AssetKey("told"))
    assert told is not None and told.asset_materialization is not None
    assert told.asset_materialization.metadata["n"].value == 2
    assert dagster.purge().events == 0
    assert done.database_bytes > 0


def test_what_runs_that_succeeded_told_of_their_steps_goes_first(dagster: Dagster) -> None:
    dagster.run(kept, "one")
    dagster.run(failing)
    dagster.grow_old(days=1)
    before = dagster.rows("select dagster_event_type from event_logs join runs using (run_id) where status = 'FAILURE'")
    assert dagster.purge(2.0).steps > 5
    left = dagster.rows("select dagster_event_type from event_logs join runs using (run_id) where status = 'SUCCESS'")
    assert {str(kind) for (kind,) in left} == {
        "ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "PIPELINE_START", "PIPELINE_SUCCESS",
    }  # fmt: skip
    after = dagster.rows("select dagster_event_type from event_logs join runs using (run_id) where status = 'FAILURE'")
    assert after == before
    assert dagster.instance.get_materialized_partitions(dg.AssetKey("kept")) == {"one"}


def test_failed_runs_are_kept_longer(dagster: Dagster) -> None:
    dagster.run(failing)
    dagster.grow_old(days=5)
    assert dagster.purge(1.0) == Purged(0, 0, 0, 0, dagster.purge().database_bytes)
    dagster.grow_old(days=30)
    assert dagster.purge().runs == 1
    assert dagster.count("event_logs") == 0


def test_it_is_purged_every_hour_unasked() -> None:
    [hourly] = [each for each in SCHEDULES if each.name == "history_hourly"]
    assert hourly.default_status is dg.DefaultScheduleStatus.RUNNING
