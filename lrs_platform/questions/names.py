"""Names in questions: which lesson, cohort or card is meant, also where it is misspelt or cut short.

Belongs here: the list of names and finding them in words. Not here: reading the list from the database (answering.py).
A name is only ever compared: whatever text somebody made it of, nothing of it becomes SQL or an instruction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from lrs_platform.questions.english import SCAFFOLD
from lrs_platform.questions.intent import Chosen
from lrs_platform.questions.words import Word, cut

ALIKE = 84.0  # of 100: a slip or two in a name of two words
MOST_WORDS = 12  # of a name that is looked for as a whole
_ORDER = {"lesson": 0, "cohort": 1, "card": 2}


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that has a name."""

    dimension: str
    value: Chosen


@dataclass(frozen=True, slots=True)
class Mention:
    """Words `first` to `behind` (excluded) name things of one dimension; `certain` where by their whole name.

    Several things: all that the words may mean, such as every cohort of Sales.
    """

    dimension: str
    values: tuple[Chosen, ...]
    first: int
    behind: int
    certain: bool


class Names:
    """All names of an instance, ready to be looked for."""

    def __init__(self, named: Iterable[Named] = ()) -> None:
        self._whole: dict[tuple[str, ...], list[Named]] = defaultdict(list)
        self._by_length: dict[int, dict[str, tuple[str, ...]]] = defaultdict(dict)
        self._by_word: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        self.all: dict[str, list[Chosen]] = defaultdict(list)
        for each in named:
            words = tuple(word.text for word in cut(each.value.name))[:MOST_WORDS]
            self.all[each.dimension].append(each.value)
            if words:
                self._whole[words].append(each)
                self._by_length[len(words)][" ".join(words)] = words
                for word in words:
                    self._by_word[word].add(words)

    def find(self, words: Sequence[Word], vocabulary: frozenset[str]) -> list[Mention]:
        """What the words name, longest first, none overlapping. Words of `vocabulary` alone name nothing."""
        found: list[Mention] = []
        taken: set[int] = set()
        for look in (self._exact, self._misspelt, self._cut_short):
            for length in range(min(len(words), MOST_WORDS), 0, -1):
                for first in range(len(words) - length + 1):
                    places = set(range(first, first + length))
                    if places & taken:
                        continue
                    mention = look(words, first, length, vocabulary)
                    if mention is not None:
                        found.append(mention)
                        taken |= places
        return sorted(found, key=lambda mention: mention.first)

    def _exact(self, words: Sequence[Word], first: int, length: int, _: frozenset[str]) -> Mention | None:
        texts = tuple(word.text for word in words[first : first + length])
        return self._mention([texts], first, length, certain=True) if texts in self._whole else None

    def _misspelt(self, words: Sequence[Word], first: int, length: int, vocabulary: frozenset[str]) -> Mention | None:
        names = self._by_length.get(length)
        window = words[first : first + length]
        if not names or length < 2 or all(word.text in vocabulary or word.text in SCAFFOLD for word in window):
            return None
        written = " ".join(word.text for word in window)
        alike = process.extract(written, names.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE, limit=5)
        near = [
            (name, sum(JaroWinkler.normalized_similarity(a.text, b) for a, b in zip(window, names[name], strict=True)))
            for name, _, _ in alike
            if all(
                fuzz.ratio(word.text, other) >= 60 and (word.text[0] == other[0] or word.text[1:] == other[1:])
                for word, other in zip(window, names[name], strict=True)
            )
        ]
        if not near:
            return None
        best = max(near, key=lambda pair: pair[1])[0]
        return self._mention([names[best]], first, length, certain=True)

    def _cut_short(self, words: Sequence[Word], first: int, length: int, vocabulary: frozenset[str]) -> Mention | None:
        window = [word.text for word in words[first : first + length]]
        telling = [text for text in window if text not in SCAFFOLD and text not in vocabulary]
        if not telling or window[0] in SCAFFOLD or window[-1] in SCAFFOLD:
            return None
        if length == 1 and not (words[first].raw[0].isupper() and first > 0):
            return None
        names = set.intersection(*(self._by_word.get(text, set()) for text in window))
        holding = sorted(name for name in names if _holds(name, window))
        return self._mention(holding, first, length, certain=False) if holding else None

    def _mention(self, names: Sequence[tuple[str, ...]], first: int, length: int, *, certain: bool) -> Mention | None:
        things = [each for name in names for each in self._whole[name]]
        dimension = min((each.dimension for each in things), key=lambda name: _ORDER.get(name, 9))
        values = tuple(each.value for each in things if each.dimension == dimension)[:50]
        return Mention(dimension, values, first, first + length, certain)


def _holds(name: tuple[str, ...], window: list[str]) -> bool:
    return any(list(name[start : start + len(window)]) == window for start in range(len(name) - len(window) + 1))
