"""Truth of cohorts and of the company in time: daily progress, completion speed, retention, active learners.

Belongs here: figures by cohort and by calendar. Not here: figures by person (learners.py).
"""

from __future__ import annotations

from collections import Counter
from statistics import fmean
from typing import Any

from lrs_platform.simulate.company import Cohort, Disposition, Learner
from lrs_platform.simulate.history import Delivery
from lrs_platform.simulate.statements import written_time
from lrs_platform.simulate.truth.attempts import Record
from lrs_platform.simulate.zones import DAY, weekday, written_day

FORECAST_DAYS = 28

DEFINITIONS = {
    "cohorts.deliveries": (
        "Each lesson sent to the cohort before the end. Counts are of its learners, by their first "
        "completion: by the end of the day of delivery (day: by the cohort's calendar; its end: by each "
        "learner's), within 24 hours, within 7 days, ever. by_day[k]: completed k to k + 1 days after the "
        "delivery (before it counts as 0, from wrong clocks), k up to 27; so the Kaplan-Meier curve of the "
        "cohort follows exactly, with learners censored at as_of."
    ),
    "cohorts.retention": (
        "Week n holds the days 7n to 7n + 6 after the day of the cohort's first delivery (cohort's zone), "
        "each learner's days by the learner's own zone; only weeks that have passed wholly. active: learners "
        "with a statement in week n. still: with a statement in week n or later. planted_stayed: learners who "
        "started at all and whom the model had not made leave before week n began. planted_survival: expected "
        "share by weekly hazards alone."
    ),
    "cohorts.triangle": (
        "The learners by the Monday of the week of their first day with a statement (own zone): how many of "
        "them were active in the n-th calendar week after it, up to the week of as_of (UTC)."
    ),
    "active": (
        "Distinct learners of the roster with a statement, each by their own calendar (and guests, by UTC), "
        "by day, by week and by month, which are named by their first day. stickiness: mean of the daily "
        "counts of learners over all days of the week or month, divided by its count."
    ),
}


def cohort_truth(record: Record) -> list[dict[str, Any]]:
    """Figures of every cohort."""
    members: list[list[Learner]] = [[] for _ in record.company.cohorts]
    for person in record.company.roster:
        if person.cohort is not None:
            members[person.cohort.ordinal].append(person)
    first = _first_completions(record)
    return [
        {
            "group": cohort.group,
            "team": cohort.team,
            "time_zone": cohort.zone.name,
            "learners": len(members[cohort.ordinal]),
            "deliveries": [
                _progress(record, cohort, delivery, members[cohort.ordinal], first)
                for delivery in record.history.deliveries[cohort.ordinal]
            ],
            "retention": _retention(record, cohort, members[cohort.ordinal]),
            "triangle": _triangle(record, members[cohort.ordinal]),
        }
        for cohort in record.company.cohorts
    ]


def active_truth(record: Record) -> dict[str, Any]:
    """Active learners by day, week and month."""
    people: dict[str, dict[int, set[int]]] = {"day": {}, "week": {}, "month": {}}
    learner_days: Counter[tuple[str, int]] = Counter()
    for person, days in enumerate(record.days):
        for day in days:
            for grain, first in (("day", day), ("week", monday(day)), ("month", _first_of_month(day))):
                people[grain].setdefault(first, set()).add(person)
                learner_days[grain, first] += person < record.company.roster_size
    return {
        grain: {
            written_day(first): _counted(record, active, learner_days[grain, first] / _length(grain, first))
            for first, active in sorted(periods.items())
        }
        for grain, periods in people.items()
    }


def _counted(record: Record, active: set[int], daily: float) -> dict[str, Any]:
    """`daily` is the mean number of learners active a day."""
    learners = sum(person < record.company.roster_size for person in active)
    return {
        "learners": learners,
        "guests": len(active) - learners,
        "stickiness": daily / learners if learners else None,
    }


def _first_of_month(day: int) -> int:
    return day - int(written_day(day)[8:]) + 1


def _length(grain: str, first: int) -> int:
    """Days of the day, week or month that begins on day `first`."""
    return {"day": 1, "week": 7, "month": _first_of_month(first + 31) - first}[grain]


def monday(day: int) -> int:
    """The Monday on or before a day."""
    return day - weekday(day)


def _first_completions(record: Record) -> dict[tuple[int, int], int]:
    """First completion by person and lesson."""
    first: dict[tuple[int, int], int] = {}
    for seen in record.seen:
        if seen.completed_at is not None:
            key = seen.person, seen.lesson
            first[key] = min(seen.completed_at, first.get(key, seen.completed_at))
    return first


def _progress(
    record: Record, cohort: Cohort, delivery: Delivery, members: list[Learner], first: dict[tuple[int, int], int]
) -> dict[str, Any]:
    """How a cohort did on one delivery."""
    completions = [(member, first.get((member.ordinal, delivery.lesson))) for member in members]
    done = [at for _, at in completions if at is not None]
    day = cohort.zone.day(delivery.at)
    by_day = [0] * FORECAST_DAYS
    for at in done:
        after = max(0, at - delivery.at) // DAY
        if after < FORECAST_DAYS:
            by_day[after] += 1
    return {
        "lesson_iri": record.catalogue.lessons[delivery.lesson].iri,
        "delivered_at": written_time(delivery.at),
        "day": written_day(day),
        "assigned": len(members),
        "completed_on_day": sum(at is not None and member.zone.day(at) <= day for member, at in completions),
        "within_24h": sum(at - delivery.at <= DAY for at in done),
        "within_7d": sum(at - delivery.at <= 7 * DAY for at in done),
        "completed": len(done),
        "by_day": by_day,
    }


def _triangle(record: Record, members: list[Learner]) -> dict[str, list[int]]:
    """Calendar weeks since each learner's first one."""
    rows: dict[int, list[int]] = {}
    for member in members:
        weeks = sorted({monday(day) for day in record.days[member.ordinal]})
        if weeks:
            row = rows.setdefault(weeks[0], [0] * max(1, (record.window.end // DAY - weeks[0]) // 7 + 1))
            for week in weeks:
                if (week - weeks[0]) // 7 < len(row):
                    row[(week - weeks[0]) // 7] += 1
    return {written_day(start): rows[start] for start in sorted(rows)}


def _retention(record: Record, cohort: Cohort, members: list[Learner]) -> dict[str, Any]:
    """The weekly row of the retention triangle."""
    delivered = record.history.deliveries[cohort.ordinal]
    if not delivered:
        return {"first_day": None, "active": [], "still": [], "planted_stayed": [], "planted_survival": []}
    start = cohort.zone.day(delivered[0].at)
    weeks = (cohort.zone.day(record.window.end) - start) // 7
    active, still, stayed = [0] * weeks, [0] * weeks, [0] * weeks
    for member in members:
        mine = {(day - start) // 7 for day in record.days[member.ordinal]}
        latest = max(mine, default=-1)
        fate = record.history.fates[member.ordinal]
        for week in range(weeks):
            active[week] += week in mine
            still[week] += latest >= week
            begins = cohort.zone.instant(start + 7 * week, 0)
            started = fate.reason != "never_started"
            stayed[week] += started and (fate.left_at is None or fate.left_at >= begins)
    return {
        "first_day": written_day(start),
        "active": active,
        "still": still,
        "planted_stayed": stayed,
        "planted_survival": [
            fmean(
                0.0
                if member.disposition is Disposition.NEVER_STARTED
                else (1.0 - record.history.fates[member.ordinal].weekly_hazard) ** week
                for member in members
            )
            for week in range(weeks)
        ],
    }
