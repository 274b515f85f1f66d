"""What the record shows of each attempt and each person, once everything has arrived and what was voided is gone.

Belongs here: the reduction of events to attempts, on which all of the truth stands. Not here: figures (the other files
of this folder). Times are the statements' timestamps, that is, what the devices' clocks showed; ms since 1970.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import Struct

from lrs_platform.simulate.company import Company, Learner
from lrs_platform.simulate.course import Catalogue, Lesson
from lrs_platform.simulate.history import Event, History, Kind
from lrs_platform.simulate.statements import scaled_score
from lrs_platform.simulate.zones import DAY, MINUTE, Window

IDLE_CAP = 5 * MINUTE  # a longer gap between two statements of an attempt counts as this much

DEFINITIONS = {
    "record": (
        "All statements that were accepted under their id first, without those voided and without the voiding ones."
    ),
    "attempt": (
        "The statements of one registration. Attempts of a learner at a lesson are ordered by their first timestamp."
    ),
    "reached": (
        "A card is reached where it, or a later card of the lesson, was viewed or answered; all are where the "
        "lesson was completed."
    ),
    "completed": "An attempt with a completed or passed statement, at the earliest timestamp of these.",
    "score": (
        "Of an attempt: the scaled score of its passed or failed statement, else the share of right answers "
        "among those with a verdict, null where there is none."
    ),
    "as_of": "Figures that depend on a moment take the window's end, 00:00 UTC after the last day.",
    "time_on_task": f"Sum of the gaps between an attempt's timestamps in order, each at most {IDLE_CAP // 1000} s.",
}


class Answer(Struct, gc=False):
    """The first answer to a card within an attempt."""

    at: int
    choice: int
    success: bool | None
    chance: float


class Seen(Struct):
    """An attempt as the record shows it. `furthest` is the number of the furthest card reached, 0: none."""

    attempt: int
    person: int
    device: int
    lesson: int
    first: int
    last: int
    statements: int
    started_at: int | None = None
    furthest: int = 0
    completed_at: int | None = None
    passed: bool | None = None
    verdict_at: int | None = None  # of passed: the first; of failed: the last
    score: float | None = None
    on_task: int = 0  # ms, idle-capped
    attended: float = 0.0  # seconds, planted
    answers: dict[int, Answer] = {}

    @property
    def started(self) -> bool:
        """Whether there is any work in it."""
        return self.started_at is not None


@dataclass(frozen=True)
class Record:
    """Everything the figures are computed from."""

    company: Company
    catalogue: Catalogue
    history: History
    window: Window
    seen: list[Seen] = field(default_factory=list)
    by_person: list[list[Seen]] = field(default_factory=list)  # in order of first timestamps
    days: list[set[int]] = field(
        default_factory=list
    )  # by person: active days in the zone of the roster, guests' in UTC
    last: list[int] = field(default_factory=list)  # by person: latest timestamp, -1 where there is none
    # Answers that are not right or wrong (polls, forms, free text): person, lesson, card, choice, when.
    texts: list[tuple[int, int, int, int, int]] = field(default_factory=list)

    def items(self) -> Iterator[tuple[int, int]]:
        """Lesson and index of each card that has a right answer."""
        for lesson in self.catalogue.lessons:
            for index, card in enumerate(lesson.cards):
                if card.item is not None:
                    yield lesson.ordinal, index


def read(company: Company, history: History, window: Window, voided: set[int]) -> Record:
    """The record of a history without the events in `voided`."""
    record = Record(company, history.catalogue, history, window)
    people = len(company.people)
    record.by_person.extend([] for _ in range(people))
    record.days.extend(set() for _ in range(people))
    record.last.extend([-1] * people)
    for attempt in history.attempts:
        events = history.events[attempt.first : attempt.behind]
        if voided:
            events = [event for event in events if event.ordinal not in voided]
        if not events:
            continue
        person = company.people[attempt.learner]
        skew = company.devices[attempt.device].skew_ms
        seen = Seen(
            attempt=attempt.ordinal,
            person=person.ordinal,
            device=attempt.device,
            lesson=attempt.lesson,
            first=events[0].at + skew,
            last=events[-1].at + skew,
            statements=len(events),
            attended=attempt.attended,
        )
        _reduce(seen, events, skew, history.catalogue.lessons[attempt.lesson])
        record.seen.append(seen)
        record.by_person[person.ordinal].append(seen)
        _note_days(record, person, events, skew)
        for event in events:
            if event.kind is Kind.ANSWERED and event.success is None:
                record.texts.append((person.ordinal, attempt.lesson, event.card, event.choice, event.at + skew))
    for mine in record.by_person:
        mine.sort(key=lambda seen: (seen.first, seen.attempt))
    return record


def _reduce(seen: Seen, events: list[Event], skew: int, lesson: Lesson) -> None:
    """Fill in what the statements say of their attempt. Events of an attempt are in time."""
    before = events[0].at
    for event in events:
        kind = event.kind
        seen.on_task += min(event.at - before, IDLE_CAP)
        before = event.at
        if kind is Kind.EXPERIENCED:
            seen.furthest = max(seen.furthest, event.card + 1)
        elif kind is Kind.ANSWERED:
            seen.furthest = max(seen.furthest, event.card + 1)
            seen.answers.setdefault(event.card, Answer(event.at + skew, event.choice, event.success, event.chance))
        elif kind is Kind.PASSED or kind is Kind.FAILED:
            if kind is Kind.FAILED or not seen.passed:
                seen.verdict_at = event.at + skew
            seen.passed, seen.score = kind is Kind.PASSED, scaled_score(event.choice, lesson)
        if (kind is Kind.COMPLETED or kind is Kind.PASSED) and seen.completed_at is None:
            seen.completed_at = event.at + skew
            seen.furthest = len(lesson.cards)
        if kind is not Kind.LAUNCHED and seen.started_at is None:
            seen.started_at = event.at + skew
    if seen.score is None:
        verdicts = [answer.success for answer in seen.answers.values() if answer.success is not None]
        seen.score = sum(verdicts) / len(verdicts) if verdicts else None


def _note_days(record: Record, person: Learner, events: list[Event], skew: int) -> None:
    days = record.days[person.ordinal]
    for event in events:
        stamp = event.at + skew
        days.add(person.zone.day(stamp) if person.cohort else stamp // DAY)
    record.last[person.ordinal] = max(record.last[person.ordinal], events[-1].at + skew)
