"""From what was found in a question to an intent of one figure.

Belongs here: which of the names, days, breakdowns and ranks that were found a figure takes, and what follows from the
question before. Not here: finding them (slots.py, names.py, dates.py), choosing the figure (matching.py, reading.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from lrs_platform.questions.dates import Days
from lrs_platform.questions.intent import Chosen, Intent, Order
from lrs_platform.questions.matching import lexicon
from lrs_platform.questions.names import Mention
from lrs_platform.questions.slots import Slots
from lrs_platform.questions.vocabulary import GRAINS, NUMBERS, Figure, figures
from lrs_platform.questions.words import Word, cut, stem

SELDOM = 0.97  # of figures of which others are asked for more often


@dataclass(slots=True)
class Found:
    """What a question has: its words, and those that are `left` when names, days and slots are taken out."""

    words: list[Word]
    mentions: list[Mention]
    days: list[Days]
    slots: Slots
    left: list[Word] = field(default_factory=list)


def assembled(
    figure: Figure, column: str, value: str, found: Found, context: Intent | None, listed: Sequence[str] = ()
) -> Intent:
    """The intent of a figure, of one `value` of its `column` where that is meant; `listed` are breakdowns."""
    slots = found.slots
    filters: dict[str, tuple[Chosen, ...]] = {}
    by: list[str] = []
    if context is not None:
        filters = {name: values for name, values in context.filters.items() if name in figure.filterable}
        by = [each for each in context.by if each in figure.dimensions]
    mentioned: dict[str, tuple[Chosen, ...]] = {}
    for mention in found.mentions:
        if mention.dimension in figure.filterable:
            mentioned[mention.dimension] = (*mentioned.get(mention.dimension, ()), *mention.values)
    filters |= mentioned
    if slots.learners and "learner" in figure.filterable:
        filters["learner"] = tuple(Chosen(each, each) for each in slots.learners)
    for name, number in slots.numbers.items():
        if name in figure.filterable:
            filters[name] = (Chosen(number, str(number)),)
    if value:
        filters[column] = (Chosen(value, value.replace("_", " ")),)
    wanted = [_of(figure, each) for each in _wanted(figure, found, column)]
    wanted = [each for each in wanted if each in figure.dimensions and each != figure.metric.grain]
    wanted += [each for each in listed if each not in wanted and each != column]
    if slots.where and slots.rank and not wanted and not figure.metric.by and "lesson" in figure.dimensions:
        wanted.append("lesson")
    if slots.limit and not wanted and context is None:
        wanted += [each for each in ("lesson", "learner") if each in figure.dimensions][:1]  # top 5 streaks
    several = [name for name, values in mentioned.items() if len(values) > 1 and name in figure.dimensions]
    wanted += [name for name in several if name not in wanted and not _holds_a_group(found, name)]
    if context is not None:  # and which lesson takes longest? asks about all of them
        filters = {name: values for name, values in filters.items() if name in mentioned or name not in slots.by}
    if wanted:
        time = [each for each in by if each in GRAINS] if not any(each in GRAINS for each in wanted) and context else []
        by = [*wanted, *(each for each in time if each not in wanted)]
    elif context is None and figure.metric.by and not value and figure.metric.by not in filters:
        by = [figure.metric.by] if _broken_down(figure, filters) else []
    first, last = _days(found, figure, context)
    if len(found.days) > 1 and figure.metric.time and not any(each in GRAINS for each in by):
        by.append(_grain_of(found.days))
    order, limit = _order(figure, found, by, context)
    return Intent(
        figure=figure.name,
        filters=filters,
        by=tuple(dict.fromkeys(by)),
        from_day=first,
        to_day=last,
        order=order,
        limit=limit,
    )


def _broken_down(figure: Figure, filters: dict[str, tuple[Chosen, ...]]) -> bool:
    """Whether a figure that is broken down by default is so here: not where a number has chosen one already."""
    return figure.metric.by not in NUMBERS or figure.metric.by not in filters


def _holds_a_group(found: Found, dimension: str) -> bool:
    """Whether one mention stands for several values, such as all cohorts of Sales: then they are one."""
    return sum(mention.dimension == dimension for mention in found.mentions) == 1


def _wanted(figure: Figure, found: Found, column: str) -> list[str]:
    slots = found.slots
    wanted = list(slots.by)
    if slots.listing and not wanted and figure.metric.unit == "learners" and "learner" in figure.dimensions:
        wanted.append("learner")
    cohorts = sum(len(each.values) for each in found.mentions if each.dimension == "cohort")
    who = slots.who and cohorts < 2  # Sales East or Sales West, who is better?
    if not who and figure.metric.unit.endswith("a learner") and "learner" in wanted:
        wanted.remove("learner")  # tries per person
    if who and "learner" in figure.dimensions and "learner" not in wanted:
        wanted.append("learner")
    if slots.why and "reason" in figure.dimensions and "reason" not in wanted and column != "reason":
        wanted.append("reason")
    return wanted


def _of(figure: Figure, dimension: str) -> str:
    """The dimension of this figure that is meant: retention knows weeks since the beginning, not of the calendar."""
    if dimension not in figure.dimensions:
        for word, number in (("week", "week_no"), ("day", "day_no")):
            if dimension == word and number in figure.dimensions:
                return number
    return dimension


def _days(found: Found, figure: Figure, context: Intent | None) -> tuple[date | None, date | None]:
    if not figure.metric.time:
        return None, None
    if not found.days:
        return (context.from_day, context.to_day) if context is not None else (None, None)
    firsts = [each.first for each in found.days]
    lasts = [each.last for each in found.days]
    first = None if None in firsts else min(each for each in firsts if each)
    last = None if None in lasts else max(each for each in lasts if each)
    return first, last


def _grain_of(days: Sequence[Days]) -> str:
    spans = [(each.last - each.first).days for each in days if each.first and each.last]
    longest = max(spans, default=0)
    return "day" if longest == 0 else "week" if longest < 20 else "month"


def _order(figure: Figure, found: Found, by: Sequence[str], context: Intent | None) -> tuple[Order, int | None]:
    """Ranking, in the direction that the words mean for this figure."""
    metric, slots = figure.metric, found.slots
    asked = {lexicon().concept(word) for word in found.words}
    order: Order = ""
    if asked & _concepts(metric.low):
        order = "asc"
    elif asked & _concepts(metric.high):
        order = "desc"
    elif slots.rank in ("asc", "desc"):
        order = slots.rank
    elif slots.rank:
        order = "desc" if (slots.rank == "good") == (metric.better != "low") else "asc"
    limit = slots.limit
    if not by:
        return "", None
    if (slots.who or (slots.where and slots.rank)) and order and limit is None:
        limit = 1
    if limit and not order:
        order = "" if by[0] == "learner" and figure.metric.unit == "learners" else "desc"
        limit = None if not order else limit
    if not order and context is not None and not found.slots.by:
        return context.order, context.limit
    if all(each in GRAINS or each in NUMBERS for each in by) and limit is None:
        return "", None
    return order, limit


@cache
def _concepts(adjectives: tuple[str, ...]) -> frozenset[str]:
    """What adjectives of a figure count as; of `least popular` the rank says which end is meant."""
    return frozenset(lexicon().concept(word) for each in adjectives if " " not in each for word in cut(each))


def fit(figure: Figure, found: Found) -> float:
    """How well a figure can be asked in the way that is wanted, as a factor."""
    share = SELDOM if figure.metric.seldom else 1.0
    dimensions = {mention.dimension for mention in found.mentions}
    if found.slots.learners:
        dimensions.add("learner")
    share *= 0.5 ** len(dimensions - set(figure.filterable))
    share *= 0.6 ** len(set(found.slots.by) - set(figure.dimensions) - _regrouped(figure, found))
    share *= 0.5 ** len(set(found.slots.numbers) - set(figure.filterable))
    if found.days and not figure.metric.time:
        share *= 0.6
    if found.slots.who and "learner" not in figure.dimensions:
        share *= 0.7
    counted = found.slots.counted
    if counted:
        unit = {stem(word) for word in figure.metric.unit.split()}
        if counted not in unit and counted in {"learner", "lesson", "attempt", "card", "cohort"}:
            share *= 0.85
        elif counted in unit:
            share *= 1.03
    if (found.slots.who or counted not in _units()) and figure.metric.unit == "learners":
        share *= 1.03  # how many failed: people are counted, not attempts
    return min(share, 1.03)


@cache
def _units() -> frozenset[str]:
    """What figures count, as stems, and "", which is nothing in particular."""
    return frozenset(stem(word) for figure in figures().values() for word in figure.metric.unit.split()) | {""}


def _regrouped(figure: Figure, found: Found) -> set[str]:
    """Dimensions that mean another one of this figure: the weeks of retention are those since somebody began."""
    return {"week"} if "week_no" in figure.dimensions else {"day"} if "day_no" in figure.dimensions else set()
