"""How the streaming ETL is doing: log, loader, record and orchestrator in one look. Module b.02 of the plan.

Belongs here: gathering and judging. Not here: the page (ui.py, templates/streaming.html). Everything comes from
Redis, the warehouse and Dagster's instance at the time of the request; nothing is remembered in this process, so
every gateway says the same. A part that is away is reported as {"unknown": reason}, and the others are told all the
same.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import msgspec
from redis.exceptions import RedisError

from lrs_platform.gateway.loader import oldest_waiting_ms, stalled_for
from lrs_platform.gateway.orchestrator import Materialization, OrchestratorAway, OrchestratorState
from lrs_platform.gateway.services import Services
from lrs_platform.gateway.watermark import iso
from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform.stream import LogUnavailable
from lrs_platform.stream.position import entry_ms

PART_SECONDS = 1.5  # a part that needs longer counts as away
WINDOW_SECONDS = 60
SLICE_SECONDS = 10  # of the throughput curve; the loader tells of itself at most that often
SLICES = 60


@dataclass(frozen=True, slots=True)
class Away:
    """A part that could not be asked, and why."""

    reason: str


async def streaming_state(services: Services) -> dict[str, Any]:
    """The answer of /ui/test-etl-streaming. Times are ISO 8601 in UTC, ages in ms."""
    started = time.perf_counter()
    log, described, dagster = await asyncio.gather(_log(services), _described(services), _dagster(services))
    now = time.time()
    latest = dagster.materializations if isinstance(dagster, OrchestratorState) else []
    status, reasons = judge(log, described, dagster, now)
    return {
        "status": status,
        "reasons": reasons,
        "log": {"unknown": log.reason} if isinstance(log, Away) else log,
        "last_statement": _last_statement(described),
        "record": {"unknown": described.reason} if isinstance(described, Away) else _counts(described),
        "materialization": {"unknown": dagster.reason} if isinstance(dagster, Away) else _told(latest),
        "throughput": {"unknown": dagster.reason} if isinstance(dagster, Away) else _throughput(latest, now),
        "checked_at": iso(int(now * 1000)),
        "took_ms": round((time.perf_counter() - started) * 1000, 1),
    }


async def _log(services: Services) -> dict[str, Any] | Away:
    try:
        async with asyncio.timeout(PART_SECONDS):
            position = await services.log.position()
            waiting_ms = oldest_waiting_ms(position)
    except (LogUnavailable, RedisError, OSError) as error:
        return Away(str(error) or type(error).__name__)
    except TimeoutError:
        return Away(f"Redis did not answer within {PART_SECONDS:g} s")
    return {
        "entries": position.length,
        "newest": position.newest or None,
        "newest_at": iso(entry_ms(position.newest)) if position.newest else None,
        "lag": position.lag,
        "pending": position.pending,
        "backlog": position.backlog,
        "oldest_pending_ms": position.oldest_pending_ms,
        "oldest_waiting_ms": waiting_ms,
        "watermark": iso(position.watermark_ms),
        "watermark_age_ms": max(0, position.now_ms - position.watermark_ms) if position.watermark_ms else None,
    }


async def _described(services: Services) -> dict[str, Any] | Away:
    try:
        async with asyncio.timeout(PART_SECONDS):
            reply = await services.warehouse.client.call("describe", {}, safe_to_retry=True)
    except (McpUnavailable, McpToolError) as error:
        return Away(str(error)[:300])
    except TimeoutError:
        return Away(f"the warehouse did not answer within {PART_SECONDS:g} s")
    described: dict[str, Any] = msgspec.json.decode(reply, type=dict)
    return described


async def _dagster(services: Services) -> OrchestratorState | Away:
    try:
        return await services.orchestrator.state(timeout_seconds=PART_SECONDS)
    except OrchestratorAway as error:
        return Away(str(error))


def judge(
    log: dict[str, Any] | Away, described: dict[str, Any] | Away, dagster: OrchestratorState | Away, now: float
) -> tuple[str, list[str]]:
    """`degraded` where a part is away, else `stalled`, `loading`, `empty` or `ok`, and why."""
    names = (("log", log), ("warehouse", described), ("dagster", dagster))
    reasons = [f"{name}: {part.reason}" for name, part in names if isinstance(part, Away)]
    if isinstance(log, Away) or isinstance(described, Away) or isinstance(dagster, Away):
        return "degraded", reasons
    if log["backlog"]:
        silent = stalled_for(log["oldest_waiting_ms"], dagster, now)
        if silent is not None:
            waiting = f"{log['backlog']} statements wait, and the loader has been silent for {silent:.0f} s"
            return "stalled", [f"{waiting}: see /health and the sensor statement_stream in Dagster"]
        return "loading", [f"{log['backlog']} statements are on their way into the warehouse"]
    if not log["newest"] and not described.get("last_statement"):
        return "empty", ["no statement was ever accepted"]
    return "ok", ["every accepted statement is in the warehouse"]


def _last_statement(described: dict[str, Any] | Away) -> dict[str, Any] | None:
    if isinstance(described, Away):
        return {"unknown": described.reason}
    last = described.get("last_statement")
    # The statement's own text can be megabytes long; GET /xAPI/statements has it.
    return {name: value for name, value in last.items() if name not in ("raw", "authority")} if last else None


def _counts(described: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in described.items() if name != "last_statement"}


def _told(materializations: list[Materialization]) -> dict[str, Any] | None:
    if not materializations:
        return None
    last = materializations[0]
    return {
        "asset": "statements",
        "timestamp": iso(int(last.timestamp * 1000)),
        "run_id": last.run_id or None,
        "metadata": last.metadata,
    }


def _throughput(materializations: list[Materialization], now: float) -> dict[str, Any]:
    """Statements stored in the last minute, and a curve of the last ten: what materialisations told in each 10 s."""
    curve = [0] * SLICES
    for told in materializations:
        slice_ = int((now - told.timestamp) // SLICE_SECONDS)
        if 0 <= slice_ < SLICES:
            curve[SLICES - 1 - slice_] += told.rows
    recent = sum(told.rows for told in materializations if now - told.timestamp <= WINDOW_SECONDS)
    return {
        "window_seconds": WINDOW_SECONDS,
        "statements": recent,
        "per_second": round(recent / WINDOW_SECONDS, 2),
        "slice_seconds": SLICE_SECONDS,
        "history": curve,
    }
