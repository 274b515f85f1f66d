"""What is told of a load in Dagster's UI: by the sensor's materialisations and by the asset's runs alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import dagster as dg

from lrs_platform.etl_streaming import Drained, mapping_version
from lrs_platform.stream import LogPosition

LOAD_COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("statement_id", "uuid", "The statement's id, lower case; the key."),
        dg.TableColumn("position", "bigint", "Place in the log: ms * 2^20 + sequence. The total order of the record."),
        dg.TableColumn("stored", "timestamptz", "When the log took it (xAPI `stored`)."),
        dg.TableColumn("version", "text", "xAPI version it came by."),
        dg.TableColumn("authority", "json", "Who vouches for it: the credential it came with."),
        dg.TableColumn("raw", "json", "The statement, as received."),
    ]
)


def load_metadata(drained: Drained, position: LogPosition) -> Mapping[str, Any]:
    """Metadata of one materialisation: rows and what became of the others, where the log stands, ms per stage."""
    return {
        "rows": drained.inserted,
        "entries": drained.entries,
        "duplicates": drained.duplicates,
        "redelivered": drained.redelivered,
        "conflicts": drained.conflicts,
        "rejected": drained.rejected,
        "batches": drained.batches,
        "last_statement_id": drained.last_statement_id,
        "last_log_id": drained.last_log_id,
        "mapping": mapping_version(),
        "lag_ms": drained.lag_ms,
        "log_backlog": position.backlog,
        "ms_read": round(drained.ms_read, 1),
        "ms_map": round(drained.ms_map, 1),
        "ms_load": round(drained.ms_load, 1),
    }


def merge(held: dict[str, Any], drained: Drained) -> Drained:
    """Add a drain to one that was held back, so that many small ones are told as one."""
    if not held:
        return drained
    total = Drained(**held)
    for item in fields(Drained):
        value, more = getattr(total, item.name), getattr(drained, item.name)
        if item.name.startswith("last_"):
            setattr(total, item.name, more or value)
        elif item.name == "lag_ms":
            setattr(total, item.name, max(value, more))
        else:
            setattr(total, item.name, value + more)
    return total


def held(drained: Drained) -> dict[str, Any]:
    """A drain as JSON, to be kept in the sensor's cursor."""
    return {**asdict(drained), "failures": []}
