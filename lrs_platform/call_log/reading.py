"""Reading the call log: entries of the stream, calls under way, heartbeats of agents.

Belongs here: what other processes have written, as values. Not here: judging it (the gateway's debug pages), keeping it
(the asset `mcp_calls`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from lrs_platform.call_log.record import AGENTS, FIELD, LIVE, STREAM, Heartbeat, LiveCall, LoggedCall, unpacked

if TYPE_CHECKING:
    import redis
    import redis.asyncio as redis_async


async def recent_calls(client: redis_async.Redis, *, entries: int = 300) -> list[LoggedCall]:
    """The calls of the newest `entries` entries, newest first. Raises RedisError."""
    reply: list[Any] = await client.execute_command(b"XREVRANGE", STREAM, "+", "-", "COUNT", entries)  # type: ignore[no-untyped-call]
    calls = [call for _, fields in reply for call in unpacked(_pack(fields))]
    return sorted(calls, key=lambda call: call.at_ms, reverse=True)


async def live_calls(client: redis_async.Redis) -> list[LiveCall]:
    """Calls under way in all processes, oldest first. Raises RedisError."""
    keys = [key async for key in client.scan_iter(match=f"{LIVE}*", count=1000)]
    values = await client.mget(keys) if keys else []
    live = [call for value in values if value for call in msgspec.json.decode(value, type=list[LiveCall])]
    return sorted(live, key=lambda call: call.at_ms)


async def heartbeats(client: redis_async.Redis) -> list[Heartbeat]:
    """The last heartbeat of every agent. Raises RedisError."""
    told = await client.hvals(AGENTS)
    return sorted((msgspec.json.decode(value, type=Heartbeat) for value in told), key=lambda beat: beat.agent)


def calls_after(client: redis.Redis, entry_id: str, *, entries: int) -> list[tuple[str, list[LoggedCall]]]:
    """Up to `entries` entries behind `entry_id` ("" for the beginning), oldest first, with their calls. RedisError."""
    start = f"({entry_id}" if entry_id else "-"
    reply: list[Any] = client.execute_command(b"XRANGE", STREAM, start, "+", "COUNT", entries)  # type: ignore[no-untyped-call]
    return [(id_.decode(), unpacked(_pack(fields))) for id_, fields in reply]


def rates(calls: list[LoggedCall], *, now_ms: int | None = None, window_ms: int = 60_000) -> dict[str, Any]:
    """Calls a minute, share of errors and 95th percentile in ms of `calls` (newest first) within the window."""
    end = int(time.time() * 1000) if now_ms is None else now_ms
    within = [call for call in calls if end - call.at_ms <= window_ms]
    if not within:
        return {"calls_per_minute": 0.0, "error_rate": None, "p95_ms": None}
    times = sorted(call.ms for call in within)
    wrong = sum(call.outcome != "ok" for call in within)
    return {
        "calls_per_minute": round(len(within) * 60_000 / window_ms, 1),
        "error_rate": round(wrong / len(within), 4),
        "p95_ms": times[min(len(times) - 1, int(len(times) * 0.95))],
    }


def _pack(fields: list[bytes]) -> bytes:
    return dict(zip(fields[::2], fields[1::2], strict=True)).get(FIELD, b"[]")
