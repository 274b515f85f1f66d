"""Reading a question without a language model: names, days, breakdowns, then the figure; and how sure that is.

Belongs here: putting together what the other files find, follow-ups, when to abstain. Not here: asking the database.
It is pure: the same words, names and day give the same reading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache

from msgspec import structs

from lrs_platform.questions.assembling import Found, assembled
from lrs_platform.questions.dates import DAY_WORDS, find_days
from lrs_platform.questions.english import DOUBTFUL, FRAME
from lrs_platform.questions.intent import Intent
from lrs_platform.questions.matching import COMMON, VAGUE, Lexicon, Match, lexicon
from lrs_platform.questions.names import Names
from lrs_platform.questions.refusing import DEEDS, PRIVATE, refusal
from lrs_platform.questions.slots import DOUBTFUL_STEMS, SOFT, SOFT_STEMS, adjective_grouping, read_slots
from lrs_platform.questions.vocabulary import GRAINS, Figure, figures
from lrs_platform.questions.words import Word, cut, folded, mended, nearest, plain, stem

ANSWERED = 0.55  # below: no answer, only what may have been meant
SURE = 0.86  # from here on, with a lead over the next figure, it is said without a question mark
LEAD = 0.08
TAUGHT = 1.1  # of what people picked for the same words: before everything else
LISTED = 1.1  # a word that says what it is broken down by is explained after all
VARIANT = 0.5  # of the same figure, asked a little differently
MENTIONED = 0.2  # below, a figure is not even offered
OFFERED = 3
FEW_WORDS = 3  # `learners please`

_COMING = re.compile(r"\b(will|tomorrow|next (day|week|month|quarter|year)|in the future|going to)\b")
_LEARNER, _ACTIVE = stem("learner"), stem("active")
_FORECAST = "completion_forecast"
# Words that are mended, too, though they ask for no figure: those of days, ranks and breakdowns.
_BUILT_WITH = {word: stem(word) for word in (*DAY_WORDS, *SOFT, *DOUBTFUL, *(each for each in FRAME if len(each) > 4))}
_DETERMINERS = ("the", "our", "all", "these", "different", "various")
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


def read(
    question: str, names: Names, today: date, context: Intent | None = None, words: Lexicon | None = None
) -> Reading:
    """The reading of a question; `context` is what was asked before it."""
    known = words or lexicon()
    original, question = question, known.reworded(plain(question))
    found = _find(question, names, today, known)
    wording = " ".join(sorted(known.asked(found.left)))
    if refused := refusal(_without_names(question, found), found.words):
        return Reading(None, (), False, refused, wording)
    asked = known.asked(found.left)
    if asked.keys() == {_LEARNER} and (found.days or any(grain in found.slots.by for grain in GRAINS)):
        asked[_ACTIVE] = known.weights[_ACTIVE]  # learners of a month are those who were active in it
    written = frozenset(word.text for word in cut(plain(original)))
    matches = (
        known.matches(asked, SOFT_STEMS, written) if asked.keys() - SOFT_STEMS - DOUBTFUL_STEMS or _bare(found) else []
    )
    if context is None and not _says_something(asked, found, known):
        matches = [replace(match, score=match.score * VAGUE) for match in matches]
    if _COMING.search(question.lower()):
        matches = [match for match in matches if match.entry.figure.mart.name == _FORECAST]
    follows = context is not None and _follows(question, found, known)
    candidates = _candidates(found, matches, context if follows else None, known, wording)
    if not candidates:
        reason = "No figure is asked for here, or none of those that there are."
        return Reading(None, (), False, reason, wording, tuple(sorted(asked)))
    first, rest = candidates[0], candidates[1 : 1 + OFFERED]
    if len(rest) < OFFERED:
        rest = [*rest, *_variants(first)][:OFFERED]
    unknown = matches[0].unexplained if matches and not follows and first.score < TAUGHT else ()
    foreign = known.foreign(asked.keys() - SOFT_STEMS - DOUBTFUL_STEMS) if first.score < TAUGHT else ()
    if first.score < ANSWERED or foreign:
        offered = tuple(each for each in (first, *rest)[:OFFERED] if each.score >= MENTIONED)
        return Reading(None, offered, False, _why(foreign or unknown), wording, foreign or unknown)
    doubted = (
        any(word.mended for word in found.words)
        or any(known.passes_over(word) for word in found.left)
        or DOUBTFUL_STEMS & (asked.keys() - _explained(matches))
    )
    if found.slots.who and not found.slots.rank and first.intent.of.metric.unit != "learners":
        doubted = True  # who wrote ...: an answer counts what each of them wrote
    if matches and not matches[0].literal:
        doubted = True
    lead = first.score - (candidates[1].score if len(candidates) > 1 else 0.0)
    certain = all(mention.certain for mention in found.mentions)
    sure = first.score >= SURE and lead >= LEAD and certain and not unknown and not doubted
    return Reading(first, tuple(each for each in rest if each.score >= MENTIONED), sure, "", wording, unknown)


def _why(unknown: Sequence[str]) -> str:
    if unknown:
        return f"Nothing that can be asked here explains: {', '.join(unknown[:5])}."
    return "It is not clear enough which figure is meant."


def _find(question: str, names: Names, today: date, known: Lexicon) -> Found:
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
    return Found(words, mentions, days, slots, left)


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
    left_alone = {word: stem(word) for word in (*DEEDS, *(word for words in PRIVATE for word in words))}
    return {**left_alone, **_BUILT_WITH, **lexicon().known}


@lru_cache(maxsize=20_000)
def _nearest(written: str) -> str | None:
    return nearest(written, _read_as())


@cache
def _adjectives() -> frozenset[str]:
    return frozenset(word for figure in figures().values() for word in (*figure.metric.high, *figure.metric.low))


def _without_names(question: str, found: Found) -> str:
    """The question without the names in it, which may look like anything."""
    for mention in reversed(found.mentions):
        start, end = found.words[mention.first].start, found.words[mention.behind - 1].end
        behind = question[end:].lstrip("'; -")  # what the name ends with, beside words
        question = f"{question[:start]} {behind}"
    return question


def _says_something(asked: Mapping[str, float], found: Found, known: Lexicon) -> bool:
    """Whether words are left that a figure can be looked for by.

    `Biggest team?` has only an adjective that some figure has; `learners by cohort` only a thing, which says how many
    where it is counted or broken down, and else nothing: `when is the next lesson?`.
    """
    telling = asked.keys() - SOFT_STEMS - DOUBTFUL_STEMS
    if not telling:
        return _bare(found)
    slots = found.slots
    of_something = found.mentions or found.days or slots.by or slots.counted or slots.why
    if len(telling) == 1 and not of_something and len(found.words) > FEW_WORDS:
        return all(known.spread.get(concept, 0) <= COMMON for concept in telling)  # What time is it?
    if telling <= known.everyday:
        return bool(slots.counted or slots.by or slots.rank) or len(found.words) <= FEW_WORDS
    return True


def _bare(found: Found) -> bool:
    """Whether an adjective that some figure has ranks a thing, without another word: `Biggest team?`."""
    return bool(found.slots.by) and any(word.text in _adjectives() for word in found.left)


def _follows(question: str, found: Found, known: Lexicon) -> bool:
    """Whether this goes on from the question before."""
    if _ON.match(folded(question)):
        return True
    return not [word for word in found.left if word.text not in FRAME | SOFT | DOUBTFUL and not known.passes_over(word)]


def _candidates(
    found: Found, matches: Sequence[Match], context: Intent | None, known: Lexicon, wording: str
) -> list[Candidate]:
    """What may have been meant, best first, each intent once."""
    scored: list[Candidate] = []
    if context is not None:
        best = matches[0] if matches else None
        if best is None or best.score < ANSWERED:
            score = 0.4 if known.asked(found.left).keys() - SOFT_STEMS - DOUBTFUL_STEMS else 0.95
            scored.append(Candidate(assembled(context.of, "", "", found, context), score))
    for match in matches[:12]:
        entry = match.entry
        if entry.column in found.slots.by:
            continue  # by severity: of all of them
        over = _listed(match, found, known)
        score = match.score * _fit(entry.figure, found)
        if over:
            score *= LISTED
        scored.append(Candidate(assembled(entry.figure, entry.column, entry.value, found, context, over), score))
    taught = figures().get(known.learned.get(frozenset(wording.split()), ""))
    if taught is not None:
        scored.append(Candidate(assembled(taught, "", "", found, context), TAUGHT))
    unique: dict[str, Candidate] = {}  # one intent a figure: another value of it is a chip away
    for candidate in sorted(scored, key=lambda each: -each.score):
        unique.setdefault(candidate.intent.figure, candidate)
    return list(unique.values())


def _variants(read_as: Candidate) -> list[Candidate]:
    """The same figure, asked a little differently: not broken down, or broken down, or of everything."""
    intent, found = read_as.intent, []
    if intent.limit:
        found.append(structs.replace(intent, limit=None))
    if intent.by:
        found.append(structs.replace(intent, by=(), order="", limit=None))
    for dimension in ("cohort", "lesson"):
        if not intent.by and dimension in intent.of.dimensions and dimension not in intent.filters:
            found.append(structs.replace(intent, by=(dimension,)))
    return [Candidate(each, VARIANT * read_as.score) for each in found]


def _listed(match: Match, found: Found, known: Lexicon) -> tuple[str, ...]:
    """Dimensions that are spoken of in the plural and that the figure's phrase does not explain: `across the teams`."""
    if found.slots.by:
        return ()
    named = {mention.dimension for mention in found.mentions} | {"learner"}
    listed = []
    for place, word in enumerate(found.words[1:], 1):
        dimension = _dimension_of().get(known.concept(word), "")
        if (
            word in found.left
            and known.concept(word) in match.unexplained
            and word.text.endswith("s")
            and word.text != word.stem
            and found.words[place - 1].text in _DETERMINERS
            and found.words[max(0, place - 2)].text != "of"
            and dimension not in named
            and dimension in match.entry.figure.dimensions
        ):
            listed.append(dimension)
    return tuple(listed)


@cache
def _dimension_of() -> dict[str, str]:
    """The dimension that a word counts as, by its stem."""
    return {stem(dimension): dimension for figure in figures().values() for dimension in figure.dimensions}


def _explained(matches: Sequence[Match]) -> frozenset[str]:
    return matches[0].entry.bag if matches else frozenset()


def _fit(figure: Figure, found: Found) -> float:
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
    if (found.slots.who or counted not in _units()) and figure.metric.unit == "learners":
        fit *= 1.03  # how many failed: people are counted, not attempts
    return min(fit, 1.03)


@cache
def _units() -> frozenset[str]:
    """What figures count, as stems, and "", which is nothing in particular."""
    return frozenset(stem(word) for figure in figures().values() for word in figure.metric.unit.split()) | {""}


def _regrouped(figure: Figure, found: Found) -> set[str]:
    """Dimensions that mean another one of this figure: the weeks of retention are those since somebody began."""
    return {"week"} if "week_no" in figure.dimensions else {"day"} if "day_no" in figure.dimensions else set()
