"""Who is at work: heartbeats, runs, and the calls that agents made, as the call log tells them.

Belongs here: joining these for /api/debug/active-agents. Not here: the log itself (lrs_platform/call_log).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lrs_platform.call_log.reading import heartbeats, live_calls, rates, recent_calls
from lrs_platform.call_log.record import Heartbeat, LiveCall, LoggedCall
from lrs_platform.gateway.debug.dagster_facts import DagsterFacts
from lrs_platform.gateway.debug.parts import Known, PartAway, Unknown, told

SILENT_SECONDS = 15.0  # a working agent beats every 2 s; the stream sensor begins a tick every 5 s
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the call log says now."""

    beats: Sequence[Heartbeat]
    live: Sequence[LiveCall]
    recent: Sequence[LoggedCall]


async def look_at_calls(redis: Redis) -> CallFacts:
    """Read the call log. Raises PartAway where Redis cannot be reached."""
    try:
        return CallFacts(await heartbeats(redis), await live_calls(redis), await recent_calls(redis))
    except (RedisError, OSError) as error:
        raise PartAway(f"Redis cannot be reached: {type(error).__name__}") from error


def silent(calls: CallFacts, names: Sequence[str]) -> dict[str, str]:
    """Those of `names` that should be at work and are not, with what is known of them."""
    now_ms = time.time() * 1000
    beats = {beat.agent: beat for beat in calls.beats}
    found = {}
    for name in names:
        if name not in beats:
            found[name] = "has never been at work on this platform"
        elif (age := (now_ms - beats[name].beat_ms) / 1000) > SILENT_SECONDS:
            found[name] = f"was last at work {age:.0f} s ago"
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the recent calls to show."""

    server: str = ""
    tool: str = ""
    agent: str = ""
    error: str = ""  # any: all that failed; else the class of the failure

    def includes(self, call: LoggedCall) -> bool:
        """Whether it is one of them."""
        return (
            (not self.server or call.server == self.server)
            and (not self.tool or call.tool == self.tool)
            and (not self.agent or call.agent == self.agent)
            and (not self.error or (call.outcome != "ok" if self.error == "any" else call.error == self.error))
        )


def active_agents(
    calls: Known[CallFacts] | Unknown, dagster: Known[DagsterFacts] | Unknown, wanted: Wanted
) -> dict[str, Any]:
    """The answer of /api/debug/active-agents."""
    now_ms = int(time.time() * 1000)
    runs: Any = dagster.told() if isinstance(dagster, Unknown) else [_run(run) for run in dagster.value.runs]
    answer: dict[str, Any] = {"parts": {"calls": told(calls), "dagster": told(dagster)}, "runs": runs}
    if isinstance(calls, Unknown):
        unknown = calls.told()
        return {**answer, "agents": unknown, "live_calls": unknown, "recent_calls": unknown, "servers": unknown}
    facts = calls.value
    return {
        **answer,
        "agents": _agents(facts, now_ms),
        "live_calls": [{**_plain(call), "age_ms": max(0, now_ms - call.at_ms)} for call in facts.live],
        "servers": [
            {"server": server, **rates([call for call in facts.recent if call.server == server], now_ms=now_ms)}
            for server in sorted({call.server for call in facts.recent})
        ],
        "recent_calls": [call._asdict() for call in facts.recent if wanted.includes(call)][:MOST_SHOWN],
        "per_second": _curve(facts.recent, now_ms),
    }


def _agents(facts: CallFacts, now_ms: int) -> list[dict[str, Any]]:
    beats = {beat.agent: beat for beat in facts.beats}
    by_agent: dict[str, list[LoggedCall]] = {}
    for call in facts.recent:
        by_agent.setdefault(call.agent, []).append(call)
    found = []
    for name in sorted({*beats, *by_agent} - {""}):
        beat, made = beats.get(name), by_agent.get(name, [])
        age = None if beat is None else round((now_ms - beat.beat_ms) / 1000, 1)
        state = "unknown"
        if beat is not None and age is not None:
            state = beat.state if beat.state == "idle" or age <= SILENT_SECONDS else "silent"
        elif made:
            state = "idle"  # makes calls without announcing itself: the gateway, on behalf of requests
        found.append(
            {
                "agent": name,
                "state": state,
                "contract": (beat.contract if beat else "") or (made[0].contract if made else ""),
                "run": beat.run if beat else "",
                "trace": beat.trace if beat else "",
                "process": beat.process if beat else "",
                "heartbeat_seconds_ago": age,
                "last_call": made[0]._asdict() if made else None,
                "live_calls": sum(call.agent == name for call in facts.live),
                **rates(made, now_ms=now_ms),
            }
        )
    return found


def _run(run: Any) -> dict[str, Any]:
    return {"run_id": run.run_id, "job": run.job, "status": run.status, "since": run.since}


def _plain(call: LiveCall) -> dict[str, Any]:
    return {name: getattr(call, name) for name in call.__struct_fields__}


def _curve(recent: Sequence[LoggedCall], now_ms: int, seconds: int = 60) -> list[int]:
    """Calls in each of the last seconds, oldest first."""
    curve = [0] * seconds
    for call in recent:
        ago = (now_ms - call.at_ms) // 1000
        if 0 <= ago < seconds:
            curve[seconds - 1 - ago] += 1
    return curve
