"""What Dagster's instance knows of assets, their checks and freshness, and of the runs under way. For its thread."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dagster import DagsterInstance

MOST_RUNS = 20
COVERING_LOOKS = (4, 50)  # records; reading one costs about a ms, and mostly it is among the first


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """An asset that was materialised: when (s since 1970), by which run ("" for a sensor's), freshness, its checks."""

    at: float
    run_id: str
    metadata: Mapping[str, Any]
    freshness: str


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run under way."""

    run_id: str
    job: str
    status: str
    since: float | None


@dataclass(frozen=True, slots=True)
class DagsterFacts:
    """Assets by key, checks as asset:check -> (passed, when), runs under way, heartbeats of daemons (s since 1970)."""

    assets: Mapping[str, AssetFacts]
    checks: Mapping[str, tuple[bool, float]]
    runs: Sequence[RunFacts]
    heartbeats: Mapping[str, float]


def facts_of(instance: DagsterInstance, checks: Sequence[str]) -> DagsterFacts:
    """Look at everything; `checks` are those that contracts name."""
    import dagster as dg

    records = instance.get_asset_records()
    keys = [record.asset_entry.asset_key for record in records]
    states = instance.get_freshness_state_records(keys) if keys else {}
    assets = {}
    for record in records:
        entry = record.asset_entry.last_materialization
        if entry is None or entry.asset_materialization is None:
            continue
        key = record.asset_entry.asset_key
        state = states.get(key)
        plain = {
            name: value.value
            for name, value in entry.asset_materialization.metadata.items()
            if isinstance(value.value, str | int | float | bool) and len(str(value.value)) < 200
        }
        freshness = str(state.freshness_state.value) if state else ""
        assets[key.to_user_string()] = AssetFacts(entry.timestamp, entry.run_id, plain, freshness)
    unfinished = [
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.CANCELING,
    ]
    runs = [
        RunFacts(
            record.dagster_run.run_id, record.dagster_run.job_name, record.dagster_run.status.value, record.start_time
        )
        for record in instance.get_run_records(dg.RunsFilter(statuses=unfinished), limit=MOST_RUNS)
    ]
    heartbeats = {daemon: beat.timestamp for daemon, beat in instance.get_daemon_heartbeats().items()}
    return DagsterFacts(assets, _checks(instance, checks), runs, heartbeats)


def _checks(instance: DagsterInstance, names: Sequence[str]) -> dict[str, tuple[bool, float]]:
    """The last evaluation of each check that ever ran."""
    import dagster as dg

    keys = [
        dg.AssetCheckKey(dg.AssetKey.from_user_string(asset), check)
        for asset, _, check in (name.partition(":") for name in names)
    ]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys) if keys else {}
    outcomes = {}
    for key, record in found.items():
        if record.status.value in ("SUCCEEDED", "FAILED"):
            warning = record.evaluation is not None and record.evaluation.severity.value == "WARN"
            passed = record.status.value == "SUCCEEDED" or warning
            outcomes[f"{key.asset_key.to_user_string()}:{key.name}"] = (passed, record.create_timestamp)
    return outcomes


def covering(instance: DagsterInstance, asset: str, after: float, position: tuple[int, int]) -> dict[str, Any] | None:
    """The first materialisation since `after` (s since 1970) that tells of the log entry `position` or a later one."""
    import dagster as dg

    from lrs_platform.stream.position import entry_key

    wanted = dg.AssetRecordsFilter(dg.AssetKey(asset), after_timestamp=after - 1)
    cursor: str | None = None
    for limit in COVERING_LOOKS:
        found = instance.fetch_materializations(wanted, limit=limit, ascending=True, cursor=cursor)
        for record in found.records:
            entry = record.event_log_entry
            metadata = entry.asset_materialization.metadata if entry.asset_materialization else {}
            told = {name: value.value for name, value in metadata.items()}
            if entry_key(str(told.get("last_log_id") or "")) >= position:
                return {"at": entry.timestamp, "run_id": entry.run_id, "metadata": told}
        if not found.has_more:
            break
        cursor = found.cursor
    return None


def age(at: float | None) -> float | None:
    """Seconds since a time in s since 1970."""
    return None if at is None else round(time.time() - at, 1)
