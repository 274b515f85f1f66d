"""Of what a figure is asked, and what a right answer looks like.

Belongs here: slices of a company, where somebody stands in a lesson, ranking. Not here: figures (gold.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from lrs_platform.simulate.company import Learner
from lrs_platform.simulate.course import Lesson
from lrs_platform.simulate.truth.attempts import Seen
from lrs_platform.simulate.truth.cohorts import monday
from lrs_platform.simulate.words import FLAGGED
from lrs_platform.simulate.zones import DAY

Answer = dict[str, float]  # by label; of a single figure, under ""


@dataclass(frozen=True)
class Slice:
    """What a figure is asked of; None is everything. Days are days since 1970, inclusive."""

    lesson: int | None = None
    cohort: int | None = None
    person: int | None = None
    card: int | None = None
    week_no: int | None = None
    first: int | None = None
    last: int | None = None
    value: str | None = None

    def within(self, at: int | None) -> bool:
        """Whether a moment (ms) lies in the days of this slice, in UTC."""
        return at is not None and self.has_day(at // DAY)

    def has_day(self, day: int) -> bool:
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


@dataclass
class Progress:
    """Where somebody stands in a lesson."""

    person: Learner
    lesson: Lesson
    delivered: int | None
    tries: list[Seen] = field(default_factory=list)

    @cached_property
    def opened(self) -> int | None:
        return min((seen.first for seen in self.tries), default=None)

    @cached_property
    def completed(self) -> int | None:
        return min((seen.completed_at for seen in self.tries if seen.completed_at is not None), default=None)

    @cached_property
    def started(self) -> int | None:
        return min((seen.started_at for seen in self.tries if seen.started_at is not None), default=None)

    @cached_property
    def passed(self) -> int | None:
        return min((seen.verdict_at for seen in self.tries if seen.passed and seen.verdict_at), default=None)

    @cached_property
    def stage(self) -> int:
        return max((self._stage(seen) for seen in self.tries), default=0)

    def _stage(self, seen: Seen) -> int:
        if seen.passed:
            return 5
        if seen.completed_at is not None:
            return 4
        if seen.furthest >= (len(self.lesson.cards) + 1) // 2:
            return 3
        return 2 if seen.started else 1


VALUES = {
    "reason": ("failed_repeatedly", "stopped", "opened_only", "never_opened"),
    "segment": ("never_active", "dormant", "at_risk", "new", "regular", "occasional"),
    "severity": ("high", "medium", "low"),
    "term": tuple(FLAGGED),
}
# Of a learner, nothing counted is no row; but a score or share of 0 is one.
SHARES = frozenset(
    {"mean_score", "pass_rate", "completion_rate", "gain", "on_time_share", "within_day", "right_answers"}
)
# Counts that have no row where there is nothing to count, beside those of learners and periods.
COUNTED_BY = {
    "stalled": ("reason", "lesson", "cohort"),
    "segment": ("segment", "cohort"),
    "flags": ("severity", "term", "lesson", "cohort"),
    "texts": ("lesson", "cohort"),
    "learners": ("cohort",),
    "attempts": ("lesson",),
    "follow_up": ("cohort",),
}


def no_row(wanted: dict[str, Any]) -> bool:
    """Whether there is no row where nothing is counted: of a learner, of a period, on given days but for the lowest."""
    figure, by = wanted["figure"], wanted["by"]
    if figure in SHARES:
        return False
    on_days = not wanted.keys().isdisjoint({"from", "to"}) and "low" not in wanted
    return on_days or by in ("learner", "day", "week", "month", *COUNTED_BY.get(figure, ()))


def ranked(found: Answer, wanted: dict[str, Any]) -> Answer:
    """The first `top`, and whatever ties with the last of them."""
    if "top" not in wanted or len(found) <= wanted["top"]:
        return found
    values = sorted(found.values(), reverse=not wanted.get("low"))
    last = values[wanted["top"] - 1]
    return {label: value for label, value in found.items() if (value <= last if wanted.get("low") else value >= last)}


def people_of(progress: Iterable[Progress]) -> int:
    """How many people there are."""
    return len({each.person.ordinal for each in progress})


def share(part: float, whole: float) -> float | None:
    """Part of whole; None of nothing."""
    return part / whole if whole else None


def day_of(given: date | None) -> int | None:
    """Days since 1970."""
    return None if given is None else (given - date(1970, 1, 1)).days


def period_of(grain: str, day: int) -> tuple[int, int]:
    """First and last day of the period that a day lies in."""
    if grain == "day":
        return day, day
    if grain == "week":
        return monday(day), monday(day) + 6
    of = date(1970, 1, 1) + timedelta(days=day)
    following = (of.replace(day=1) + timedelta(days=31)).replace(day=1)
    return day - of.day + 1, (following - date(1970, 1, 1)).days - 1
