"""Checks of the record. Belongs here: what must hold after statements were loaded.

They run with every catch-up (defs/catch_up/schedules.py), in its process, so every few minutes. What blocks holds back
the catch-up itself, as everything downstream; so only that blocks which a catch-up cannot mend, and would count twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from lrs_platform.defs.resources import Ingest
from lrs_platform.log_and_record import Compared

WAITING_LIMIT_MS = 60_000  # an entry that was taken from the log and not acknowledged for a minute is stuck
REJECTED_LIMIT = 0.01  # share of statements without an event, beyond which the mapping script needs a look


@dg.asset_check(asset="statements", description="No statement taken from the log waits for more than a minute.")
def nothing_stuck(ingest: Ingest) -> dg.AssetCheckResult:
    """Fails where the oldest unacknowledged entry is older than a minute."""
    position = ingest.position()
    return dg.AssetCheckResult(
        passed=position.oldest_pending_ms <= WAITING_LIMIT_MS,
        metadata={
            "oldest_pending_ms": position.oldest_pending_ms,
            "pending": position.pending,
            "not_yet_taken": position.lag,
        },
    )


@dg.asset_check(asset="statements", description="At most 1 % of the statements could not become an event.")
def few_rejected(ingest: Ingest) -> dg.AssetCheckResult:
    """Warns where more than 1 % of all statements lie in lrs.rejected: read the reasons there."""
    described = ingest.describe()
    statements, rejected = described["statements"], described["rejected"]
    share = rejected / statements if statements else 0.0
    return dg.AssetCheckResult(
        passed=share <= REJECTED_LIMIT,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"rejected": rejected, "statements": statements, "share": share},
    )


def _spec(name: str, description: str, *, blocking: bool = False) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name, asset="statements", description=description, blocking=blocking)


# Of the last hours of the log, up to the watermark; the catch-up goes over the whole log, in rounds.
@dg.multi_asset_check(
    specs=[
        _spec("no_gap", "Every entry of the log is in the record with its event, or kept as rejected or in conflict."),
        _spec("no_duplicate", "No statement and no place in the log stands twice in the record.", blocking=True),
        _spec("no_foreign_row", "No row stands in the record that no entry of the log brought."),
        _spec("hours_agree", "By the hour, log and record have the same numbers of statements."),
    ],
    name="log_and_record",
)
def log_and_record(ingest: Ingest) -> Iterator[dg.AssetCheckResult]:
    """One walk over log and record answers all four."""
    yield from verdicts(ingest.compare())


def verdicts(compared: Compared) -> Iterator[dg.AssetCheckResult]:
    """What a comparison says of each check."""
    entries = {"entries": compared.entries}
    yield dg.AssetCheckResult(
        check_name="no_gap",
        passed=not compared.missing_count and not compared.without_event_count,
        metadata={
            **entries,
            "missing": compared.missing_count,
            "without_event": compared.without_event_count,
            "first_log_ids": dg.MetadataValue.json(compared.missing + compared.without_event),
        },
    )
    yield dg.AssetCheckResult(
        check_name="no_duplicate", passed=not compared.doubled, metadata={**entries, "doubled": compared.doubled}
    )
    yield dg.AssetCheckResult(
        check_name="no_foreign_row",
        passed=not compared.foreign_count,
        severity=dg.AssetCheckSeverity.WARN,  # as after a restore, or a load that went past the log
        metadata={
            **entries,
            "foreign": compared.foreign_count,
            "first_statement_ids": dg.MetadataValue.json(compared.foreign),
        },
    )
    yield dg.AssetCheckResult(
        check_name="hours_agree",
        severity=dg.AssetCheckSeverity.WARN,
        passed=all(hour.agrees for hour in compared.hours.values()),
        metadata={
            **entries,
            "hours": dg.MetadataValue.json({name: asdict(hour) for name, hour in compared.hours.items()}),
        },
    )
