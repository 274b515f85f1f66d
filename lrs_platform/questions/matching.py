"""Which figure the words of a question ask for: lexical similarity, weighted by how telling a word is.

Belongs here: scoring figures. Not here: names, days and breakdowns, which are taken out of the words before (slots.py).
Two shares decide: how much of a figure's phrase the question has, and how much of the question the phrase explains. The
second makes a question about anything else fail: a word that no figure knows weighs as much as the rarest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from lrs_platform.questions.english import DOUBTFUL, FRAME, NEGATIONS, RANKS
from lrs_platform.questions.vocabulary import THINGS, Figure, dimension_words, figures
from lrs_platform.questions.words import (
    Word,
    base,
    cut,
    fills,
    folded,
    known_words,
    positives,
    stem,
    telling,
)
from lrs_platform.semantic_model import semantic_model

UNKNOWN = 5.0  # weight of a word that nothing explains
EVERYDAY = 0.6  # of learner, lesson, cohort and card, of which nearly every question speaks
MENDED = 0.93
PASSED_OVER = 0.98  # for each word like "longest" that the phrase does not have
OTHERWISE_WRITTEN = 0.04  # at most, where all words of a phrase are written otherwise
ELSEWHERE = 0.6  # of a word that another phrase of the same figure has
PHRASE, QUESTION = 0.3, 0.7  # what the two shares weigh, as exponents
COMMON = 3  # figures and values that know a word: from there on it tells nothing by itself
VAGUE = 0.5  # of what such a word says: "time" alone is not time on task, but may be offered
NOT = "not"


@dataclass(frozen=True, slots=True)
class Phrase:
    """What people call something: its concepts, and its words, which tell `completion` from `completed`."""

    concepts: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A figure, or a figure restricted to one value of a label ("at risk"), and what people call it."""

    figure: Figure
    column: str
    value: str
    phrases: tuple[Phrase, ...]
    bag: frozenset[str]
    own: frozenset[str]  # of a value: concepts that its figure does not have; one of them has to be there


@dataclass(frozen=True, slots=True)
class Match:
    """An entry with its score, 0 to 1, and the concepts that it leaves unexplained.

    `literal`: a word of the phrase stands in the question as it is, so that it is not by synonyms alone.
    """

    entry: Entry
    score: float
    unexplained: tuple[str, ...] = ()
    literal: bool = False


@dataclass(frozen=True)
class Lexicon:
    """All entries, the words they know and what each word weighs. `learned` are wordings that people picked."""

    entries: tuple[Entry, ...]
    weights: Mapping[str, float]
    known: Mapping[str, str]  # word -> stem, for mending
    concepts: Mapping[str, str]  # stem -> the stem it counts as
    spread: Mapping[str, int]  # concept -> how many figures know it
    everyday: frozenset[str]  # concepts of which nearly every question speaks
    wordings: Mapping[tuple[str, ...], str]  # stems of several words -> the word that they count as
    learned: Mapping[frozenset[str], str] = field(default_factory=dict)

    def reworded(self, question: str) -> str:
        """The question with one word for each of several, in any of their forms: `gave up` becomes `leave`."""
        return reworded(question, self.wordings)

    def concept(self, word: Word) -> str:
        """What a word counts as; the hardest counts as what is hard."""
        if word.text in NEGATIONS:
            return NOT
        if word.text not in RANKS and word.stem not in self.concepts and word.stem not in self.weights:
            for base in positives(word.text):
                concept = self.concepts.get(stem(base), stem(base))
                if concept in self.weights:
                    return concept
        return self.concepts.get(word.stem, word.stem)

    def passes_over(self, word: Word) -> bool:
        """Whether a word fills and no figure knows it: it may have meant something."""
        if word.text in FRAME:
            return False
        concept = self.concept(word)
        return concept not in self.weights and concept != NOT and fills(word)

    def foreign(self, asked: Iterable[str]) -> tuple[str, ...]:
        """Concepts that no figure, value or dimension of the model knows: the question is about something else, too."""
        return tuple(concept for concept in asked if concept not in self.weights and concept != NOT)

    def asked(self, words: Iterable[Word]) -> dict[str, float]:
        """Concepts of the words that say something, with their weights."""
        found: dict[str, float] = {}
        for word in words:
            if word.text in FRAME or self.passes_over(word):
                continue
            concept = self.concept(word)
            weight = 1.0 if word.text in DOUBTFUL else self.weights.get(concept, UNKNOWN)
            found[concept] = max(found.get(concept, 0.0), weight * (MENDED if word.mended else 1.0))
        return found

    def matches(self, asked: Mapping[str, float], soft: frozenset[str], written: frozenset[str]) -> list[Match]:
        """Entries by score, best first. Words of `soft` count only where a phrase has them; `written` decides ties."""
        if not asked:
            return []
        found = []
        for entry in self.entries:
            match = self._match(entry, asked, soft, written)
            if match is not None:
                found.append(match)
        return sorted(found, key=lambda match: -match.score)

    def _match(
        self, entry: Entry, asked: Mapping[str, float], soft: frozenset[str], written: frozenset[str]
    ) -> Match | None:
        """The entry by that of its phrases which fits best."""
        best: Match | None = None
        vague = len(asked.keys() - self.everyday - soft) == 1
        for called in entry.phrases:
            phrase = called.concepts
            matched = phrase & asked.keys()
            if not matched or (matched <= self.everyday and not phrase <= self.everyday):
                continue
            doubt = 1.0
            if vague and phrase != matched and max(self.spread[each] for each in matched) > COMMON:
                doubt = VAGUE
            if (NOT in phrase) != (NOT in asked) or (entry.own and not matched & entry.own):
                continue
            of_phrase = self._weight(matched) / self._weight(phrase)
            explained = all_ = 0.0
            for concept, weight in asked.items():
                if concept in phrase:
                    explained += weight
                elif concept in soft:
                    continue
                elif concept in entry.bag:
                    explained += ELSEWHERE * weight
                all_ += weight
            passed_over = len(asked.keys() & soft - phrase)
            score = doubt * of_phrase**PHRASE * (explained / all_) ** QUESTION * PASSED_OVER**passed_over
            score *= 1 - OTHERWISE_WRITTEN * len(called.words - written) / max(1, len(called.words))
            if best is None or score > best.score:
                left = tuple(sorted(asked.keys() - phrase - entry.bag - soft))
                best = Match(entry, score, left, literal=bool(called.words & written))
        return best

    def _weight(self, concepts: Iterable[str]) -> float:
        return sum(self.weights.get(concept, UNKNOWN) for concept in concepts)


@cache
def lexicon() -> Lexicon:
    """The lexicon of the semantic model."""
    concepts = _concepts()
    texts = [(figure, column, value, phrases) for figure, column, value, phrases in _phrases()]
    entries = []
    bags: dict[str, frozenset[str]] = {}
    everyday = {concepts.get(stem(thing), stem(thing)) for thing in THINGS}
    for figure, column, value, phrases in texts:
        own, *others = (_phrase(phrase, concepts) for phrase in phrases)
        kept = tuple(each for each in others if each.concepts - everyday - {NOT})
        sets = (own, *kept) if own.concepts else kept
        bag = frozenset[str]().union(*(each.concepts for each in sets))
        if not value:
            bags[figure.name] = bag
        entries.append(
            Entry(figure, column, value, sets, bag, (bag - bags[figure.name] or bag) if value else frozenset())
        )
    frequency = Counter(concept for entry in entries for concept in entry.bag)
    known_by = Counter(concept for _, concept in {(entry.figure.name, each) for entry in entries for each in entry.bag})
    weights = {concept: 0.5 + math.log(1 + len(entries) / count) for concept, count in frequency.items()}
    weights |= dict.fromkeys(everyday, EVERYDAY)
    for words in dimension_words().values():
        for phrase in words:
            for each in telling(phrase, concepts.keys()):
                weights.setdefault(concepts.get(each.stem, each.stem), 1.5)
    known = known_words(phrase for _, _, _, phrases in texts for phrase in phrases)
    known |= known_words(phrase for words in dimension_words().values() for phrase in words)
    known |= known_words(word for name, others in semantic_model().words.items() for word in (name, *others))
    known |= {word: stem(word) for figure in figures().values() for words in (figure.metric.high, figure.metric.low)
              for phrase in words for word in folded(phrase).split()}  # fmt: skip
    return Lexicon(tuple(entries), weights, known, concepts, known_by, frozenset(everyday), _wordings())


def _phrases() -> Iterable[tuple[Figure, str, str, Sequence[str]]]:
    for figure in figures().values():
        metric = figure.metric
        adjectives = [*metric.high, *metric.low]
        yield figure, "", "", [metric.description.partition(":")[0], *metric.synonyms, *adjectives]
        for column, values in figure.mart.values.items():
            if _stands_for(figure, column):
                for value, words in values.items():
                    own = [value.replace("_", " "), *words]
                    yield figure, column, value, [*own, *(f"{metric.description} {each}" for each in own)]


def _stands_for(figure: Figure, column: str) -> bool:
    """Whether values of a column are asked of this figure: of the one broken down by it, else the mart's first."""
    broken_down = [metric for metric in figure.mart.metrics if metric.by == column]
    return figure.metric is (broken_down or list(figure.mart.metrics))[0]


def _concepts() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, others in semantic_model().words.items():
        for word in others:
            if " " not in word:
                found[stem(word)] = stem(name)
        found.pop(stem(name), None)
    for dimension, words in dimension_words().items():
        for phrase in words[1:]:
            if " " not in phrase:
                found.setdefault(stem(phrase), stem(dimension))
    return found


def _phrase(text: str, concepts: Mapping[str, str]) -> Phrase:
    words = telling(reworded(text, _wordings()), _heads() | concepts.keys())
    counted = [NOT if word.text in NEGATIONS else concepts.get(word.stem, word.stem) for word in words]
    return Phrase(frozenset(counted), frozenset(word.text for word in cut(text) if word.text not in FRAME))


@cache
def _heads() -> frozenset[str]:
    """Stems of the words that others count as."""
    return frozenset(stem(name) for name in (*semantic_model().words, *dimension_words()))


@cache
def _wordings() -> Mapping[tuple[str, ...], str]:
    """Stems of several words that count as one, longest first."""
    found = {
        tuple(base(word.text) for word in cut(several)): name
        for name, others in semantic_model().words.items()
        for several in others
        if " " in several
    }
    return dict(sorted(found.items(), key=lambda each: -len(each[0])))


def reworded(text: str, wordings: Mapping[tuple[str, ...], str]) -> str:
    """`text` with one word for each of several that count as it: the longest first, none twice."""
    words = cut(text)
    bases = [base(word.text) for word in words]
    present = set(bases)
    found = [
        (len(several), place, one)
        for several, one in wordings.items()
        if several[0] in present
        for place in range(len(words) - len(several) + 1)
        if tuple(bases[place : place + len(several)]) == several
    ]
    taken: set[int] = set()
    changes = []
    for length, place, one in sorted(found, key=lambda each: (-each[0], each[1])):
        places = set(range(place, place + length))
        if not places & taken:
            taken |= places
            changes.append((words[place].start, words[place + length - 1].end, one))
    for start, end, one in sorted(changes, reverse=True):
        text = text[:start] + one + text[end:]
    return text
