"""Truth of people: what they are like, how far they came, their streaks, and who stalled and why.

Belongs here: figures by person. Not here: figures by cohort (cohorts.py).
"""

from __future__ import annotations

from typing import Any

from lrs_platform.simulate.company import Learner
from lrs_platform.simulate.statements import actor_of, written_time
from lrs_platform.simulate.truth.attempts import Record, Seen
from lrs_platform.simulate.zones import DAY, written_day
from lrs_platform.xapi.identifiers import agent_key

STALLED_AFTER = 14 * DAY

DEFINITIONS = {
    "learners.days_active": "Days with a statement, by the calendar of the learner's own time zone.",
    "learners.longest_streak": "Most of those days in a row; the earliest such run is given by its first day.",
    "learners.current_streak": (
        "Days in a row up to the window's last day in that zone, or up to the day before it; else 0."
    ),
    "learners.stalled": (
        "Of learners with a delivered lesson that they have not completed. never_started: no statement. "
        "Otherwise no statement in the 14 days before the end, and, of the lesson they tried last: "
        "stuck_on_card: not completed, and the last two attempts ended on the same card; discouraged: two or "
        "more failed attempts and no passed one; else went_quiet. null: not stalled."
    ),
    "learners.left_because": (
        "Planted: why the learner stopped for good at left_at; null for those who go on to the end."
    ),
    "learners.actor_keys": (
        "Keys (mbox with its domain in lower case, mbox_sha1sum, or account as homePage|name) under which the "
        "record holds statements of this person."
    ),
}


def learner_truth(record: Record) -> list[dict[str, Any]]:
    """Figures of everybody, guests last."""
    return [_person(record, person) for person in record.company.people]


def _person(record: Record, person: Learner) -> dict[str, Any]:
    mine = record.by_person[person.ordinal]
    fate = record.history.fates[person.ordinal]
    devices = {seen.device for seen in mine}
    keys = {agent_key(actor_of(person, device)) for device in person.devices if device.ordinal in devices}
    assigned = {delivery.lesson for delivery in record.history.delivered_to(person)}
    completed = {seen.lesson for seen in mine if seen.completed_at is not None}
    last = record.last[person.ordinal]
    return {
        "email": person.email,
        "name": person.name,
        "cohort": {"group": person.cohort.group, "team": person.cohort.team} if person.cohort else None,
        "time_zone": person.zone.name,
        "ability": person.ability,
        "motivation": person.motivation,
        "disposition": person.disposition,
        "weekly_hazard": fate.weekly_hazard,
        "left_at": None if fate.left_at is None else written_time(fate.left_at),
        "left_because": fate.reason,
        "clock_skew_seconds": [device.skew_ms / 1000 for device in person.devices],
        "actor_keys": sorted(key for key in keys if key is not None),
        "statements": sum(seen.statements for seen in mine),
        "attempts": len(mine),
        "lessons": {
            "assigned": len(assigned),
            "opened": len({seen.lesson for seen in mine} & assigned),
            "completed": len(completed & assigned),
            "passed": len({seen.lesson for seen in mine if seen.passed} & assigned),
        },
        "attended_seconds": round(sum(seen.attended for seen in mine), 1),
        "time_on_task_seconds": sum(seen.on_task for seen in mine) / 1000,
        "last_statement_at": None if last < 0 else written_time(last),
        **streaks(record.days[person.ordinal], person.zone.day(record.window.end - 1)),
        "stalled": _stalled(record, mine, assigned, completed, last) if person.cohort else None,
    }


def streaks(days: set[int], today: int) -> dict[str, Any]:
    """Runs of consecutive days; `today` is the last day of the window."""
    longest = longest_from = run = 0
    before: int | None = None
    current = 0
    for day in sorted(days):
        run = run + 1 if before is not None and day == before + 1 else 1
        if run > longest:
            longest, longest_from = run, day - run + 1
        if day in (today, today - 1):
            current = run
        before = day
    return {
        "days_active": len(days),
        "longest_streak": longest,
        "longest_streak_from": written_day(longest_from) if longest else None,
        "current_streak": current,
    }


def _stalled(record: Record, mine: list[Seen], assigned: set[int], completed: set[int], last: int) -> str | None:
    if not assigned - completed:
        return None
    if not mine:
        return "never_started"
    if last >= record.window.end - STALLED_AFTER:
        return None
    tries = [seen for seen in mine if seen.lesson == mine[-1].lesson]
    if mine[-1].lesson not in completed and len(tries) > 1 and tries[-1].furthest == tries[-2].furthest:
        return "stuck_on_card"
    if sum(seen.passed is False for seen in tries) > 1 and not any(seen.passed for seen in tries):
        return "discouraged"
    return "went_quiet"
