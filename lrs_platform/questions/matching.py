"""Which figure the words of a question ask for: lexical similarity, weighted by how telling a word is.

Belongs here: scoring figures. Not here: names, days and breakdowns, which are taken out of the words before (slots.py).
Two shares decide: how much of a figure's phrase the question has, and how much of the question the phrase explains. The
second makes a question about anything else fail: a word that no figure knows weighs as much as the rarest.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from lrs_platform.questions.vocabulary import THINGS, Figure, dimension_words, figures
from lrs_platform.questions.words import DOUBTFUL, NEGATIONS, SCAFFOLD, Word, folded, known_words, stem, stems
from lrs_platform.semantic_model import semantic_model

UNKNOWN = 5.0  # weight of a word that nothing explains
EVERYDAY = 0.6  # of learner, lesson, cohort and card, of which nearly every question speaks
MENDED = 0.93
ELSEWHERE = 0.6  # of a word that another phrase of the same figure has
PHRASE, QUESTION = 0.3, 0.7  # what the two shares weigh, as exponents
NOT = "not"


@dataclass(frozen=True, slots=True)
class Entry:
    """A figure, or a figure restricted to one value of a label ("at risk"), and what people call it."""

    figure: Figure
    column: str
    value: str
    phrases: tuple[frozenset[str], ...]
    bag: frozenset[str]
    own: frozenset[str]  # of a value: concepts that its figure does not have; one of them has to be there


@dataclass(frozen=True, slots=True)
class Match:
    """An entry with its score, 0 to 1, and the words that it leaves unexplained."""

    entry: Entry
    score: float
    unexplained: tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """All entries, the words they know and what each word weighs. `learned` are wordings that people picked."""

    entries: tuple[Entry, ...]
    weights: Mapping[str, float]
    known: Mapping[str, str]  # word -> stem, for mending
    concepts: Mapping[str, str]  # stem -> the stem it counts as
    everyday: frozenset[str]  # concepts of which nearly every question speaks
    wordings: Mapping[str, str]  # several words -> the one that they count as
    learned: Mapping[frozenset[str], str] = field(default_factory=dict)

    def reworded(self, question: str) -> str:
        """The question with one word for each of several: `give up` becomes `leave`."""
        for several, one in self.wordings.items():
            question = re.sub(rf"\b{re.escape(several)}\b", one, question, flags=re.IGNORECASE)
        return question

    def concept(self, word: Word) -> str:
        """What a word counts as."""
        if word.text in NEGATIONS:
            return NOT
        return self.concepts.get(word.stem, word.stem)

    def asked(self, words: Iterable[Word]) -> dict[str, float]:
        """Concepts of the words that say something, with their weights."""
        found: dict[str, float] = {}
        for word in words:
            if word.text in SCAFFOLD and word.text not in NEGATIONS:
                continue
            concept = self.concept(word)
            weight = 1.0 if word.text in DOUBTFUL else self.weights.get(concept, UNKNOWN)
            found[concept] = max(found.get(concept, 0.0), weight * (MENDED if word.mended else 1.0))
        return found

    def matches(self, asked: Mapping[str, float], soft: frozenset[str]) -> list[Match]:
        """Entries by score, best first. Words of `soft` count only where a phrase has them."""
        if not asked:
            return []
        found = []
        for entry in self.entries:
            score, unexplained = self._score(entry, asked, soft)
            if score > 0:
                found.append(Match(entry, score, unexplained))
        return sorted(found, key=lambda match: -match.score)

    def _score(self, entry: Entry, asked: Mapping[str, float], soft: frozenset[str]) -> tuple[float, tuple[str, ...]]:
        best = 0.0, tuple(asked)
        for phrase in entry.phrases:
            matched = phrase & asked.keys()
            if not matched or (matched <= self.everyday and not phrase <= self.everyday):
                continue
            if (NOT in phrase) != (NOT in asked) or (entry.own and not matched & entry.own):
                continue
            of_phrase = self._weight(matched) / self._weight(phrase)
            explained = all_ = 0.0
            for concept, weight in asked.items():
                if concept in phrase:
                    explained += min(weight, self.weights.get(concept, weight))
                elif concept in soft:
                    continue
                elif concept in entry.bag:
                    explained += ELSEWHERE * weight
                all_ += weight if concept not in phrase else self.weights.get(concept, weight)
            score = of_phrase**PHRASE * (explained / all_) ** QUESTION
            if score > best[0]:
                left = tuple(sorted(asked.keys() - phrase - entry.bag - soft))
                best = score, left
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
        own, *others = dict.fromkeys(frozenset(_counted_as(phrase, concepts)) for phrase in phrases)
        sets = tuple(each for each in (own, *others) if each and (each is own or each - everyday - {NOT}))
        bag = frozenset().union(*sets)
        if not value:
            bags[figure.name] = bag
        entries.append(
            Entry(figure, column, value, sets, bag, (bag - bags[figure.name] or bag) if value else frozenset())
        )
    frequency = Counter(concept for entry in entries for concept in entry.bag)
    weights = {concept: 0.5 + math.log(1 + len(entries) / count) for concept, count in frequency.items()}
    weights |= dict.fromkeys(everyday, EVERYDAY)
    for words in dimension_words().values():
        for phrase in words:
            for each in stems(phrase):
                weights.setdefault(concepts.get(each, each), 1.5)
    known = known_words(phrase for _, _, _, phrases in texts for phrase in phrases)
    known |= known_words(phrase for words in dimension_words().values() for phrase in words)
    known |= known_words(word for name, others in semantic_model().words.items() for word in (name, *others))
    known |= {word: stem(word) for figure in figures().values() for words in (figure.metric.high, figure.metric.low)
              for phrase in words for word in folded(phrase).split()}  # fmt: skip
    wordings = {word: name for name, others in semantic_model().words.items() for word in others if " " in word}
    return Lexicon(tuple(entries), weights, known, concepts, frozenset(everyday), wordings)


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


def _counted_as(phrase: str, concepts: Mapping[str, str]) -> list[str]:
    for name, others in semantic_model().words.items():
        for several in others:
            if " " in several and several in phrase:
                phrase = phrase.replace(several, name)
    negated = [NOT] if any(word in NEGATIONS for word in folded(phrase).split()) else []
    return [*(concepts.get(each, each) for each in stems(phrase) if each not in NEGATIONS), *negated]
