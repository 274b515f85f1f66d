"""Which figure people asked for who put it most like this: the nearest of known wordings (asked.yaml).

Belongs here: likeness of wordings, by words, pairs of words and letters, weighted by how rare each is. Not here:
whether that is enough for an answer (reading.py), what a figure is called (matching.py).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from importlib.resources import files
from itertools import pairwise

import yaml

from lrs_platform.questions.matching import lexicon
from lrs_platform.questions.words import cut, plain

ASKED = files(__package__).joinpath("asked.yaml")
PAIR, LETTERS = 0.7, 0.35  # what a pair of words and four letters in a row weigh beside a word
NEAREST = 30  # wordings that have a say
SHARPNESS = 20.0  # of their say: a likeness that is 0.1 less has a seventh of it

Wanted = tuple[str, str, str]  # figure, column, value


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the nearest wordings ask for, with shares that sum up to 1; `likeness` of the nearest, 0 to 1."""

    shares: Mapping[Wanted, float]
    likeness: float


@dataclass(frozen=True)
class _Known:
    held_by: Mapping[str, tuple[tuple[int, float], ...]]  # feature: places of wordings, and its weight there
    wanted: tuple[Wanted, ...]
    rarity: Mapping[str, float]


def neighbours(question: str) -> Neighbours:
    """What was asked for by wordings like this one, which has `lesson` and `cohort` for names, and no days."""
    known = _known()
    vector = _vector(_features(question), known.rarity)
    likeness = [0.0] * len(known.wanted)
    for feature, weight in vector.items():
        for place, other in known.held_by.get(feature, ()):
            likeness[place] += weight * other
    nearest = nlargest(NEAREST, ((value, place) for place, value in enumerate(likeness)))
    say: defaultdict[Wanted, float] = defaultdict(float)
    for value, place in nearest:
        say[known.wanted[place]] += math.exp(SHARPNESS * (value - 1))
    whole = sum(say.values())
    return Neighbours({wanted: each / whole for wanted, each in say.items()}, nearest[0][0])


@cache
def _known() -> _Known:
    asked = yaml.safe_load(ASKED.read_text(encoding="utf-8"))
    features, wanted = [], []
    for key, wordings in asked.items():
        figure, column, value = [*key.split(" "), "", ""][:3]
        features += [_features(each) for each in wordings]
        wanted += [(figure, column, value)] * len(wordings)
    counts = Counter(feature for each in features for feature in each)
    rarity = {feature: math.log(1 + len(features) / count) for feature, count in counts.items()}
    held_by: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, each in enumerate(features):
        for feature, weight in _vector(each, rarity).items():
            held_by[feature].append((place, weight))
    return _Known({feature: tuple(places) for feature, places in held_by.items()}, tuple(wanted), rarity)


def _features(question: str) -> Mapping[str, float]:
    words = lexicon()
    text = plain(question)
    concepts = [words.concept(word) for word in cut(words.reworded(text))]
    found: dict[str, float] = {}
    for concept in concepts:
        found[concept] = found.get(concept, 0.0) + 1
    for pair in pairwise(concepts):
        found[" ".join(pair)] = found.get(" ".join(pair), 0.0) + PAIR
    letters = f" {' '.join(word.text for word in cut(text))} "
    for place in range(len(letters) - 3):
        gram = f"#{letters[place : place + 4]}"
        found[gram] = found.get(gram, 0.0) + LETTERS
    return found


def _vector(features: Mapping[str, float], rarity: Mapping[str, float]) -> Mapping[str, float]:
    unknown = max(rarity.values(), default=1.0)
    weighted = {feature: value * rarity.get(feature, unknown) for feature, value in features.items()}
    length = math.sqrt(sum(value * value for value in weighted.values())) or 1.0
    return {feature: value / length for feature, value in weighted.items()}
