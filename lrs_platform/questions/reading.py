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

from lrs_platform.questions.assembling import Found, assembled, fit
from lrs_platform.questions.dates import DAY_WORDS, find_days
from lrs_platform.questions.english import DOUBTFUL, FRAME
from lrs_platform.questions.everyday import COUNTABLE
from lrs_platform.questions.intent import Intent
from lrs_platform.questions.matching import COMMON, VAGUE, Lexicon, Match, lexicon
from lrs_platform.questions.names import Names
from lrs_platform.questions.offering import OFFERED, Candidate, in_turn, offers, variants
from lrs_platform.questions.refusing import DEEDS, PRIVATE, refusal
from lrs_platform.questions.slots import DOUBTFUL_STEMS, SOFT, SOFT_STEMS, adjective_grouping, read_slots
from lrs_platform.questions.vocabulary import GRAINS, figures
from lrs_platform.questions.weighing import (
    ANSWERED,
    CLEAR,
    COMING,
    SURE,
    TAUGHT,
    Near,
    asked_for,
    beside_the_point,
    first_of,
    is_answered,
    near_of,
)
from lrs_platform.questions.words import Word, cut, folded, mended, nearest, plain, stem

LEAD = 0.08  # over the next figure, below which nothing is sure
LISTED = 1.1  # a word that says what it is broken down by is explained after all
MENTIONED = 0.2  # below, a figure is not even offered
ASKED_LIKE_IT = 0.02  # below, what others meant is not offered
FEW_WORDS = 3  # `learners please`

_COUNTABLE = frozenset(map(stem, COUNTABLE))
_DEEDS = {
    **dict.fromkeys(("did", "do", "doing"), stem("complete")),
    **dict.fromkeys(("got", "get", "have", "had"), stem("assign")),
}
_LEARNER, _ACTIVE = stem("learner"), stem("active")
_FORECAST = "completion_forecast"
# Words that are mended, too, though they ask for no figure: those of days, ranks and breakdowns.
_BUILT_WITH = {word: stem(word) for word in (*DAY_WORDS, *SOFT, *DOUBTFUL, *(each for each in FRAME if len(each) > 4))}
_DETERMINERS = ("the", "our", "all", "these", "different", "various")
_NAMES = re.compile(
    r"((ok|okay|and|now|please|so) )*(who( are they| is that)?|(give|show|tell|get) me (the|their|all) names|names)\b"
)
_ON = re.compile(r"\s*(and|what about|how about|same|the same|only|just|but|now|then|also|by|per|in|for|instead)\b")


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
    found.days = [  # audit on Friday, who is late? asks about no Friday
        each for each in found.days if not (each.weekday and beside_the_point(question, each.start, names, today))
    ]
    wording = " ".join(sorted(known.asked(found.left)))
    if refused := refusal(_without_names(question, found), found.words):
        return Reading(None, (), False, refused, wording)
    asked = known.asked(found.left)
    if not asked.keys() - {_LEARNER} and (deed := _deed(found)):
        asked[deed] = known.weights[deed]
    if asked.keys() == {_LEARNER} and (found.days or any(grain in found.slots.by for grain in GRAINS)):
        asked[_ACTIVE] = known.weights[_ACTIVE]  # learners of a month are those who were active in it
    written = frozenset(word.text for word in cut(plain(original)))
    matches = (
        known.matches(asked, SOFT_STEMS, written) if asked.keys() - SOFT_STEMS - DOUBTFUL_STEMS or _bare(found) else []
    )
    if context is None and not _says_something(asked, found, known):
        matches = [replace(match, score=match.score * VAGUE) for match in matches]
    said, likely = asked_for(_corrected(original, names, known), names, today)
    coming = COMING.search(said.lower())
    if coming and not said.lower().startswith("how long"):
        matches = [match for match in matches if match.entry.figure.mart.name == _FORECAST]
    follows = context is not None and _follows(question, found, known)
    if follows and _asks_names(question):
        matches, found.left = [], []  # of those that were just counted
    candidates = _candidates(found, matches, context if follows else None, known, wording)
    near = Near((), 0.0) if follows or coming else near_of(likely, found)
    if not candidates and not near.candidates:
        reason = "No figure is asked for here, or none of those that there are."
        return Reading(None, tuple(offers((), found, OFFERED)), False, reason, wording, tuple(sorted(asked)))
    first, by_words = first_of(candidates, near)
    unknown = matches[0].unexplained if matches and not follows and first.score < TAUGHT else ()
    foreign = known.foreign(asked.keys() - SOFT_STEMS - DOUBTFUL_STEMS) if first.score < TAUGHT else ()
    foreign = (*foreign, *counted_foreign(found.words, known)) if not follows else foreign
    mentioned = [each for each in candidates if each.score >= MENTIONED]
    ranked = in_turn((first,), [each for each in near.candidates if each.score >= ASKED_LIKE_IT], mentioned)
    if not is_answered(near, first.intent.figure, by_words, foreign):
        offered = tuple(offers(ranked, found, OFFERED))
        return Reading(None, offered, False, _why(foreign or unknown), wording, foreign or unknown)
    rest = offers(ranked, found, 1 + OFFERED)[1:]
    if near.candidates and near.candidates[0].score >= CLEAR:  # the figure is: what may be misread is how it is wanted
        rest = in_turn(rest, variants(first)[:1])[:OFFERED]
    doubted = (
        any(word.mended for word in found.words)
        or any(known.passes_over(word) for word in found.left)
        or DOUBTFUL_STEMS & (asked.keys() - _explained(matches))
    )
    if found.slots.who and not found.slots.rank and first.intent.of.metric.unit != "learners":
        doubted = True  # who wrote ...: an answer counts what each of them wrote
    if matches and not matches[0].literal:
        doubted = True
    slots = found.slots
    if first.intent.by and slots.rank and first.intent.limit is None:
        doubted = True  # the best of them, or all of them in order?
    if slots.limit and not slots.by and not slots.who:
        doubted = True  # the first five of what?
    if near.candidates and near.candidates[0].intent.figure != first.intent.figure:
        doubted = True  # people who put it like this meant something else
    others = [each.score for each in candidates if each.intent.figure != first.intent.figure]
    lead = first.score - max(others, default=0.0)
    certain = all(mention.certain for mention in found.mentions)
    sure = first.score >= SURE and lead >= LEAD and certain and not unknown and not doubted
    return Reading(first, tuple(rest), sure, "", wording, unknown)


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
    superlatives = {word.text for word in words if word.text.endswith("est") and known.concept(word) in _ranking(known)}
    adjective_grouping(words, slots, _adjectives() | superlatives)
    left = [word for place, word in enumerate(words) if place not in slots.taken or word.text in SOFT]
    return Found(words, mentions, days, slots, left)


def _corrected(original: str, names: Names, known: Lexicon) -> str:
    """The question as it was written, with its misspelt words mended."""
    words = cut(question := plain(original))
    mentions = names.find(words, frozenset(known.known))
    named = {place for mention in mentions for place in range(mention.first, mention.behind)}
    return _mended(question, words, named, known)[0]


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


@lru_cache(maxsize=4)
def _ranking_of(adjectives: frozenset[str]) -> frozenset[str]:
    return frozenset(lexicon().concept(word) for each in adjectives for word in cut(each))


def _ranking(known: Lexicon) -> frozenset[str]:
    """What adjectives of figures count as: `toughest` ranks like `hardest`."""
    return _ranking_of(_adjectives())


def _deed(found: Found) -> str:
    """What is said right before a lesson where no other word says it: who did ..., how many have got ...

    Not where it only helps another verb: does ... take long?
    """
    for mention in found.mentions:
        behind = [word for word in found.words[mention.behind :] if word in found.left and word.text not in FRAME]
        if mention.dimension == "lesson" and mention.first and not behind:
            return _DEEDS.get(found.words[mention.first - 1].text, "")
    return ""


def counted_foreign(words: Sequence[Word], known: Lexicon) -> tuple[str, ...]:
    """Everyday nouns that are the very thing that is asked for: how many open positions, which version."""
    found = []
    for place, word in enumerate(words[1:], 1):
        texts = [each.text for each in words[max(0, place - 3) : place]]
        counted = texts[-2:] in (["how", "many"], ["number", "of"]) or texts[:2] in (["how", "many"], ["number", "of"])
        if word.stem in _COUNTABLE and known.passes_over(word) and (counted or texts[-1:] in (["which"], ["what"])):
            found.append(word.text)
    return tuple(found)


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


def _asks_names(question: str) -> bool:
    return _NAMES.fullmatch(folded(question).strip(" ?.!")) is not None


def _follows(question: str, found: Found, known: Lexicon) -> bool:
    """Whether this goes on from the question before."""
    if _ON.match(folded(question)) or _asks_names(question):
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
        score = match.score * fit(entry.figure, found)
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
