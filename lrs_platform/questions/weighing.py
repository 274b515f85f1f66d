"""What was most likely meant, by a question's words and by what was learned together, and whether that is enough.

Belongs here: weighing the two against each other. Not here: scoring words (matching.py), what was learned (meaning/),
how sure an answer is (reading.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lrs_platform.questions.assembling import Found, assembled, fit
from lrs_platform.questions.meaning.likely import Likely, known_figures, likely
from lrs_platform.questions.meaning.masking import masked
from lrs_platform.questions.names import Names
from lrs_platform.questions.offering import OFFERED, Candidate
from lrs_platform.questions.vocabulary import figures

ANSWERED = 0.55  # by words alone
SURE = 0.86  # by words alone, from here on they say it clearly
TAUGHT = 1.1  # of what people picked for the same words: before everything else
BLEND = 1.5  # of what is likely by what was learned, beside the words of a figure
CLEAR = 0.8  # answerable: from here on, words that nothing explains do not matter
PART_CLEAR = 0.95  # answerable, of a part of the question: `for the board, who is late?`
LIKELY = 0.75  # from here on it is answered where every word is explained
BY_WORDS = 0.3  # from here on where the words of a figure say it, too
COMING = re.compile(r"\b(will|tomorrow|next (day|week|month|quarter|year)|in the future|going to)\b")
_SHORT = 3  # words; what is not longer is no part of a question by itself
_PARTS = re.compile(r"[.!?:;,\u2026]+(?:\s+|$)|\s[-\u2013\u2014]+\s")


@dataclass(frozen=True, slots=True)
class Near:
    """What is most likely asked for, best first, and how likely it is that any of it is."""

    candidates: tuple[Candidate, ...]
    answerable: float


def near_of(asked: Likely, found: Found) -> Near:
    """What people most likely ask for who put it like this, of what this question names."""
    ranked = sorted(asked.shares.items(), key=lambda each: -each[1])
    return Near(
        tuple(
            Candidate(assembled(figures()[figure], column, value, found, None), share * fit(figures()[figure], found))
            for (figure, column, value), share in ranked[: 2 * OFFERED]
            if figure in figures() and column not in found.slots.by
        ),
        asked.answerable,
    )


def asked_for(question: str, names: Names, today: date) -> tuple[str, Likely]:
    """What is most likely asked for, by the whole question, or by one of its parts where it has much beside that."""
    whole = likely(masked(question, names, today))
    if whole.answerable >= CLEAR and not COMING.search(question.lower()):
        return question, whole
    parts = [each for each in _PARTS.split(question) if len(each.split()) > _SHORT]
    asked = [(each, likely(masked(each, names, today))) for each in parts] if len(parts) > 1 else []
    part, best = max(asked, key=lambda each: each[1].answerable, default=(question, whole))
    return (part, best) if best.answerable >= PART_CLEAR else (question, whole)


def beside_the_point(question: str, start: int, names: Names, today: date) -> bool:
    """Whether what begins at `start` is said in a part that asks for nothing, beside one that clearly does."""
    asked, said, place = 0.0, 0.0, 0
    for part in _PARTS.split(question):
        place = question.index(part, place) if part else place
        answerable = likely(masked(part, names, today)).answerable if part else 0.0
        if place <= start < place + len(part):
            said = answerable
        else:
            asked = max(asked, answerable)
    return asked >= CLEAR and said < LIKELY


def first_of(candidates: Sequence[Candidate], near: Near) -> tuple[Candidate, float]:
    """The candidate by both, its words and what is likely; and how much its words say."""
    for each in candidates[:1]:  # taught, or of a figure of somebody's own, which nothing was learned about
        own = each.intent.figure not in known_figures() and not each.intent.of.metric.seldom
        if each.score >= (SURE if own else TAUGHT):
            return each, each.score
    blended: dict[str, tuple[float, Candidate]] = {}
    for weight, each in (*((1.0, each) for each in candidates), *((BLEND, each) for each in near.candidates)):
        score, kept = blended.get(str(each.intent), (0.0, each))
        blended[str(each.intent)] = score + weight * min(each.score, TAUGHT), kept
    _, first = max(blended.values(), key=lambda each: each[0])
    by_words = max((each.score for each in candidates if each.intent == first.intent), default=0.0)
    share = max((each.score for each in near.candidates if each.intent == first.intent), default=0.0)
    return Candidate(first.intent, max(by_words, share * near.answerable)), by_words


def is_answered(near: Near, figure: str, by_words: float, foreign: Sequence[str]) -> bool:
    """Whether it is answered: where it is likely that it can be, and the less likely, the better its words fit."""
    if by_words >= TAUGHT or near.answerable >= CLEAR:
        return True
    if not near.candidates or figure not in known_figures():  # it goes on from before, or asks for what is to come
        return by_words >= ANSWERED and not foreign
    return not foreign and near.answerable >= (BY_WORDS if by_words >= SURE else LIKELY)
