"""What the streaming page concludes from what log, warehouse and Dagster say."""

from __future__ import annotations

from typing import Any

import pytest

from lrs_platform.gateway.orchestrator import Materialization, OrchestratorState
from lrs_platform.gateway.streaming import Away, judge

NOW = 1_800_000_000.0
LAST = {"last_statement": {"statement_id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"}}


def log(*, backlog: int = 0, waiting_s: float = 0, newest: str = "1-0") -> dict[str, Any]:
    """What is told of the log."""
    return {"backlog": backlog, "oldest_waiting_ms": int(waiting_s * 1000), "newest": newest}


def dagster(*told_s_ago: float) -> OrchestratorState:
    """Dagster with materialisations so long ago."""
    return OrchestratorState([Materialization(NOW - ago, "", {"rows": 1}) for ago in told_s_ago], {}, "1.13")


@pytest.mark.parametrize(
    ("state", "warehouse", "orchestrator", "status"),
    [
        (log(), LAST, dagster(5), "ok"),
        (log(), LAST, dagster(), "ok"),
        (log(newest=""), {"last_statement": None}, dagster(), "empty"),
        (log(newest=""), LAST, dagster(), "ok"),
        (log(backlog=3, waiting_s=1), LAST, dagster(5), "loading"),
        (log(backlog=3, waiting_s=1), LAST, dagster(86_400), "loading"),
        (log(backlog=200_000, waiting_s=900), LAST, dagster(8, 19), "loading"),
        (log(backlog=3, waiting_s=120), LAST, dagster(150), "stalled"),
        (log(backlog=3, waiting_s=120), LAST, dagster(), "stalled"),
        (Away("refused"), LAST, dagster(5), "degraded"),
        (log(), Away("refused"), dagster(5), "degraded"),
        (log(backlog=3, waiting_s=120), LAST, Away("refused"), "degraded"),
    ],
)
def test_the_status_follows_from_what_the_parts_say(
    state: dict[str, Any] | Away, warehouse: dict[str, Any] | Away, orchestrator: OrchestratorState | Away, status: str
) -> None:
    concluded, reasons = judge(state, warehouse, orchestrator, NOW)
    assert concluded == status
    assert reasons
