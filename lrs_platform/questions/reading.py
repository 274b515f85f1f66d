"""Reading a question without a language model: names, days, breakdowns, then the figure; and how sure that is.

Belongs here: putting together what the other files find, follow-ups, when to abstain. Not here: asking the database.
It is pure: the same words, names and day give the same reading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache

from lrs_platform.questions.dates import DAY_WORDS, Days, find_days
from lrs_platform.questions.intent import Chosen, Intent, Order
from lrs_platform.questions.matching import Lexicon, Match, lexicon
from lrs_platform.questions.names import Mention, Names
from lrs_platform.questions.slots import DOUBTFUL_STEMS, SOFT, SOFT_STEMS, Slots, adjective_grouping, read_slots
from lrs_platform.questions.vocabulary import GRAINS, NUMBERS, Figure, figures
from lrs_platform.questions.words import (
    DOUBTFUL,
    SCAFFOLD,
    Word,
    cut,
    folded,
    mended,
    nearest,
    plain,
    stem,
    word_set,
)

ANSWERED = 0.55  # below: no answer, only what may have been meant
SURE = 0.86  # from here on, with a lead over the next figure, it is said without a question mark
LEAD = 0.08
TAUGHT = 1.1  # of what people picked for the same words: before everything else
MENTIONED = 0.2  # below, a figure is not even offered
OFFERED = 3

# What somebody wants who begins like this is no figure; and what names and addresses are, readers never see.
_DEEDS = word_set("""
    act alter assign cancel change create delete email enrol erase explain forward grant ignore insert invite mail
    message notify pretend print recommend remind remove reset run schedule select send summarise summarize
    translate truncate unassign update write
""")
_PRIVATE = (
    {"address"}, {"email"}, {"mail"}, {"phone"}, {"telephone"}, {"password"}, {"salary"}, {"birthday"}, {"iban"},
    {"system", "prompt"}, {"secret"}, {"credential"}, {"token"},
)  # fmt: skip
# Words that are mended, too, though they ask for no figure: those of days, ranks and breakdowns.
_BUILT_WITH = {
    word: stem(word) for word in (*DAY_WORDS, *SOFT, *DOUBTFUL, *(each for each in SCAFFOLD if len(each) > 4))
}
_ON = re.compile(r"\s*(and|what about|how about|same|the same|only|just|but|now|then|also|by|per|in|for|instead)\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent that may have been meant, 0 to 1."""

    intent: Intent
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """`answer` is what to answer with, None to abstain; `others` what else may have been meant, best first."""

    answer: Candidate | None
    others: tuple[Candidate, ...]
    sure: bool
    reason: str  # why it abstains
    wording: str  # what is left of the question without names, days and breakdowns: what is learned from a pick
    unknown: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    words: list[Word]
    mentions: list[Mention]
    days: list[Days]
    slots: Slots
    left: list[Word] = field(default_factory=list)


def read(
    question: str, names: Names, today: date, context: Intent | None = None, words: Lexicon | None = None
) -> Reading:
    """The reading of a question; `context` is what was asked before it."""
    known = words or lexicon()
    question = known.reworded(plain(question))
    found = _find(question, names, today, known)
    wording = " ".join(sorted(known.asked(found.left)))
    if refused := _refusal(found.words):
        return Reading(None, (), False, refused, wording)
    asked = known.asked(found.left)
    matches = known.matches(asked, SOFT_STEMS) if asked.keys() - SOFT_STEMS - DOUBTFUL_STEMS else []
    follows = context is not None and _follows(question, found, matches)
    candidates = _candidates(found, matches, context if follows else None, known, wording)
    if not candidates:
        reason = "No figure is asked for here, or none of those that there are."
        return Reading(None, (), False, reason, wording, tuple(sorted(asked)))
    first, rest = candidates[0], candidates[1 : 1 + OFFERED]
    unknown = matches[0].unexplained if matches and not follows and first.score < TAUGHT else ()
    if first.score < ANSWERED:
        offered = tuple(each for each in candidates[:OFFERED] if each.score >= MENTIONED)
        return Reading(None, offered, False, _why(unknown), wording, unknown)
    doubted = any(word.mended for word in found.words) or DOUBTFUL_STEMS & (asked.keys() - _explained(matches))
    lead = first.score - (rest[0].score if rest else 0.0)
    certain = all(mention.certain for mention in found.mentions)
    sure = first.score >= SURE and lead >= LEAD and certain and not unknown and not doubted
    return Reading(first, tuple(each for each in rest if each.score >= MENTIONED), sure, "", wording, unknown)


def _why(unknown: Sequence[str]) -> str:
    if unknown:
        return f"Nothing that can be asked here explains: {', '.join(unknown[:5])}."
    return "It is not clear enough which figure is meant."


def _find(question: str, names: Names, today: date, known: Lexicon) -> _Found:
    words = cut(question)
    vocabulary = frozenset(known.known)
    mentions = names.find(words, vocabulary)
    named = {place for mention in mentions for place in range(mention.first, mention.behind)}
    question, words = _mended(question, words, named, known)
    days = find_days(question.lower(), today)
    days = [
        each
        for each in days
        if not any(words[place].start < each.end and each.start < words[place].end for place in named)
    ]
    dated = {
        place
        for place, word in enumerate(words)
        if any(each.start <= word.start and word.end <= each.end for each in days)
    }
    slots = read_slots(words, named | dated)
    adjective_grouping(words, slots, _adjectives())
    left = [word for place, word in enumerate(words) if place not in slots.taken or word.text in SOFT]
    return _Found(words, mentions, days, slots, left)


def _mended(question: str, words: list[Word], named: set[int], known: Lexicon) -> tuple[str, list[Word]]:
    """The question with its misspelt words mended, and its words, where they stand now."""
    read_as = _read_as()
    better = [word if place in named else mended(word, read_as, _nearest) for place, word in enumerate(words)]
    for word, other in zip(reversed(words), reversed(better), strict=True):
        if other.mended:
            question = question[: word.start] + other.text + question[word.end :]
    return question, [replace(word, mended=other.mended) for word, other in zip(cut(question), better, strict=True)]


@cache
def _read_as() -> dict[str, str]:
    """Every word that a misspelt one may be, with its stem."""
    left_alone = {word: stem(word) for word in (*_DEEDS, *(word for words in _PRIVATE for word in words))}
    return {**left_alone, **_BUILT_WITH, **lexicon().known}


@lru_cache(maxsize=20_000)
def _nearest(written: str) -> str | None:
    return nearest(written, _read_as())


@cache
def _adjectives() -> frozenset[str]:
    return frozenset(word for figure in figures().values() for word in (*figure.metric.high, *figure.metric.low))


def _refusal(words: Sequence[Word]) -> str:
    """Why this is no question for figures, "" where it may be one."""
    texts = [word.text for word in words if word.text not in ("please", "now", "and", "can", "could", "you")]
    if texts and texts[0] in _DEEDS:
        return "Questions are answered with figures; nothing is done, sent or changed from here."
    stems = {word.stem for word in words}
    if any({stem(each) for each in private} <= stems for private in _PRIVATE):
        return "Names, addresses and secrets are not among what can be asked here."
    return ""


def _follows(question: str, found: _Found, matches: Sequence[Match]) -> bool:
    """Whether this goes on from the question before."""
    if _ON.match(folded(question)):
        return True
    return not [word for word in found.left if word.text not in SCAFFOLD]


def _candidates(
    found: _Found, matches: Sequence[Match], context: Intent | None, known: Lexicon, wording: str
) -> list[Candidate]:
    """What may have been meant, best first, each intent once."""
    scored: list[Candidate] = []
    if context is not None:
        best = matches[0] if matches else None
        if best is None or best.score < ANSWERED:
            score = 0.4 if known.asked(found.left).keys() - SOFT_STEMS - DOUBTFUL_STEMS else 0.95
            scored.append(Candidate(_intent(context.of, "", "", found, context), score))
    for match in matches[:12]:
        entry = match.entry
        score = match.score * _fit(entry.figure, found)
        scored.append(Candidate(_intent(entry.figure, entry.column, entry.value, found, context), score))
    taught = figures().get(known.learned.get(frozenset(wording.split()), ""))
    if taught is not None:
        scored.append(Candidate(_intent(taught, "", "", found, context), TAUGHT))
    unique: dict[str, Candidate] = {}  # one intent a figure: another value of it is a chip away
    for candidate in sorted(scored, key=lambda each: -each.score):
        unique.setdefault(candidate.intent.figure, candidate)
    return list(unique.values())


def _explained(matches: Sequence[Match]) -> frozenset[str]:
    return matches[0].entry.bag if matches else frozenset()


def _fit(figure: Figure, found: _Found) -> float:
    """How well a figure can be asked in the way that is wanted, as a factor."""
    fit = 1.0
    dimensions = {mention.dimension for mention in found.mentions}
    if found.slots.learners:
        dimensions.add("learner")
    fit *= 0.5 ** len(dimensions - set(figure.filterable))
    fit *= 0.6 ** len(set(found.slots.by) - set(figure.dimensions) - _regrouped(figure, found))
    fit *= 0.5 ** len(set(found.slots.numbers) - set(figure.filterable))
    if found.days and not figure.metric.time:
        fit *= 0.6
    if found.slots.who and "learner" not in figure.dimensions:
        fit *= 0.7
    counted = found.slots.counted
    if counted:
        unit = {stem(word) for word in figure.metric.unit.split()}
        if counted not in unit and counted in {"learner", "lesson", "attempt", "card", "cohort"}:
            fit *= 0.85
        elif counted in unit:
            fit *= 1.03
    return min(fit, 1.03)


def _regrouped(figure: Figure, found: _Found) -> set[str]:
    """Dimensions that mean another one of this figure: the weeks of retention are those since somebody began."""
    return {"week"} if "week_no" in figure.dimensions else {"day"} if "day_no" in figure.dimensions else set()


def _intent(figure: Figure, column: str, value: str, found: _Found, context: Intent | None) -> Intent:
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
    wanted = [each for each in wanted if each in figure.dimensions]
    several = [name for name, values in mentioned.items() if len(values) > 1 and name in figure.dimensions]
    wanted += [name for name in several if name not in wanted and not _holds_a_group(found, name)]
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


def _holds_a_group(found: _Found, dimension: str) -> bool:
    """Whether one mention stands for several values, such as all cohorts of Sales: then they are one."""
    return sum(mention.dimension == dimension for mention in found.mentions) == 1


def _wanted(figure: Figure, found: _Found, column: str) -> list[str]:
    slots = found.slots
    wanted = list(slots.by)
    if slots.who and "learner" in figure.dimensions and "learner" not in wanted:
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


def _days(found: _Found, figure: Figure, context: Intent | None) -> tuple[date | None, date | None]:
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


def _order(figure: Figure, found: _Found, by: Sequence[str], context: Intent | None) -> tuple[Order, int | None]:
    """Ranking, in the direction that the words mean for this figure."""
    metric, slots = figure.metric, found.slots
    texts = {word.text for word in found.words}
    order: Order = ""
    if texts & {word for phrase in metric.low for word in phrase.split()} - {"most"}:
        order = "asc"
    elif texts & {word for phrase in metric.high for word in phrase.split()} - {"most"}:
        order = "desc"
    elif slots.rank in ("asc", "desc"):
        order = slots.rank
    elif slots.rank:
        order = "desc" if (slots.rank == "good") == (metric.better != "low") else "asc"
    limit = slots.limit
    if not by:
        return "", None
    if slots.who and order and limit is None:
        limit = 1
    if limit and not order:
        order = "" if by[0] == "learner" and figure.metric.unit == "learners" else "desc"
        limit = None if not order else limit
    if not order and context is not None and not found.slots.by:
        return context.order, context.limit
    if all(each in GRAINS or each in NUMBERS for each in by) and limit is None:
        return "", None
    return order, limit
