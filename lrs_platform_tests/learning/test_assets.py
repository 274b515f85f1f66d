"""The domain in Dagster, against a warehouse server of its own: one step refreshes all, checks read the tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import dagster as dg
import pytest

from lrs_platform.defs import ingest, learning
from lrs_platform.defs.learning import resources
from lrs_platform.defs.learning.assets import events, marts
from lrs_platform.defs.learning.pictures import chart
from lrs_platform.defs.learning.resources import Marts
from lrs_platform.defs.learning.sensors import marts_due
from lrs_platform.defs.resources import Ingest
from lrs_platform.semantic_model import semantic_model
from lrs_platform.settings import get_settings
from lrs_platform.stream import LogPosition
from lrs_platform_tests.learning.conftest import new_warehouse
from lrs_platform_tests.learning.history import Event, Warehouse
from lrs_platform_tests.mcp.conftest import Postgres, Server, server_of, wait_until

NOW = datetime.now(UTC)


class Log(dg.ConfigurableResource[Any]):
    """In the place of `Ingest`: a log in which so many statements wait."""

    waiting: int

    def position(self) -> LogPosition:
        return LogPosition(self.waiting, "9-0", "1-0", 0, "", self.waiting, 10, "2-0")


@dataclass
class Running:
    """A warehouse, and the instance of Dagster that works on it."""

    warehouse: Warehouse
    instance: dg.DagsterInstance

    def definitions(self) -> dg.Definitions:
        assets = [
            *dg.load_assets_from_package_module(learning, group_name="learning"),
            *dg.load_assets_from_package_module(ingest, group_name="ingest"),
        ]
        return dg.Definitions(
            assets=assets,
            asset_checks=dg.load_asset_checks_from_package_module(learning),
            jobs=learning.JOBS,
            schedules=learning.SCHEDULES,
            sensors=learning.SENSORS,
            resources={"learning": Marts(), "ingest": Ingest()},
        )

    def run(self, job: str) -> dg.ExecuteInProcessResult:
        return self.definitions().resolve_job_def(job).execute_in_process(instance=self.instance)

    def tick(self, cursor: str = "", waiting: int = 0) -> dg.RunRequest | dg.SkipReason:
        with dg.build_sensor_context(
            instance=self.instance, cursor=cursor, resources={"learning": Marts(), "ingest": Log(waiting=waiting)}
        ) as context:  # left to the garbage collector, it would give this instance's storage to tests that come later
            answer = marts_due(context)
        assert isinstance(answer, dg.RunRequest | dg.SkipReason)
        return answer


def healthy(server: Server) -> bool:
    return server.health().status_code == 200


@pytest.fixture(scope="module")
def running(learning_postgres: Postgres) -> Iterator[Running]:
    patch = pytest.MonkeyPatch()
    for warehouse in new_warehouse(learning_postgres):
        instance = learning_postgres.instance
        server = server_of("warehouse", instance, {"LRS_DATABASE_URL": warehouse.writer})
        server.start()
        wait_until(partial(healthy, server), "the warehouse is healthy")
        patch.setenv("LRS_MCP_WAREHOUSE_URL", server.url)
        patch.setenv("LRS_MCP_WAREHOUSE_TOKEN", server.token)
        get_settings.cache_clear()
        resources._warehouse.cache_clear()
        with dg.instance_for_test() as dagster:
            yield Running(warehouse, dagster)
        server.stop()
    patch.undo()
    get_settings.cache_clear()
    resources._warehouse.cache_clear()


def some_events(minutes: int) -> list[Event]:
    return [
        Event(who=who, verb="viewed", lesson="fire", card=card, at=NOW - timedelta(minutes=minutes + card))
        for who in ("ann", "bob")
        for card in (1, 2)
    ]


def test_the_sensor_asks_for_one_run_when_something_changed_and_for_none_beside_it(running: Running) -> None:
    running.run("refresh_marts")
    assert isinstance(running.tick(), dg.SkipReason)
    running.warehouse.load(some_events(5))
    told = running.tick()
    assert isinstance(told, dg.RunRequest) and told.job_name == "refresh_marts"
    loading = running.tick(waiting=100_000)
    assert isinstance(loading, dg.SkipReason) and "loaded first" in str(loading.skip_message)
    running.warehouse.rows_changed("update core.change set changed_at = changed_at - interval '10 minutes'")
    assert isinstance(running.tick(waiting=100_000), dg.RunRequest)
    untold = running.tick(cursor=str(NOW.timestamp() + 3600))
    assert isinstance(untold, dg.RunRequest) and untold.job_name == "refresh_marts_untold"
    other = running.instance.create_run_for_job(
        running.definitions().resolve_job_def("refresh_marts"), status=dg.DagsterRunStatus.STARTED
    )
    answer = running.tick()
    assert isinstance(answer, dg.SkipReason)
    assert "queued or in progress" in str(answer.skip_message)
    running.instance.delete_run(other.run_id)
    running.run("refresh_marts_untold")
    assert isinstance(running.tick(), dg.SkipReason)


def test_one_step_materialises_every_mart_and_the_days_it_touched(running: Running) -> None:
    running.warehouse.load(some_events(50))
    result = running.run("refresh_marts")
    steps = {event.step_key for event in result.all_events if event.is_step_success}
    assert steps == {"marts"}
    assert set(semantic_model().marts) <= {key.to_user_string() for key in _keys(result)}
    materialisations = result.get_asset_materialization_events()
    touched = {event.partition for event in materialisations if event.asset_key == dg.AssetKey("events")}
    days = {str(row["day"]) for row in running.warehouse.rows("select day from core.learning_event")}
    assert touched <= days and touched
    assert len(running.warehouse.rows("select from mart.lesson_attempts")) == 2


def _keys(result: dg.ExecuteInProcessResult) -> set[dg.AssetKey]:
    keys = (event.asset_key for event in result.get_asset_materialization_events())
    return {key for key in keys if isinstance(key, dg.AssetKey)}


def test_marts_that_are_chosen_are_rebuilt_alone(running: Running) -> None:
    running.warehouse.rows_changed("delete from mart.lesson_funnel")
    result = dg.materialize(
        [marts], selection=["lesson_funnel"], instance=running.instance, resources={"learning": Marts()}
    )
    assert _keys(result) == {dg.AssetKey("lesson_funnel")}
    assert running.warehouse.rows("select from mart.lesson_funnel")
    metadata = result.asset_materializations_for_node("marts")[0].metadata
    assert metadata["keys_touched"].value == "all"
    assert "data:image/svg+xml" in str(metadata["picture"].value)


def test_days_can_be_backfilled_in_one_run(running: Running) -> None:
    lost = running.warehouse.rows_changed("delete from core.learning_event")
    assert lost
    day = (NOW - timedelta(days=1)).date().isoformat()
    tags = {
        "dagster/asset_partition_range_start": day,
        "dagster/asset_partition_range_end": NOW.date().isoformat(),
    }
    result = dg.materialize([events], instance=running.instance, resources={"learning": Marts()}, tags=tags)
    assert result.success
    assert running.warehouse.one("select count(*) as events from core.learning_event")["events"] == lost


def test_checks_hold_marts_to_the_model(running: Running) -> None:
    result = running.run("refresh_and_check_marts")
    checked = result.get_asset_check_evaluations()
    assert len(checked) > 2 * len(semantic_model().marts)
    assert [check.check_name for check in checked if not check.passed] == []
    running.warehouse.rows_changed("update mart.lesson_funnel set passed = opened + 1 where cohort_id = 0")
    broken = Marts().check(["lesson_funnel"])
    assert broken["lesson_funnel"] == {"keys": 0, "counts": 0, "order": 1}


def test_every_asset_says_what_it_is_and_what_its_columns_mean() -> None:
    for spec in marts.specs:
        assert spec.description
        assert spec.kinds == {"postgres", "sql"}
        assert spec.freshness_policy
        if spec.key.to_user_string() in semantic_model().marts:
            schema = spec.metadata["dagster/column_schema"]
            assert all(column.description for column in schema.columns)


def test_a_picture_shows_values_and_escapes_labels() -> None:
    assert chart("none", [], []) is None
    picture = chart("<a> & b", ["<x>"], [2.0])
    assert picture is not None and picture.value
    assert picture.value.startswith("![&lt;a&gt; &amp; b](data:image/svg+xml;base64,")
