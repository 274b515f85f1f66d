"""Truth of quiz questions, polls and free text: who answered what, how hard and how telling each question is.

Belongs here: figures by card that asks something. Not here: drop-off (lessons.py).
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from lrs_platform.simulate.course import Card, CardKind, Lesson, option_id
from lrs_platform.simulate.truth.attempts import Record, Seen
from lrs_platform.simulate.words import FLAG_OF_TEXT, FLAGGED

DEFINITIONS = {
    "items.first": "First answers: of each person's first attempt at the lesson, the first answer to the question.",
    "items.all": "The first answer to the question within every attempt.",
    "items.a, items.b": (
        "Planted: P(right) = 1 / (1 + exp(-a (ability + gain - b))); gain is 0.6 for each attempt completed "
        "before, 1.8 at most."
    ),
    "items.first.expected_right": (
        "Sum of the planted chances of these answers: right differs from it by chance alone."
    ),
    "items.discrimination": (
        "Corrected point-biserial: Pearson correlation of right (1 or 0) with the number of the lesson's "
        "other questions answered right, over first attempts in which every question of the lesson was "
        "answered; null where either does not vary."
    ),
    "polls, free_text": (
        "All answers of everybody, by option or by flagged phrase; an answer may repeat in further attempts."
    ),
}


def item_truth(record: Record) -> list[dict[str, Any]]:
    """Figures of every quiz question, in the order of the catalogue."""
    first, every = _by_lesson(record)
    truth = []
    for lesson_ordinal, index in record.items():
        lesson = record.catalogue.lessons[lesson_ordinal]
        card = lesson.cards[index]
        assert card.item is not None
        n, discrimination = _discrimination(lesson, index, first[lesson_ordinal])
        truth.append(
            {
                "iri": card.iri,
                "lesson_iri": lesson.iri,
                "a": card.item.a,
                "b": card.item.b,
                "correct": option_id(card.item.correct),
                "first": _answers(card, index, first[lesson_ordinal]),
                "all": _answers(card, index, every[lesson_ordinal]),
                "discrimination": discrimination,
                "discrimination_n": n,
            }
        )
    return truth


def poll_truth(record: Record) -> list[dict[str, Any]]:
    """Answers to every poll by option."""
    counts: Counter[tuple[int, int, int]] = Counter()
    for _, lesson, card, choice, _ in record.texts:
        counts[lesson, card, choice] += 1
    return [
        {
            "iri": card.iri,
            "options": {
                option_id(choice): counts[lesson.ordinal, index, choice] for choice in range(len(card.options))
            },
        }
        for lesson in record.catalogue.lessons
        for index, card in enumerate(lesson.cards)
        if card.poll is not None
    ]


def free_text_truth(record: Record) -> dict[str, Any]:
    """Responses in words: how many, and which flagged phrases stand in them, by cohort (null: guests)."""
    lessons = record.catalogue.lessons
    forms: Counter[int] = Counter()
    texts: Counter[int] = Counter()
    flags: Counter[tuple[int, str]] = Counter()
    for person, lesson, index, choice, _ in record.texts:
        kind = lessons[lesson].cards[index].kind
        cohort = record.company.people[person].cohort
        place = cohort.ordinal if cohort else -1
        if kind is CardKind.FORM:
            forms[place] += 1
        elif kind is CardKind.FREE_TEXT:
            texts[place] += 1
            phrase = FLAG_OF_TEXT[choice]
            if phrase is not None:
                flags[place, phrase] += 1
    cohorts = [(cohort.ordinal, {"group": cohort.group, "team": cohort.team}) for cohort in record.company.cohorts]
    return {
        "flagged_phrases": FLAGGED,
        "by_cohort": [
            {
                "cohort": name,
                "texts": texts[place],
                "forms": forms[place],
                "flagged": {phrase: flags[place, phrase] for phrase in FLAGGED},
            }
            for place, name in [*cohorts, (-1, None)]
        ],
    }


def _by_lesson(record: Record) -> tuple[list[list[Seen]], list[list[Seen]]]:
    """By lesson: first attempts, and all attempts."""
    first: list[list[Seen]] = [[] for _ in record.catalogue.lessons]
    every: list[list[Seen]] = [[] for _ in record.catalogue.lessons]
    for mine in record.by_person:
        tried: set[int] = set()
        for seen in mine:
            every[seen.lesson].append(seen)
            if seen.lesson not in tried:
                tried.add(seen.lesson)
                first[seen.lesson].append(seen)
    return first, every


def _answers(card: Card, index: int, attempts: list[Seen]) -> dict[str, Any]:
    answers = [seen.answers[index] for seen in attempts if index in seen.answers]
    counts = Counter(answer.choice for answer in answers)
    return {
        "n": len(answers),
        "right": sum(answer.success is True for answer in answers),
        "expected_right": math.fsum(answer.chance for answer in answers),
        "options": {option_id(choice): counts[choice] for choice in range(len(card.options))},
    }


def _discrimination(lesson: Lesson, index: int, first: list[Seen]) -> tuple[int, float | None]:
    """Number of attempts and corrected point-biserial correlation of a question."""
    items = [number for number, card in enumerate(lesson.cards) if card.item is not None]
    pairs = []
    for seen in first:
        if all(number in seen.answers for number in items):
            right = [bool(seen.answers[number].success) for number in items]
            own = bool(seen.answers[index].success)
            pairs.append((int(own), sum(right) - own))
    return len(pairs), pearson(pairs)


def pearson(pairs: list[tuple[int, int]]) -> float | None:
    """Pearson's correlation, from exact integer sums; None where either side does not vary."""
    n = len(pairs)
    sx, sy = sum(x for x, _ in pairs), sum(y for _, y in pairs)
    xx = n * sum(x * x for x, _ in pairs) - sx * sx
    yy = n * sum(y * y for _, y in pairs) - sy * sy
    if xx <= 0 or yy <= 0:
        return None
    return (n * sum(x * y for x, y in pairs) - sx * sy) / math.sqrt(xx * yy)
