"""Truth of lessons and cards: funnel, attempts, time on task, learning gain, drop-off.

Belongs here: figures by lesson and by card. Not here: answers (items.py), cohorts (cohorts.py).
"""

from __future__ import annotations

from statistics import fmean, median
from typing import Any

from lrs_platform.simulate.course import Lesson
from lrs_platform.simulate.truth.attempts import Record, Seen

STAGES = ("assigned", "opened", "started", "half", "completed", "passed")

DEFINITIONS = {
    "lessons.funnel": (
        "Distinct learners of the roster to whom the lesson was delivered, by the furthest stage that any of "
        "their attempts shows; a stage counts those who reached a later one. opened: any statement; started: "
        "any but a launched one; half: card ceil(cards / 2) reached; passed: a passed statement."
    ),
    "lessons.attempts": "Attempts of everybody, guests too; failed: with a failed statement.",
    "lessons.learning_gain": (
        "People with two or more attempts that have a score: means of the first score, of the last score and "
        "of their difference."
    ),
    "lessons.time_on_task": (
        "Seconds of completed attempts: median (of two middle ones the mean) and mean, idle-capped. "
        "attended_median is planted: seconds on cards, without pauses and without the moments between cards."
    ),
    "cards.reached": "Attempts of everybody that reached the card.",
    "cards.left": (
        "Of these, attempts that went no further, were not completed, and had their last statement before as_of."
    ),
    "cards.hazard": "Planted chance that a learner of average motivation leaves here, having come so far.",
    "cards.expected_left": (
        "Sum of the planted chances over all attempts that truly came here: left differs from it by chance "
        "alone (and by voided statements)."
    ),
}


def lesson_truth(record: Record) -> list[dict[str, Any]]:
    """Figures of every lesson, in the order of the catalogue."""
    assigned = _assigned(record)
    attempts: list[list[Seen]] = [[] for _ in record.catalogue.lessons]
    for seen in record.seen:
        attempts[seen.lesson].append(seen)
    return [
        {
            "iri": lesson.iri,
            "name": lesson.name,
            "course_iri": lesson.course_iri,
            "listed": lesson.listed,
            "cards": len(lesson.cards),
            "pass_mark": lesson.pass_mark,
            "funnel": _funnel(lesson, attempts[lesson.ordinal], assigned[lesson.ordinal]),
            "attempts": _counts(attempts[lesson.ordinal]),
            "time_on_task": _time(attempts[lesson.ordinal]),
            "learning_gain": _gain(record, lesson),
        }
        for lesson in record.catalogue.lessons
    ]


def card_truth(record: Record) -> list[dict[str, Any]]:
    """Drop-off of every card, in the order of the catalogue."""
    cards = record.catalogue.cards
    reached, left = [0] * len(cards), [0] * len(cards)
    for seen in record.seen:
        base = record.catalogue.lessons[seen.lesson].cards[0].ordinal
        for number in range(seen.furthest):
            reached[base + number] += 1
        if seen.furthest and seen.completed_at is None and seen.last < record.window.end:
            left[base + seen.furthest - 1] += 1
    return [
        {
            "iri": card.iri,
            "number": card.number,
            "kind": card.kind,
            "hazard": card.hazard,
            "expected_left": record.history.expected_left[card.ordinal],
            "reached": reached[card.ordinal],
            "left": left[card.ordinal],
        }
        for card in cards
    ]


def stage(seen: Seen, lesson: Lesson) -> int:
    """How far an attempt came, as an index into STAGES."""
    if seen.passed:
        return 5
    if seen.completed_at is not None:
        return 4
    if seen.furthest >= (len(lesson.cards) + 1) // 2:
        return 3
    return 2 if seen.started else 1


def _assigned(record: Record) -> list[set[int]]:
    """By lesson: persons to whose cohort it was delivered."""
    assigned: list[set[int]] = [set() for _ in record.catalogue.lessons]
    for person in record.company.roster:
        for delivery in record.history.delivered_to(person):
            assigned[delivery.lesson].add(person.ordinal)
    return assigned


def _funnel(lesson: Lesson, attempts: list[Seen], assigned: set[int]) -> dict[str, int]:
    furthest = dict.fromkeys(sorted(assigned), 0)
    for seen in attempts:
        if seen.person in assigned:
            furthest[seen.person] = max(furthest[seen.person], stage(seen, lesson))
    return {name: sum(at >= number for at in furthest.values()) for number, name in enumerate(STAGES)}


def _counts(attempts: list[Seen]) -> dict[str, int]:
    return {
        "all": len(attempts),
        "started": sum(seen.started for seen in attempts),
        "completed": sum(seen.completed_at is not None for seen in attempts),
        "passed": sum(seen.passed is True for seen in attempts),
        "failed": sum(seen.passed is False for seen in attempts),
    }


def _time(attempts: list[Seen]) -> dict[str, float | None]:
    done = [seen for seen in attempts if seen.completed_at is not None]
    if not done:
        return {"median": None, "mean": None, "attended_median": None}
    return {
        "median": median(seen.on_task for seen in done) / 1000,
        "mean": fmean(seen.on_task for seen in done) / 1000,
        "attended_median": median(seen.attended for seen in done),
    }


def _gain(record: Record, lesson: Lesson) -> dict[str, Any]:
    pairs = []
    for mine in record.by_person:
        scores = [seen.score for seen in mine if seen.lesson == lesson.ordinal and seen.score is not None]
        if len(scores) > 1:
            pairs.append((scores[0], scores[-1]))
    if not pairs:
        return {"people": 0, "first": None, "last": None, "gain": None}
    first, last = fmean(pair[0] for pair in pairs), fmean(pair[1] for pair in pairs)
    return {"people": len(pairs), "first": first, "last": last, "gain": last - first}
