"""Features of a masked question by its letters: words, pairs of words, and runs of letters, hashed into so many places.

Belongs here: what is counted where. Not here: weights. Hashing (Weinberger et al. 2009) keeps the weights small, with
no list of words beside them; two features that share a place cost less than a percent of what is found.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

PLACES = 4096
RUNS = range(3, 6)  # letters in a row

_WORD = re.compile(r"[a-z0-9']+")


def features(text: str) -> dict[int, float]:
    """How often each feature is in the text, damped, by its place in 0 to PLACES - 1."""
    counts = Counter(zlib.crc32(each.encode()) % PLACES for each in _features(text.lower()))
    return {place: 1 + math.log(count) for place, count in counts.items()}


def _features(text: str) -> Iterator[str]:
    words = _WORD.findall(text)
    for word in words:
        yield f"w{word}"
    for one, other in pairwise(words):
        yield f"p{one} {other}"
    for word in words:
        framed = f" {word} "
        for length in RUNS:
            for start in range(max(1, len(framed) - length + 1)):
                yield f"c{framed[start : start + length]}"
