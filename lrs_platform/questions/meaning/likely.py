"""What a masked question asks for, by learned weights: each figure, or figure and value, with its likelihood.

Belongs here: the weights' file and the sum over them. Not here: learning (lrs_platform/bench/questions/training.py),
features. There are two sets of weights: for the letters alone, and for the letters and the sentence model together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from lrs_platform.questions.meaning.features import PLACES, features
from lrs_platform.questions.meaning.sentences import sentence_model

WEIGHTS = files(__package__).joinpath("weights.npz")
LETTERS, SENTENCE = 1.0, 1.1  # lengths of the two vectors beside each other
NOTHING = "nothing"  # the label of wordings that no figure answers

Array = NDArray[np.float32]
Wanted = tuple[str, str, str]  # figure, column, value


@dataclass(frozen=True, slots=True)
class Likely:
    """What is asked for: shares that sum up to 1 among what can be; and how likely any of it is, 0 to 1."""

    shares: Mapping[Wanted, float]
    answerable: float


@dataclass(frozen=True, slots=True)
class _Head:
    weights: Array  # features, labels
    offsets: Array  # labels


def likely(text: str, *, by_sentence: bool = True) -> Likely:
    """What the masked question asks for, by the sentence model too where it is installed and wanted."""
    return _likely(text, by_sentence and sentence_model() is not None)


@lru_cache(maxsize=1000)
def _likely(text: str, by_sentence: bool) -> Likely:
    head, labels = _head("both" if by_sentence else "letters"), _labels()
    sums = vector(text, _rarity(), by_sentence) @ head.weights + head.offsets
    shares = np.exp(sums - sums.max())
    shares /= shares.sum()
    found = {label: float(share) for label, share in zip(labels, shares, strict=True)}
    answerable = 1 - found.pop(NOTHING)
    whole = answerable or 1.0
    return Likely({_wanted(label): share / whole for label, share in found.items()}, answerable)


def vector(text: str, rarity: Array, by_sentence: bool) -> Array:
    """The features of a masked question as the weights want them; `rarity` is what each place of a letter weighs."""
    letters = np.zeros(PLACES, np.float32)
    found = features(text)
    letters[list(found)] = list(found.values())
    letters *= rarity
    length = float(np.linalg.norm(letters))
    parts = [letters * np.float32(LETTERS / (length or 1.0))]
    model = sentence_model() if by_sentence else None
    if model is not None:
        parts.append(model.vector(text) * np.float32(SENTENCE))
    return np.concatenate(parts)


def _wanted(label: str) -> Wanted:
    figure, column, value = [*label.split(" "), "", ""][:3]
    return figure, column, value


@cache
def _stored() -> Mapping[str, NDArray[np.generic]]:
    with WEIGHTS.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


@cache
def _head(name: str) -> _Head:
    stored = _stored()
    weights = stored[f"{name}_weights"].astype(np.float32) * stored[f"{name}_scales"].astype(np.float32)
    return _Head(weights, stored[f"{name}_offsets"].astype(np.float32))


@cache
def _labels() -> tuple[str, ...]:
    return tuple(str(each) for each in _stored()["labels"])


@cache
def known_figures() -> frozenset[str]:
    """The figures that something was learned about: not those of a mart that somebody adds."""
    return frozenset(_wanted(label)[0] for label in _labels())


@cache
def _rarity() -> Array:
    return np.asarray(_stored()["rarity"], np.float32)
