"""The record of statements as an asset. Belongs here: what ingest writes; how, is in lrs_platform/etl_streaming.py."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.agents import working
from lrs_platform.defs.ingest.metadata import LOAD_COLUMNS, load_metadata
from lrs_platform.defs.resources import Ingest
from lrs_platform.etl_streaming import Busy

BACKFILL_SECONDS = 600.0  # a run that drains by hand reads this long at most; what is left, the sensor takes


@dg.asset(
    key="statements",
    description=(
        "Every accepted xAPI statement, as received, in `lrs.statement`, and its canonical event in `core.event`. "
        "The sensor `statement_stream` loads it all the time; materialising it by hand drains what waits in the log."
    ),
    kinds={"redis", "postgres", "python"},
    metadata={"dagster/column_schema": LOAD_COLUMNS, "dagster/table_name": "lrs.statement"},
)
def statements(ingest: Ingest) -> dg.MaterializeResult[None]:
    """Drain the log until it is empty, or have the sensor do so where it is at work. Fails where a server is away."""
    with working("statements", contract="b02_streaming_etl"):
        try:
            drained = ingest.drain(budget_seconds=BACKFILL_SECONDS)
        except Busy:
            drained = ingest.wait_loaded(BACKFILL_SECONDS)
    if drained.failures:
        raise dg.Failure(
            description="The log could not be drained to its end; what is left stays in it.",
            metadata={"failures": dg.MetadataValue.json(drained.failures), "entries": drained.entries},
        )
    return dg.MaterializeResult(metadata=load_metadata(drained, ingest.position()))
