"""/api/debug/trace: what became of one statement, from stored facts alone, whatever process has been restarted since.

Belongs here: joining log, tables and Dagster into steps with times, and the state they amount to. Times are UTC. A
part that is away is told as unknown, and the state is then `unknown` unless the other parts settle it.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lrs_platform.gateway.debug.dagster_facts import covering
from lrs_platform.gateway.orchestrator import OrchestratorAway
from lrs_platform.gateway.services import Services
from lrs_platform.gateway.watermark import iso
from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform.stream import LogPosition, LogUnavailable
from lrs_platform.stream.position import entry_key, entry_ms

PART_SECONDS = 2.0
ASSET = "statements"
UNCOUNTED = "refreshed since, no mart counts it: its actor or object is none they know, or no change told them of it"


@dataclass(frozen=True, slots=True)
class _Away:
    reason: str


@dataclass(frozen=True, slots=True)
class _InLog:
    """The entry that brought the statement ("" where the log does not know) and where the log stands."""

    entry: str
    position: LogPosition


async def trace_of(services: Services, statement_id: str) -> dict[str, Any]:
    """The answer. `state`: never seen, waiting, rejected, voided, loaded, in marts, or unknown."""
    statement_id = statement_id.lower()
    record_asked = asyncio.create_task(_record(services, statement_id))
    log = await _log(services, statement_id)
    logged = log.entry if isinstance(log, _InLog) else ""
    dagster, record = await asyncio.gather(_dagster(services, logged), record_asked)
    entry = _entry(log, record)
    if entry != logged:  # the log has let go of it
        dagster = await _dagster(services, entry)
    steps = _steps(log, record, dagster, entry)
    state, why = _state(log, record, entry)
    return {
        "statement_id": statement_id,
        "state": state,
        "why": why,
        "steps": steps,
        "conflicts": [] if isinstance(record, _Away) else _conflicts(record),
        "parts": {
            name: {"unknown": part.reason} if isinstance(part, _Away) else {}
            for name, part in (("log", log), ("warehouse", record), ("dagster", dagster))
        },
    }


async def _log(services: Services, statement_id: str) -> _InLog | _Away:
    try:
        async with asyncio.timeout(PART_SECONDS):
            return _InLog(await services.log.find(statement_id), await services.log.position())
    except (LogUnavailable, TimeoutError) as error:
        return _Away(f"the log cannot be reached: {str(error) or 'no answer'}")


async def _record(services: Services, statement_id: str) -> dict[str, Any] | _Away:
    try:
        async with asyncio.timeout(PART_SECONDS):
            found = await services.warehouse.client.call_json(
                "follow_statement", {"statement_id": statement_id}, safe_to_retry=True
            )
    except (McpUnavailable, McpToolError, TimeoutError) as error:
        return _Away(f"the warehouse cannot be asked: {str(error)[:200] or 'no answer'}")
    return dict(found)


async def _dagster(services: Services, entry: str) -> dict[str, Any] | _Away | None:
    if not entry:
        return None
    after = entry_ms(entry) / 1000
    try:
        return await services.orchestrator.ask(
            lambda instance: covering(instance, ASSET, after, entry_key(entry)), timeout_seconds=PART_SECONDS
        )
    except OrchestratorAway as error:
        return _Away(str(error))


def _entry(log: _InLog | _Away, record: dict[str, Any] | _Away) -> str:
    """The log entry: as the log knows it, else from the place in the record, else from a rejection."""
    if isinstance(record, dict) and record["statement"]:
        position = int(record["statement"]["position"])
        return f"{position >> 20}-{position & (2**20 - 1)}"
    if isinstance(log, _InLog) and log.entry:
        return log.entry
    if isinstance(record, dict) and record["rejected"]:
        told = str(record["rejected"][0]["log_id"])
        return told if re.fullmatch(r"\d+-\d+", told) else ""  # whoever loads it without a log may name it otherwise
    return ""


def _state(log: _InLog | _Away, record: dict[str, Any] | _Away, entry: str) -> tuple[str, str]:
    """Where the statement is, and why it is not further."""
    if isinstance(record, _Away):
        return "unknown", record.reason
    if record["statement"] is None and not record["rejected"]:
        return _not_in_the_tables(log, entry)
    if record["voided"]:
        return "voided", f"voided by {', '.join(record['voided_by'])}"
    if record["event"] is None and record["rejected"]:
        last = record["rejected"][-1]
        return "rejected", f"{last['stage']}: {last['reason']}"
    if record["event"] is None:
        return "loaded", "the record has it, and no event was made of it"
    if record["voids"]:
        return "loaded", f"it voids {record['voids']}: voidings are in no mart"
    if any(change["applied_at"] is None for change in record["changes"]) or not _refreshed_since(record):
        return "loaded", "the marts have not been refreshed since"
    if not record["learning_event"]:
        return "loaded", UNCOUNTED
    return "in marts", ""


def _refreshed_since(record: dict[str, Any]) -> bool:
    """Whether any mart was refreshed after the statement came."""
    stored = _moment(record["statement"]["stored"])
    return any(_moment(mart["refreshed_at"]) >= stored for mart in record["marts"])


def _not_in_the_tables(log: _InLog | _Away, entry: str) -> tuple[str, str]:
    if isinstance(log, _Away):
        return "unknown", log.reason
    if not entry:
        return "never seen", "neither the log nor the record has a statement with this id"
    if entry_key(entry) > entry_key(log.position.delivered):
        return "waiting", f"{log.position.lag} entries of the log are not yet read by the loader"
    if log.position.pending and entry_key(entry) >= entry_key(log.position.oldest_pending):
        return "waiting", "the loader has read it and not yet stored it"
    return "unknown", "the log says it is stored and the record does not have it: it may have been erased"


def _conflicts(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Other statements that came under this id; the first one stands."""
    return [
        {**conflict, "stored": _utc(conflict["stored"]), "at": _utc(conflict["at"])} for conflict in record["conflicts"]
    ]


def _steps(
    log: _InLog | _Away, record: dict[str, Any] | _Away, dagster: dict[str, Any] | _Away | None, entry: str
) -> list[dict[str, Any]]:
    """What happened, in order: accepted, logged, mapped, loaded, told, in marts, reminder caused or reminded before;
    `at` where it is known.
    """
    if not entry:
        return []
    accepted = iso(entry_ms(entry))
    in_log = isinstance(log, _InLog) and bool(log.entry)
    steps: list[dict[str, Any]] = [
        {"step": "accepted", "at": accepted, "says": "on disk in the log before the sender's 2xx"},
        {
            "step": "logged",
            "at": accepted,
            "entry": entry,
            "says": "in the log" if in_log else "the log has let go of it",
        },
    ]
    told = dagster if isinstance(dagster, dict) else None
    if isinstance(record, dict):
        steps += _stored(record, told)
    if told:
        at = iso(int(told["at"] * 1000))
        steps.append(
            {"step": "told", "at": at, "run": told["run_id"] or None, "says": "materialisation of `statements`"}
        )
    if isinstance(record, dict):
        steps += _after(record)
    return steps


def _stored(record: dict[str, Any], told: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Mapping, loading and rejection."""
    steps: list[dict[str, Any]] = []
    loads = [change for change in record["changes"] if change["kind"] == "load"]
    at = _utc(loads[0]["at"]) if loads else None
    latest = {"at_latest": iso(int(told["at"] * 1000))} if told and not at else {}  # changes are kept for a week
    script = (record["event"] or {}).get("mapping") or (told or {}).get("metadata", {}).get("mapping")
    if record["event"]:
        steps.append(
            {"step": "mapped", "at": at, "script": script, "says": f"verb {record['event']['verb_id']}", **latest}
        )
    for rejected in record["rejected"]:
        says = f"{rejected['stage']}: {rejected['reason']}"
        at_rejected = _utc(rejected["at"])
        steps.append({"step": "rejected", "at": at_rejected, "script": rejected["mapping"] or None, "says": says})
    if record["statement"]:
        event = "record and events" if record["event"] else "record"
        steps.append({"step": "loaded", "at": at, "position": record["statement"]["position"], "says": event, **latest})
    return steps


def _after(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Voiding, and the marts that have been refreshed since."""
    steps: list[dict[str, Any]] = []
    if record["voided"]:
        steps.append({"step": "voided", "at": None, "says": f"by {', '.join(record['voided_by'])}"})
    applied = [change["applied_at"] for change in record["changes"] if change["applied_at"]]
    if record["learning_event"]:
        since = min(applied) if applied else record["statement"]["stored"]
        marts = [mart["mart"] for mart in record["marts"] if _moment(mart["refreshed_at"]) >= _moment(since)]
        at = _utc(min(applied)) if applied else None
        steps.append({"step": "in marts", "at": at, "marts": marts, "says": f"{len(marts)} marts refreshed since"})
    return steps + [_reminder(reminder) for reminder in record.get("reminders", [])]


def _reminder(reminder: dict[str, Any]) -> dict[str, Any]:
    """A reminder that was decided by what the statement shows, or that the statement came in answer to."""
    if reminder["came"] == "after":
        says = f"happened within 24 hours of reminder {reminder['reminder_id']}"
        return {"step": "reminded before", "at": _utc(reminder["settled_at"]), "says": says}
    says = f"reminder {reminder['reminder_id']} of {reminder['day']}: {reminder['reason']}, {reminder['state']}"
    return {"step": "reminder caused", "at": _utc(reminder["decided_at"]), "says": says}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _utc(text: str) -> str:
    return iso(int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000))
