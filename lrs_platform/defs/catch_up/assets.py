"""A run of the incremental ETL as an asset, with the checks that it answers itself. How is in etl_incremental.py."""

from __future__ import annotations

from typing import Any

import dagster as dg

from lrs_platform.defs.agents import working
from lrs_platform.defs.catch_up.resources import CatchingUp
from lrs_platform.etl_incremental import CaughtUp

ASSET = "catch_up"


@dg.asset(
    key=ASSET,
    deps=["statements"],
    description=(
        "What streaming left undone: entries that nobody acknowledged, entries of the log that the tables do not have, "
        "rejected statements whose mapping has changed, statements of source LRSs. The schedule `incremental_catch_up` "
        "runs it every few minutes."
    ),
    kinds={"redis", "postgres", "python"},
    check_specs=[
        dg.AssetCheckSpec(
            "nothing_missing", asset=ASSET, description="Every entry of the log, up to the watermark, is in the tables."
        ),
        dg.AssetCheckSpec("sources_answer", asset=ASSET, description="Every source LRS that was due gave what it has."),
    ],
)
def catch_up(catching_up: CatchingUp) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it bare only
    """One run. Fails where Redis, the warehouse or the sandbox is away; what is left undone, the next run does."""
    with working(ASSET, contract="b03_incremental_etl"):
        done = catching_up.run()
    if done.failures:
        raise dg.Failure(
            description="; ".join(done.failures)[:1000],
            metadata={"failures": dg.MetadataValue.json(done.failures), **run_metadata(done)},
        )
    return dg.MaterializeResult(metadata=run_metadata(done), check_results=[_nothing_missing(done), _sources(done)])


def run_metadata(done: CaughtUp) -> dict[str, Any]:
    """What Dagster and /ui/test-etl-incremental tell of a run."""
    return {
        "drain": done.drain,
        "drained": done.drained,
        "claimed": done.claimed,
        "reconciled": done.reconciled,
        "audited": done.audited,
        "missing": done.missing,
        "reloaded": done.reloaded,
        "retried": done.retried,
        "recovered": done.recovered,
        "pulled": sum(int(told["pulled"]) for told in done.pulled.values()),
        "sources": dg.MetadataValue.json(done.pulled),
        "mapping": done.mapping,
        "ms": dg.MetadataValue.json(done.ms),
        "ms_total": round(sum(done.ms.values()), 1),
    }


def _nothing_missing(done: CaughtUp) -> dg.AssetCheckResult:
    """Missing entries are loaded again at once; that they were missing is a fault all the same."""
    return dg.AssetCheckResult(
        check_name="nothing_missing",
        passed=done.missing == 0,
        metadata={"missing": done.missing, "reloaded": done.reloaded, "first": dg.MetadataValue.json(done.missing_ids)},
    )


def _sources(done: CaughtUp) -> dg.AssetCheckResult:
    errors = {name: told["error"] for name, told in done.pulled.items() if told.get("error")}
    return dg.AssetCheckResult(
        check_name="sources_answer",
        passed=not errors,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"sources": len(done.pulled), "errors": dg.MetadataValue.json(errors)},
    )
