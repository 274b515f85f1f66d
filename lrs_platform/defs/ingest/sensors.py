"""The stream sensor: loads statements within its tick, without a run per batch.

Belongs here: the tick. Dagster starts a sensor every 5 s at best (hard-coded) and a run costs about 2 CPU-seconds, so
neither short ticks nor runs can be fast; one tick that polls for almost 5 s is, and loading goes on between two ticks
(standing_drain.py). Exactly one such sensor may exist, with `sensors.use_threads: false` (deploy/dagster.yaml).
https://docs.dagster.io/guides/automate/sensors
"""

from __future__ import annotations

import json
import time
from typing import Any

import dagster as dg

from lrs_platform.call_log import at_work
from lrs_platform.defs.ingest.metadata import held, load_metadata, merge
from lrs_platform.defs.resources import Ingest
from lrs_platform.etl_streaming import Busy, Drained
from lrs_platform.settings import get_settings


class NothingLoaded(Exception):
    """A tick had statements to load and loaded none: the tick is red, the statements stay in the log."""


@dg.sensor(
    name="statement_stream",
    target=dg.AssetSelection.assets("statements"),
    minimum_interval_seconds=1,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Long-polls the log and loads statements in micro-batches. A tick that stored something shows as "
    "skipped (it starts no run); its reason says what was stored.",
)
def statement_stream(context: dg.SensorEvaluationContext, ingest: Ingest) -> dg.SensorResult | dg.SkipReason:
    """One tick: load for `LRS_TICK_BUDGET_SECONDS`, then tell what was stored since the last, summed over several."""
    try:
        with at_work("statement_stream", contract="b02_streaming_etl", run=f"tick:{int(time.time() * 1000)}"):
            drained = ingest.tick()
    except Busy as busy:
        return dg.SkipReason(f"{busy}: a run of the asset `statements`, or a tick that was killed within 10 s")
    if drained.failures and not drained.entries:
        raise NothingLoaded("; ".join(drained.failures))
    for failure in drained.failures:
        context.log.warning(failure)
    waiting = json.loads(context.cursor) if context.cursor else {}
    total = merge(waiting.get("held", {}), drained)
    told_at = float(waiting.get("told_at", 0.0))
    if not total.entries:
        return dg.SkipReason("the log is empty")
    if time.time() - told_at < get_settings().materialization_every_seconds:
        return dg.SensorResult(skip_reason=_said(drained), cursor=_cursor(held(total), told_at))
    return dg.SensorResult(
        skip_reason=_said(drained),
        asset_events=[
            dg.AssetMaterialization("statements", metadata=load_metadata(total, ingest.position())),
        ],
        cursor=_cursor({}, time.time()),
    )


def _cursor(drained: dict[str, Any], told_at: float) -> str:
    return json.dumps({"held": drained, "told_at": told_at})


def _said(drained: Drained) -> str:
    """The tick in one line."""
    if not drained.entries:
        return "the log is empty; told what earlier ticks stored"
    parts = [f"stored {drained.inserted} of {drained.entries} statements in {drained.batches} batches"]
    parts += [
        f"{getattr(drained, name)} {name}"
        for name in ("duplicates", "redelivered", "conflicts", "rejected")
        if getattr(drained, name)
    ]
    return ", ".join(parts)
