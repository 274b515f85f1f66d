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
    "learners.days_active": "Days with a statement, by the calendar of the learner's own time zone (guests': UTC).",
    "learners.longest_streak": "Most of those days in a row; the earliest such run is given by its first day.",
    "learners.current_streak": (
        "Length of the run that reaches the day of as_of in that zone, or the day before it; else 0."
    ),
    "learners.segment": (
        "By those days and the UTC day of as_of, the first that fits: never_active; dormant: none in the last "
        "28 days; at_risk: none in the last 7; new: the first one in the last 7; regular: 4 or more in the "
        "last 28; occasional. The last 7 days are that day and the six before it."
    ),
    "learners.stalled": (
        "Of learners with a delivered lesson that they have not completed. never_started: no statement. "
        "Otherwise no statement in the 14 days before as_of, and, of the lesson they tried last: "
        "stuck_on_card: not completed, and the last two attempts ended on the same card; discouraged: two or "
        "more failed attempts and no passed one; else went_quiet. null: not stalled. The planted reason is "
        "found by this rule for nine in ten of those who left."
    ),
    "learners.stalled_lessons": (
        "Number of lessons, delivered or opened, by the first reason that fits. failed_repeatedly: two or "
        "more failed attempts, the last one among them, and no passed one. Of those not completed: "
        "never_opened: delivered 7 days before as_of or earlier and without a statement; stopped: started, "
        "and opened_only: not started, the last statement 3 days before as_of or earlier."
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
        **streaks(record.days[person.ordinal], person.zone.day(record.window.end)),
        "segment": _segment(record.days[person.ordinal], record.window.end // DAY),
        "stalled": _stalled(record, mine, assigned, completed, last) if person.cohort else None,
        "stalled_lessons": _stalled_lessons(record, person, mine),
    }


def streaks(days: set[int], today: int) -> dict[str, Any]:
    """Runs of consecutive days; `today` is the day that as_of falls on."""
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


def _stalled_lessons(record: Record, person: Learner, mine: list[Seen]) -> dict[str, int]:
    """Lessons in which somebody does not get on, by reason."""
    end = record.window.end
    delivered = {delivery.lesson: delivery.at for delivery in record.history.delivered_to(person)}
    tries: dict[int, list[Seen]] = {lesson: [] for lesson in delivered}
    for seen in mine:
        tries.setdefault(seen.lesson, []).append(seen)
    counts = dict.fromkeys(("failed_repeatedly", "stopped", "opened_only", "never_opened"), 0)
    for lesson, attempts in tries.items():
        reason = None
        if (
            sum(seen.passed is False for seen in attempts) > 1
            and attempts[-1].passed is False
            and not any(seen.passed for seen in attempts)
        ):
            reason = "failed_repeatedly"
        elif any(seen.completed_at is not None for seen in attempts):
            continue
        elif not attempts:
            reason = "never_opened" if delivered[lesson] <= end - 7 * DAY else None
        elif max(seen.last for seen in attempts) <= end - 3 * DAY:
            reason = "stopped" if any(seen.started for seen in attempts) else "opened_only"
        if reason is not None:
            counts[reason] += 1
    return counts


def _segment(days: set[int], today: int) -> str:
    """How engaged somebody is on UTC day `today`."""
    if not days:
        return "never_active"
    first, last = min(days), max(days)
    if last <= today - 28:
        return "dormant"
    if last <= today - 7:
        return "at_risk"
    if first > today - 7:
        return "new"
    return "regular" if sum(day > today - 28 for day in days) >= 4 else "occasional"
