"""Checks of the record. Belongs here: what must hold after statements were loaded."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.resources import Ingest

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
