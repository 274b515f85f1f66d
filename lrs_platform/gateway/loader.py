"""Whether the loader keeps up: what waits in the log, for how long, and when the loader last told of itself.

Belongs here: that one judgement, made for the streaming page and for /health. The loader has no address to ask; what
it does is seen in the log and in Dagster. Not here: reading the log (stream/) or Dagster (orchestrator.py).
"""

from __future__ import annotations

from lrs_platform.gateway.orchestrator import OrchestratorState
from lrs_platform.stream.position import LogPosition, entry_ms

# The loader tells of itself every 10 s while it works (LRS_MATERIALIZATION_EVERY_SECONDS), and a code server that is
# started again needs up to 20 s. A long backlog is old too, but the loader is not silent over it.
SILENT_SECONDS = 60.0


def oldest_waiting_ms(position: LogPosition) -> int:
    """Age in ms of the oldest entry that is not in the warehouse, 0 where there is none."""
    oldest = position.oldest_pending or position.oldest_undelivered
    return max(0, position.now_ms - entry_ms(oldest)) if oldest else 0


def stalled_for(waiting_ms: int, dagster: OrchestratorState | None, now: float) -> float | None:
    """Seconds for which something has waited and the loader been silent; None where it keeps up.

    `now` is in seconds since 1970. Without Dagster the waiting alone decides.
    """
    silent = waiting_ms / 1000
    if dagster is not None and dagster.materializations:
        silent = min(silent, now - dagster.materializations[0].timestamp)
    return silent if silent > SILENT_SECONDS else None
