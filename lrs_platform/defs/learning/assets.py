"""Events, dimensions and marts as assets. What they are is in the semantic model, how they are made in the warehouse.

One step refreshes them all, because they change together in one transaction, and because a run costs two CPU-seconds
whatever it does.
"""

# No `from __future__ import annotations`: Dagster compares the annotation of `context` as an object, not as text.
from collections.abc import Iterator
from typing import Any

import dagster as dg

from lrs_platform.defs.learning.pictures import chart
from lrs_platform.defs.learning.resources import Marts
from lrs_platform.defs.learning.specs import DIMENSIONS, FRESH, dimension_specs, mart_specs
from lrs_platform.semantic_model import EVENTS, semantic_model

# Events of earlier days are in the marts all the same; they just cannot be chosen here.
DAYS = dg.DailyPartitionsDefinition(start_date="2024-01-01", end_offset=1)


@dg.asset(
    key=EVENTS,
    deps=["statements"],
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    description=(
        "Standing events tied to learner, lesson, card and the learner's own day, in `core.learning_event`. Every "
        "refresh brings them up to date; materialising days reads the events of these days (UTC) again and refreshes "
        "every mart that they touch."
    ),
    kinds={"postgres", "sql"},
    tags={"layer": "events"},
    metadata={"dagster/table_name": "core.learning_event", "partition_expr": "day"},
    freshness_policy=FRESH,
)
def events(context: dg.AssetExecutionContext, learning: Marts) -> dg.MaterializeResult[None]:
    """Read the events of the chosen days again."""
    days = context.partition_key_range
    done = learning.refresh("days", from_day=days.start, upto_day=days.end)
    return dg.MaterializeResult(metadata={"events": done["events"], "ms": done["ms"], "changes": done["changes"]})


@dg.multi_asset(name="marts", specs=[*dimension_specs(), *mart_specs()], can_subset=True)
def marts(context: dg.AssetExecutionContext, learning: Marts) -> Iterator[dg.MaterializeResult[None]]:
    """Apply what is pending to everything, or, where only some marts are chosen, rebuild those in full."""
    chosen = {key.to_user_string() for key in context.selected_asset_keys}
    every = {*DIMENSIONS, *semantic_model().marts}
    some = sorted(chosen - set(DIMENSIONS)) if chosen != every else []
    done = learning.refresh(only=some or None)
    for day in done["days"]:
        if day in DAYS.get_partition_keys():
            context.log_event(dg.AssetMaterialization(EVENTS, partition=day))
    tables = learning.status()["tables"]
    for name in DIMENSIONS:
        if name in chosen:
            yield dg.MaterializeResult(asset_key=name, metadata={"dagster/row_count": tables[name]})
    for name, part in done["marts"].items():
        if name in chosen:
            yield dg.MaterializeResult(asset_key=name, metadata=_metadata(learning, name, part))


def _metadata(learning: Marts, name: str, part: dict[str, Any]) -> dict[str, Any]:
    """Figures of one refresh; rows and a picture where the mart was built whole, which is at most once an hour."""
    metadata = {
        "keys_touched": "all" if part["keys"] is None else part["keys"],
        "rows_written": part["rows"],
        "ms": part["ms"],
    }
    if part["keys"] is None:
        metadata["dagster/row_count"] = part["rows"]
        drawn = learning.picture(name)
        picture = chart(semantic_model().marts[name].title, drawn["x"], drawn["y"])
        if picture:
            metadata["picture"] = picture
    return metadata
