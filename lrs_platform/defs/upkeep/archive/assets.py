"""The archive as an asset with a partition a day, and the check that it is what the record is.

Belongs here: what Dagster is told. Not here: writing and comparing (lrs_platform/archive).
"""

# No `from __future__ import annotations`: Dagster compares the annotation of `context` as an object, not as text.
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from lrs_platform.archive.writing import ArchivedDay
from lrs_platform.defs.agents import working
from lrs_platform.defs.upkeep.archive.resources import FIRST_DAY, Archiving

ASSET = "statement_archive"
CHECK = "archive_equals_record"

COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("position", "int64", "Place in the record: ms * 2^20 + sequence."),
        dg.TableColumn("stored", "timestamp[ms, UTC]", "When the log took it (xAPI `stored`)."),
        dg.TableColumn("statement_id", "string", "The statement's id, lower case."),
        dg.TableColumn("version", "string", "xAPI version it came by."),
        dg.TableColumn("authority", "string", "Who vouches for it, as JSON."),
        dg.TableColumn("raw", "string", "The statement as received, to the character."),
    ]
)

DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat())


@dg.asset(
    key=ASSET,
    deps=["statements"],
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),  # a run costs two CPU-seconds, a day without statements nothing
    check_specs=[
        dg.AssetCheckSpec(
            CHECK,
            asset=ASSET,
            blocking=True,
            description="The day's file, read again, has as many statements as the table and the same sum of hashes.",
        )
    ],
    description=(
        "Raw statements as received, voided ones too, a Parquet file for each day (UTC) on which they were stored, at "
        "`LRS_ARCHIVE_URL`. The schedule `archive_daily` writes days that are over; materialising a day again writes "
        "it only if it differs from the table."
    ),
    kinds={"parquet", "python"},
    metadata={"dagster/column_schema": COLUMNS},
)
def statement_archive(
    context: dg.AssetExecutionContext, archiving: Archiving
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """Bring the days of this run to what the table has. Fails where one is not over, or does not come out equal."""
    wanted = [date.fromisoformat(key) for key in context.partition_keys]
    with working(ASSET, contract="archive"):
        done = archiving.archive(wanted)
    differing = [each for each in done if not each.equal]
    yield _checked(done, differing)
    if differing:
        raise dg.Failure(
            description=f"{len(differing)} days are not in the archive as they are in the table, the first is "
            f"{differing[0].day}: where the archive has more, `lrs replay` brings it back into the table.",
            metadata={"days": dg.MetadataValue.json([_told(each) for each in differing])},
        )
    for each in done:
        context.add_asset_metadata(_told(each), partition_key=each.day.isoformat())
    known = context.instance.get_materialized_partitions(dg.AssetKey(ASSET))
    archiving.note_archived({*known, *context.partition_keys})
    yield dg.MaterializeResult()


def _checked(done: Sequence[ArchivedDay], differing: Sequence[ArchivedDay]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=CHECK,
        passed=not differing,
        metadata={
            "days": len(done),
            "statements": sum(each.record.statements for each in done),
            "written": sum(each.written for each in done),
            "differing": dg.MetadataValue.json([_told(each) for each in differing]),
        },
    )


def _told(day: ArchivedDay) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "statements": day.record.statements,
        "archived_statements": day.archive.statements,
        "checksum": f"{day.archive.checksum:x}",
        "bytes": day.bytes,
        "written": day.written,
    }
