"""What to offer where a question is not answered, or only perhaps: other figures, each of another family.

Belongs here: choosing among candidates, and what a question of a certain form mostly asks for where its words say
nothing. Not here: scoring figures (matching.py), whether an answer is given (reading.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from msgspec import structs

from lrs_platform.questions.assembling import Found, assembled
from lrs_platform.questions.intent import Intent, Order
from lrs_platform.questions.vocabulary import THINGS, figures
from lrs_platform.questions.words import stem

OFFERED = 3
VARIANT = 0.5  # of the same figure, asked a little differently
_BROAD = frozenset({"lesson_attempts", "lesson_progress"})  # marts of which the figures are of many families
_BY_FORM = 0.3  # of what the form of a question suggests

# What people mostly want to know who ask like this: first form that fits.
_LASTS = ("time_on_task.median_time", "completion_speed.median_hours_to_complete", "lesson_attempts.learning_hours")
_OFTEN = ("lesson_attempts.attempts", "lesson_attempts.attempts_per_learner", "learner_days.active_days")
_COUNTS = ("completed_learners", "not_completed_learners", "opened_learners")
_STATES = ("lesson_progress.completion_rate", "lesson_attempts.average_score")
_NAMED = ("lesson_progress.not_completed_learners", "daily_progress.learners_to_follow_up")
_STOPS = ("card_drop_off.worst_drop_off", "stalled_learners.stalled", "quiz_items.mean_difficulty")
_FORMS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("how", "long"), _LASTS),
    (("how", "often"), _OFTEN),
    (("how", "many", "times"), _OFTEN),
    (("how", "many"), tuple(f"lesson_progress.{each}" for each in _COUNTS)),
    (("how",), (*_STATES, "lesson_funnel.funnel")),
    (("who",), (*_NAMED, "lesson_attempts.average_score")),
    (("where",), _STOPS),
    (("why",), ("stalled_learners.stalled", "card_drop_off.worst_drop_off", "quiz_items.mean_difficulty")),
    (("which", "question"), ("quiz_items.mean_difficulty", "card_drop_off.worst_drop_off")),
    (("which", "card"), ("card_drop_off.worst_drop_off", "quiz_items.mean_difficulty")),
    ((), (*_STATES, "daily_progress.learners_to_follow_up")),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent that may have been meant, 0 to 1."""

    intent: Intent
    score: float


def offers(candidates: Sequence[Candidate], found: Found, many: int) -> list[Candidate]:
    """Up to `many` of the candidates in their order, those of other families before those of the same.

    Filled up with what the form of the question suggests, where it names something of ours, then with variants.
    """
    marts: set[str] = set()
    others: list[Candidate] = []
    alike: list[Candidate] = []
    for candidate in candidates:
        mart = candidate.intent.of.mart.name
        (alike if mart in marts else others).append(candidate)
        marts |= {mart} - _BROAD
    chosen = [*others, *alike][:many]
    known = {each.intent.figure for each in chosen}
    suggested = _by_form(found) if len(chosen) < many and _of_ours(found) else []
    chosen += [each for each in suggested if each.intent.figure not in known][: many - len(chosen)]
    if chosen:
        chosen += variants(chosen[0])[: many - len(chosen)]
    return chosen


def in_turn(*ranked: Sequence[Candidate]) -> list[Candidate]:
    """Candidates of several rankings, one of each in turn, each intent once."""
    found: dict[str, Candidate] = {}
    for candidate in chain.from_iterable(zip_longest(*ranked)):
        if candidate is not None:
            found.setdefault(str(candidate.intent), candidate)
    return list(found.values())


def variants(read_as: Candidate) -> list[Candidate]:
    """The same figure, asked a little differently: all of them, the people or the best of them, broken down or not."""
    intent, found = read_as.intent, []
    if intent.limit:
        found.append(structs.replace(intent, limit=None))
    people = intent.of.metric.unit == "learners" and "learner" in intent.of.dimensions
    if people and not intent.by:
        found.append(structs.replace(intent, by=("learner",)))
    if not people and intent.by == ("learner",) and not intent.order:
        best: Order = "asc" if intent.of.metric.better == "low" else "desc"
        found.append(structs.replace(intent, order=best, limit=1))
    if intent.by:
        found.append(structs.replace(intent, by=(), order="", limit=None))
    for dimension in ("cohort", "lesson"):
        if not intent.by and dimension in intent.of.dimensions and dimension not in intent.filters:
            found.append(structs.replace(intent, by=(dimension,)))
    return [Candidate(each, VARIANT * read_as.score) for each in found]


def _by_form(found: Found) -> list[Candidate]:
    texts = [stem(word.text) if word.text not in ("questions", "cards") else word.text[:-1] for word in found.words]
    for form, names in _FORMS:
        places = [place for place, text in enumerate(texts) if form and text == stem(form[0])]
        if not form or any(texts[place : place + len(form)] == [stem(each) for each in form] for place in places):
            return [Candidate(assembled(figures()[name], "", "", found, None), _BY_FORM) for name in names]
    return []


def _of_ours(found: Found) -> bool:
    """Whether something is named that figures are of: a lesson, a cohort, learners, cards."""
    return bool(found.mentions or found.slots.who or set(found.slots.by) & set(THINGS) or found.slots.counted in THINGS)
