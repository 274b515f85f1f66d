"""Truth of cohorts and of the company in time: daily progress, completion speed, retention, active learners.

Belongs here: figures by cohort and by calendar. Not here: figures by person (learners.py).
"""

from __future__ import annotations

from statistics import fmean
from typing import Any

from lrs_platform.simulate.company import Cohort, Disposition, Learner
from lrs_platform.simulate.history import Delivery
from lrs_platform.simulate.statements import written_time
from lrs_platform.simulate.truth.attempts import Record
from lrs_platform.simulate.zones import DAY, EPOCH, Window, weekday, written_day

FORECAST_DAYS = 28

DEFINITIONS = {
    "cohorts.deliveries": (
        "Each lesson sent to the cohort before the end. Counts are of its learners, by their first "
        "completion: on the day of delivery in the cohort's time zone or before (wrong clocks), within 24 "
        "hours, within 7 days, ever. by_day[k]: completed k to k + 1 days after the delivery (before it "
        "counts as 0), k up to 27; so the Kaplan-Meier curve of the cohort follows exactly, with learners "
        "censored at the end of the window."
    ),
    "cohorts.retention": (
        "Week n holds the days 7n to 7n + 6 after the day of the cohort's first delivery (cohort's zone), "
        "each learner's days by the learner's own zone; only weeks that have passed wholly. active: learners "
        "with a statement in week n. still: with a statement in week n or later. planted_stayed: learners who "
        "started at all and whom the model had not made leave before week n began. planted_survival: expected "
        "share by weekly hazards alone."
    ),
    "active": (
        "Distinct learners of the roster (and, apart, guests) with a statement, by UTC day, ISO week (UTC) "
        "and month (UTC). stickiness: mean of the daily counts over the month's days within the window, "
        "divided by the month's count."
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
        }
        for cohort in record.company.cohorts
    ]


def active_truth(record: Record) -> dict[str, Any]:
    """Active learners by day, week and month."""
    weeks: dict[str, set[int]] = {}
    months: dict[str, set[int]] = {}
    for day in sorted(record.utc_days):
        monday = EPOCH.fromordinal(EPOCH.toordinal() + day - weekday(day)).isocalendar()
        weeks.setdefault(f"{monday.year}-W{monday.week:02}", set()).update(record.utc_days[day])
        months.setdefault(written_day(day)[:7], set()).update(record.utc_days[day])
    known = record.company.roster_size
    return {
        "day": {written_day(day): _counted(record.utc_days[day], known) for day in sorted(record.utc_days)},
        "week": {week: _counted(people, known) for week, people in weeks.items()},
        "month": {
            month: {**_counted(people, known), "stickiness": _stickiness(record, month, people)}
            for month, people in months.items()
        },
    }


def _counted(people: set[int], known: int) -> dict[str, int]:
    learners = sum(person < known for person in people)
    return {"learners": learners, "guests": len(people) - learners}


def _stickiness(record: Record, month: str, people: set[int]) -> float | None:
    known = record.company.roster_size
    monthly = sum(person < known for person in people)
    days = [day for day in _days(record.window) if written_day(day)[:7] == month]
    if not monthly or not days:
        return None
    return fmean(sum(person < known for person in record.utc_days.get(day, ())) for day in days) / monthly


def _days(window: Window) -> range:
    return range(window.begin // DAY, window.end // DAY)


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
    done = [first[key] for member in members if (key := (member.ordinal, delivery.lesson)) in first]
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
        "completed_on_day": sum(cohort.zone.day(at) <= day for at in done),
        "within_24h": sum(at - delivery.at <= DAY for at in done),
        "within_7d": sum(at - delivery.at <= 7 * DAY for at in done),
        "completed": len(done),
        "by_day": by_day,
    }


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
