"""Whether the loader keeps up: what waits in the log, for how long, and when the loader last told of itself.

Belongs here: that one judgement, made for the streaming page and for /health. The loader has no address to ask; what
it does is seen in the log and in Dagster. Not here: reading the log (stream/) or Dagster (orchestrator.py).
"""

from __future__ import annotations

from lrs_platform.gateway.orchestrator import OrchestratorState
from lrs_platform.gateway.services import Services
from lrs_platform.stream import LogPosition
from lrs_platform.stream.position import entry_ms

# The loader tells of itself every 10 s while it works (LRS_MATERIALIZATION_EVERY_SECONDS), and a code server that is
# started again needs up to 20 s. A long backlog is old too, but the loader is not silent over it.
SILENT_SECONDS = 60.0


async def oldest_waiting_ms(services: Services, position: LogPosition) -> int:
    """Age in ms of the oldest entry that is not in the warehouse, 0 where there is none. Raises RedisError."""
    if position.pending:
        return position.oldest_pending_ms
    if not position.lag:
        return 0
    after = f"({position.delivered}" if position.delivered else "-"
    # By execute_command, which leaves the reply as Redis sends it: [[id, fields]].
    first: list[list[bytes]] = await services.redis.execute_command(  # type: ignore[no-untyped-call]
        b"XRANGE", services.settings.stream, after, "+", "COUNT", 1
    )
    return max(0, position.now_ms - entry_ms(first[0][0].decode())) if first else 0


def stalled_for(waiting_ms: int, dagster: OrchestratorState | None, now: float) -> float | None:
    """Seconds for which something has waited and the loader been silent; None where it keeps up.

    `now` is in seconds since 1970. Without Dagster the waiting alone decides.
    """
    silent = waiting_ms / 1000
    if dagster is not None and dagster.materializations:
        silent = min(silent, now - dagster.materializations[0].timestamp)
    return silent if silent > SILENT_SECONDS else None
