"""Module b.03: what the incremental ETL promises, with the instance's Redis and MCP servers, on logs of its own."""

from __future__ import annotations

import json
import uuid
from typing import Any

import dagster as dg
import psycopg
import pytest

from lrs_platform.defs.catch_up.assets import catch_up
from lrs_platform.defs.catch_up.schedules import catch_up_job, incremental_catch_up
from lrs_platform.etl_incremental import CatchUp, CaughtUp
from lrs_platform.etl_streaming import mapping_version
from lrs_platform.gateway.incremental import Catching, judge, tick_after
from lrs_platform.gateway.streaming import Away
from lrs_platform.mcp_client import McpClient
from lrs_platform.stream.rereading import StreamIndex
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.samples import statement
from lrs_platform_tests.test_etl_streaming import Bench, on


async def caught_up(platform: Platform, bench: Bench, **changes: Any) -> CaughtUp:
    """One run of the catch-up on the bench's log."""
    index = StreamIndex(platform.redis_url, bench.log.stream)
    try:
        parts = {"log": bench.log, "index": index, "python": bench.python, "warehouse": bench.warehouse, **changes}
        return await CatchUp(**parts).run()
    finally:
        await index.close()


def run_sql(platform: Platform, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(platform.admin_database_url, autocommit=True) as connection:
        cursor = connection.execute(query.encode(), parameters)
        return cursor.fetchall() if cursor.description else []


def forget(platform: Platform, statement_ids: list[str]) -> None:
    """As after a backup that was taken before these statements were loaded."""
    run_sql(
        platform,
        "delete from lrs.posting where positions && array("
        " select position from lrs.statement where statement_id = any(%(ids)s::uuid[]))",
        ids=statement_ids,
    )
    run_sql(platform, "delete from core.event where statement_id = any(%(ids)s::uuid[])", ids=statement_ids)
    run_sql(platform, "delete from lrs.statement where statement_id = any(%(ids)s::uuid[])", ids=statement_ids)


def test_a_run_loads_what_waits_in_the_log(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        await bench.append(*(statement() for _ in range(5)))
        done = await caught_up(platform, bench)
        assert (done.drain, done.drained, done.claimed, done.failures) == ("done", 5, 0, [])
        assert bench.rows("core.event") == bench.sent

    on(platform, promise)


def test_a_run_claims_what_a_dead_loader_left_behind(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        await bench.append(*(statement() for _ in range(4)))
        await bench.log.ensure_group()
        assert len(await bench.log.read("a loader that died", 3, 0)) == 3
        done = await caught_up(platform, bench)
        assert (done.drained, done.claimed) == (4, 3)
        assert bench.rows("core.event") == bench.sent

    on(platform, promise)


def test_while_the_sensor_is_at_work_the_other_steps_are_done(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        await bench.append(statement())
        await bench.drain()
        assert await bench.log.acquire_lease("the sensor", 60)
        done = await caught_up(platform, bench)
        assert (done.drain, done.reconciled, done.failures) == ("busy", 1, [])

    on(platform, promise)


def test_statements_that_the_tables_have_lost_are_found_in_the_log_and_loaded_again(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        await bench.append(*(statement() for _ in range(6)))
        assert (await caught_up(platform, bench)).missing == 0
        forget(platform, bench.sent[1:3])
        done = await caught_up(platform, bench)
        assert (done.missing, done.reloaded, done.failures) == (2, 2, [])
        assert bench.rows("core.event") == bench.sent
        assert bench.rows("lrs.statement") == bench.sent
        assert (await caught_up(platform, bench)).missing == 0

    on(platform, promise)


def test_each_entry_is_compared_once_and_then_in_rounds(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        await bench.append(*(statement() for _ in range(3)))
        first = await caught_up(platform, bench)
        assert (first.reconciled, first.audited) == (3, 3)
        await bench.append(statement())
        second = await caught_up(platform, bench)
        assert (second.reconciled, second.audited) == (1, 4)

    on(platform, promise)


def test_a_restored_database_knows_by_itself_where_to_begin(platform: Platform) -> None:
    """The mark lies in the database: with the rows, a backup brings back how far it was compared."""

    async def promise(bench: Bench) -> None:
        await bench.append(*(statement() for _ in range(2)))
        await caught_up(platform, bench)
        before = run_sql(platform, "select upto, audited from lrs.reconciled where log = %(log)s", log=bench.log.stream)
        await bench.append(*(statement() for _ in range(3)))
        await caught_up(platform, bench)
        forget(platform, bench.sent[2:])
        run_sql(
            platform,
            "update lrs.reconciled set upto = %(upto)s where log = %(log)s",
            upto=before[0][0],
            log=bench.log.stream,
        )
        done = await caught_up(platform, bench)
        assert (done.reconciled, done.reloaded) == (3, 3)
        assert bench.rows("core.event") == bench.sent

    on(platform, promise)


def test_rejected_and_conflicting_and_repeated_entries_are_not_missing(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        good = statement()
        bad = statement(actor={"account": {"homePage": "https://x.example"}})  # no name: the mapping fails on it
        await bench.append(good, bad)
        done = await caught_up(platform, bench)
        assert (done.drained, done.missing) == (2, 0)
        assert (await caught_up(platform, bench)).missing == 0

    on(platform, promise)


def test_rejected_statements_are_mapped_again_when_the_mapping_has_changed(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        mended, hopeless = statement(), statement(actor={"account": {"homePage": "https://x.example"}})
        await bench.append(mended, hopeless)
        await bench.drain()
        # As if an older mapping had failed on both.
        run_sql(platform, "delete from core.event where statement_id = %(id)s::uuid", id=mended["id"])
        run_sql(
            platform,
            "insert into lrs.rejected (log_id, statement_id, stage, reason, mapping, raw)"
            " select (position >> 20) || '-' || (position & 1048575), statement_id::text, 'map', 'KeyError', 'old@1',"
            " raw::text from lrs.statement where statement_id = %(id)s::uuid",
            id=mended["id"],
        )
        run_sql(platform, "update lrs.rejected set mapping = 'old@1' where statement_id = %(id)s", id=hopeless["id"])
        done = await caught_up(platform, bench)
        assert done.retried >= 2
        assert done.recovered >= 1
        assert bench.rows("core.event") == [mended["id"]]
        assert bench.rows("lrs.rejected") == [hopeless["id"]]
        assert bench.rows("lrs.rejected", "mapping") == [mapping_version()]
        [change] = run_sql(
            platform,
            "select statements from core.change inner join core.event"
            " on event.position between change.from_position and change.upto_position"
            " where kind = 'map' and event.statement_id = %(id)s::uuid",
            id=mended["id"],
        )
        assert change[0] >= 1  # the marts will follow
        assert (await caught_up(platform, bench)).retried == 0

    on(platform, promise)


def test_a_voided_statement_does_not_come_back_by_a_new_mapping(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        wrong = statement(actor={"account": {"homePage": "https://x.example"}})
        voiding = statement(
            verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
            object={"objectType": "StatementRef", "id": wrong["id"]},
        )
        await bench.append(wrong, voiding)
        await bench.drain()
        event = [
            wrong["id"],
            None,
            "mailto:ada@example.com",
            None,
            "http://adlnet.gov/expapi/verbs/completed",
            "Activity",
            "x",
        ]
        told = await bench.warehouse.call_json("remap", {"events": json.dumps(event + [None] * 16)})
        assert (told["mapped"], told["added"]) == (0, 0)
        assert wrong["id"] not in bench.rows("core.event")

    on(platform, promise)


def test_a_step_that_fails_is_told_and_the_others_are_done(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        await bench.append(statement())
        away = McpClient("python", "http://127.0.0.1:1/mcp", "token")  # nothing listens on port 1
        done = await caught_up(platform, bench, python=away)
        assert done.drain == "failed"
        assert len(done.failures) == 1
        assert {"reconcile", "retry"} <= set(done.ms)

    on(platform, promise)


class Told(dg.ConfigurableResource[Any]):
    """In the place of `CatchingUp`: gives a run that was written down before."""

    done: dict[str, Any]

    def run(self) -> CaughtUp:
        return CaughtUp(**self.done)


def checks_of(done: dict[str, Any]) -> dict[str, bool]:
    result = dg.materialize([catch_up], resources={"catching_up": Told(done=done)})
    return {check.check_name: check.passed for check in result.get_asset_check_evaluations()}


def test_missing_entries_turn_a_check_red_also_when_they_were_loaded_again() -> None:
    assert checks_of({"reconciled": 10}) == {"nothing_missing": True, "sources_answer": True}
    assert not checks_of({"missing": 2, "reloaded": 2})["nothing_missing"]


def test_a_source_that_fails_turns_its_check_red_and_the_run_stays_green() -> None:
    assert not checks_of({"pulled": {"other": {"pulled": 0, "error": "401"}}})["sources_answer"]


def test_a_run_fails_where_a_server_was_away() -> None:
    result = dg.materialize(
        [catch_up], resources={"catching_up": Told(done={"failures": ["drain: away"]})}, raise_on_error=False
    )
    assert not result.success


def test_two_runs_never_work_at_once() -> None:
    with dg.instance_for_test() as instance:
        with dg.build_schedule_context(instance=instance) as context:
            assert isinstance(incremental_catch_up(context), dg.RunRequest)
        instance.create_run_for_job(
            dg.Definitions(
                assets=[catch_up], jobs=[catch_up_job], resources={"catching_up": Told(done={})}
            ).resolve_job_def(catch_up_job.name),
            status=dg.DagsterRunStatus.STARTED,
        )
        with dg.build_schedule_context(instance=instance) as context:
            assert isinstance(incremental_catch_up(context), dg.SkipReason)


RUN = {
    "ended_at": "2026-03-01T08:00:05.000Z",
    "started_at": "2026-03-01T08:00:00.000Z",
    "status": "SUCCESS",
    "error": None,
}
SOURCE = {"source": "other", "error": None}
NOW = 1_772_352_060.0


@pytest.mark.parametrize(
    ("dagster", "sources", "status"),
    [
        (Catching([RUN]), [SOURCE], "ok"),
        (Catching([RUN], due=NOW + 60), [SOURCE], "ok"),
        (Catching([RUN], due=NOW - 60), [SOURCE], "late"),
        (Catching([RUN], running=False), [], "late"),
        (Catching([{**RUN, "status": "FAILURE"}]), [], "failing"),
        (Catching([RUN], checks=[{"name": "nothing_missing", "passed": False}]), [], "missing"),
        (Catching([RUN]), [{**SOURCE, "error": "401"}], "degraded"),
        (Catching([]), [], "waiting"),
        (Away("refused"), [], "degraded"),
        (Catching([RUN]), Away("refused"), "degraded"),
    ],
)
def test_the_status_follows_from_what_the_parts_say(dagster: Any, sources: Any, status: str) -> None:
    concluded, reasons = judge(dagster, sources, {}, NOW)
    assert concluded == status
    assert reasons


def test_ticks_follow_the_cron() -> None:
    assert tick_after(1_772_352_061.0, "*/5 * * * *") == 1_772_352_300.0
    assert tick_after(1_772_352_061.0, "*/5 * * * *", 3) == 1_772_352_900.0


def test_the_page_tells_of_a_run_of_the_schedule(platform: Platform) -> None:
    """On the instance's own log and Dagster: a run asked for as its UI does it."""
    query = """mutation { launchRun(executionParams: {selector: {repositoryName: "__repository__",
        repositoryLocationName: "%s", jobName: "catch_up_run"}, runConfigData: {}}) { __typename
        ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
    graphql = f"{platform.urls['dagster']}/graphql"
    locations = "query { workspaceOrError { ... on Workspace { locationEntries { name } } } }"
    [location] = platform.client.post(graphql, json={"query": locations}).json()["data"]["workspaceOrError"][
        "locationEntries"
    ]
    launched = platform.client.post(graphql, json={"query": query % location["name"]}).json()["data"]["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]

    def page() -> dict[str, Any]:
        answer = platform.client.get("/ui/test-etl-incremental", headers=platform.admin, auth=None)
        assert answer.status_code == 200
        return dict(answer.json())

    told: dict[str, Any] = {}

    def ended() -> bool:
        told.update(page())  # on a busy machine Dagster may be told as away for a while
        runs = told["runs"] if isinstance(told["runs"], list) and isinstance(told["checks"], list) else []
        return any(run["run_id"] == run_id and run["ended_at"] for run in runs)

    wait_for(ended, 150, "the run on the page")
    [run] = [run for run in told["runs"] if run["run_id"] == run_id]
    assert run["status"] == "SUCCESS"
    assert run["did"]["missing"] == 0
    assert {check["name"]: check["passed"] for check in told["checks"]}["nothing_missing"] is True
    assert told["schedule"]["running"] is True
    assert told["schedule"]["next_tick"] > told["checked_at"]
    html = platform.client.get("/ui/test-etl-incremental?format=html", headers=platform.admin, auth=None)
    assert html.headers["content-type"].startswith("text/html")
    assert "Incremental catch-up" in html.text


def test_the_page_needs_a_login(platform: Platform) -> None:
    assert platform.client.get("/ui/test-etl-incremental", auth=None).status_code == 401


def test_each_run_of_these_tests_uses_a_log_of_its_own(platform: Platform) -> None:
    """What the tests above rely on: a log's mark is that log's alone."""

    async def promise(bench: Bench) -> None:
        mark = await bench.warehouse.call_json("reconciled", {"log": f"test:{uuid.uuid4().hex}"})
        assert mark == {"upto": "", "audited": ""}

    on(platform, promise)
