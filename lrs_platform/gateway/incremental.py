"""How the incremental ETL is doing: its last runs, what each did, its checks, its sources. Module b.03 of the plan.

Belongs here: gathering and judging. Not here: the page (ui.py, templates/incremental.html). Everything comes from
Dagster's instance and the warehouse at the time of the request. A part that is away is reported as
{"unknown": reason}, and the other is told all the same.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from lrs_platform.gateway.orchestrator import OrchestratorAway
from lrs_platform.gateway.services import Services
from lrs_platform.gateway.streaming import Away
from lrs_platform.gateway.watermark import iso
from lrs_platform.mcp_client import McpToolError, McpUnavailable

if TYPE_CHECKING:
    from dagster import DagsterInstance

PART_SECONDS = 3.0  # a part that needs longer counts as away
JOB, ASSET, SCHEDULE = "catch_up_run", "catch_up", "incremental_catch_up"
CHECKS = ("nothing_missing", "sources_answer")
RUNS = 12
LATE_TICKS = 2  # ticks that may be missed before the schedule counts as not running


@dataclass(frozen=True, slots=True)
class Catching:
    """What Dagster knows of the catch-up. `runs` newest first; `running` is whether its schedule is switched on;
    ticks in s since 1970.
    """

    runs: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    running: bool = True
    last_tick: float | None = None
    next_tick: float | None = None
    due: float | None = None  # a later run than the last one must have begun by then


async def incremental_state(services: Services) -> dict[str, Any]:
    """The answer of /ui/test-etl-incremental. Times are ISO 8601 in UTC, durations in ms."""
    started = time.perf_counter()
    dagster, sources, record = await asyncio.gather(
        _dagster(services), _asked(services, "source_cursors"), _asked(services, "catch_up_state")
    )
    now = time.time()
    status, reasons = judge(dagster, sources, record, now)
    known = None if isinstance(dagster, Away) else dagster
    last = next((run for run in known.runs if run["did"]), None) if known else None
    return {
        "status": status,
        "reasons": reasons,
        "schedule": {
            "name": SCHEDULE,
            "cron": services.settings.catch_up_cron,
            "running": known.running if known else None,
            "last_tick": _iso(known.last_tick) if known else None,
            "next_tick": _iso(known.next_tick) if known else None,
        },
        "last": last,
        "runs": {"unknown": dagster.reason} if isinstance(dagster, Away) else dagster.runs,
        "checks": {"unknown": dagster.reason} if isinstance(dagster, Away) else dagster.checks,
        "sources": {"unknown": sources.reason} if isinstance(sources, Away) else sources,
        "record": {"unknown": record.reason} if isinstance(record, Away) else record,
        "checked_at": _iso(now),
        "took_ms": round((time.perf_counter() - started) * 1000, 1),
    }


def judge(
    dagster: Catching | Away, sources: list[dict[str, Any]] | Away, record: dict[str, Any] | Away, now: float
) -> tuple[str, list[str]]:
    """`degraded` where a part is away or a source failed, `failing`, `late`, `missing`, `waiting` for the first run, or
    `ok`; and why.
    """
    named = (("dagster", dagster), ("sources", sources), ("record", record))
    away = [f"{name}: {part.reason}" for name, part in named if isinstance(part, Away)]
    if isinstance(dagster, Away) or isinstance(sources, Away) or isinstance(record, Away):
        return "degraded", away
    finished = [run for run in dagster.runs if run["ended_at"]]
    if not dagster.running:
        return "late", [f"the schedule {SCHEDULE} is switched off: switch it on in Dagster"]
    if not finished:
        return "waiting", ["no run has ended yet"]
    if dagster.due is not None and now > dagster.due:
        return "late", [f"the last run began at {finished[0]['started_at']}: see Dagster's daemon and the schedule"]
    if finished[0]["status"] != "SUCCESS":
        return "failing", [f"the last run ended with {finished[0]['status']}: {finished[0]['error'] or 'see Dagster'}"]
    failed = [check["name"] for check in dagster.checks if check["passed"] is False]
    if "nothing_missing" in failed:
        return "missing", ["entries of the log were not in the tables; they were loaded again, and the cause is open"]
    errors = [f"source {source['source']}: {source['error']}" for source in sources if source["error"]]
    if errors:
        return "degraded", errors
    return "ok", ["what streaming left undone is done"]


def tick_after(moment: float, cron: str, count: int = 1) -> float:
    """The `count`th tick of `cron` after a moment, both in s since 1970."""
    from dagster._utils.schedules import schedule_execution_time_iterator  # what Dagster itself ticks by

    ticks = schedule_execution_time_iterator(moment + 1e-3, cron, "UTC")
    return [next(ticks) for _ in range(count)][-1].timestamp()


async def _asked(services: Services, tool: str) -> Any:
    try:
        async with asyncio.timeout(PART_SECONDS):
            reply = await services.warehouse.client.call(tool, {}, safe_to_retry=True)
    except (McpUnavailable, McpToolError) as error:
        return Away(str(error)[:300])
    except TimeoutError:
        return Away(f"the warehouse did not answer within {PART_SECONDS:g} s")
    return msgspec.json.decode(reply)


async def _dagster(services: Services) -> Catching | Away:
    cron = services.settings.catch_up_cron
    try:
        return await services.orchestrator.ask(lambda instance: _read(instance, cron), timeout_seconds=PART_SECONDS)
    except OrchestratorAway as error:
        return Away(str(error))


def _read(instance: DagsterInstance, cron: str) -> Catching:
    """Runs of the job with what they told, the last answer of each check, and the schedule."""
    import dagster as dg
    from dagster._core.scheduler.instigation import InstigatorStatus, InstigatorType

    key = dg.AssetKey(ASSET)
    told = {
        record.run_id: record.asset_materialization
        for record in instance.fetch_materializations(key, limit=RUNS).records
        if record.run_id
    }
    runs = []
    began_last = 0.0
    for record in instance.get_run_records(dg.RunsFilter(job_name=JOB), limit=RUNS):
        run_id = record.dagster_run.run_id
        materialized = told.get(run_id)
        began = record.start_time or record.create_timestamp.timestamp()
        began_last = max(began_last, began)
        runs.append(
            {
                "run_id": run_id,
                "status": record.dagster_run.status.value,
                "by_schedule": record.dagster_run.tags.get("dagster/schedule_name") == SCHEDULE,
                "started_at": iso(int(began * 1000)),
                "ended_at": iso(int(record.end_time * 1000)) if record.end_time else None,
                "ms": round((record.end_time - began) * 1000) if record.end_time else None,
                "did": {name: value.value for name, value in materialized.metadata.items()} if materialized else None,
                "error": None if materialized or not record.end_time else _failure(instance, run_id),
            }
        )
    schedule = next(
        (
            state
            for state in instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE)
            if state.instigator_name == SCHEDULE
        ),
        None,
    )
    unfinished = any(run["ended_at"] is None for run in runs)
    ticks = instance.get_ticks(schedule.instigator_origin_id, schedule.selector_id, limit=1) if schedule else []
    return Catching(
        runs=runs,
        checks=[_check(instance, key, name) for name in CHECKS],
        running=schedule is None or schedule.status is not InstigatorStatus.STOPPED,
        last_tick=ticks[0].timestamp if ticks else None,
        next_tick=tick_after(time.time(), cron),
        due=tick_after(began_last, cron, LATE_TICKS + 1) if began_last and not unfinished else None,
    )


def _iso(moment: float | None) -> str | None:
    return iso(int(moment * 1000)) if moment else None


def _failure(instance: DagsterInstance, run_id: str) -> str | None:
    """The message of the step that failed."""
    import dagster as dg

    records = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE, limit=1).records
    event = records[0].event_log_entry.dagster_event if records else None
    data = event.step_failure_data if event else None
    if data is None:
        return None
    metadata = data.user_failure_data
    return (metadata.description if metadata and metadata.description else str(data.error and data.error.message))[:500]


def _check(instance: DagsterInstance, key: Any, name: str) -> dict[str, Any]:
    """The last answer of a check."""
    import dagster as dg

    history = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(key, name), limit=1)
    entry = history[0].event if history else None
    evaluation = entry.asset_check_evaluation if entry else None
    return {
        "name": name,
        "passed": evaluation.passed if evaluation else None,
        "at": iso(int(entry.timestamp * 1000)) if entry else None,
        "told": {name: value.value for name, value in evaluation.metadata.items()} if evaluation else {},
    }
