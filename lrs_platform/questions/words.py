"""Words of a question: cut, brought to their stems, misspelt ones mended.

Belongs here: what is true of English, whatever is asked. Not here: what the words mean (matching.py), names (names.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import snowballstemmer
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from lrs_platform.questions.english import FILLING, FRAME, IRREGULAR, SAYINGS, SCAFFOLD
from lrs_platform.questions.everyday import FOREIGN, FRAMING, NEUTRAL, OTHER_SUBJECTS, without_asides
from lrs_platform.questions.lookalikes import LOOKALIKES

LONGEST_QUESTION = 500  # characters; what is longer is no question


_CUT = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)
_CONTRACTED = re.compile(r"n['’]t\b", re.IGNORECASE)
_UNMARKED = re.compile(r"\b(did|do|does|had|has|have|is|are|was|were|could|would|should)nt\b", re.IGNORECASE)
_SAYINGS = re.compile(r"\b(?:" + "|".join(map(re.escape, SAYINGS)) + r")(?!\w)", re.IGNORECASE)
_stemmer = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question: as written, folded, its stem; where it stands; `mended` where it was misspelt."""

    raw: str
    text: str
    stem: str
    start: int
    end: int
    mended: bool = False


def folded(text: str) -> str:
    """Text as it is compared: one form of each letter, without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def plain(question: str) -> str:
    """The question on one line, with `hasn't` as `has not`."""
    text = " ".join(unicodedata.normalize("NFKC", question).replace("%", " percent ").replace("\u2019", "'").split())
    text = _SAYINGS.sub(" ", without_asides(text))
    text = _CONTRACTED.sub(" not", text.replace("can't", "can not").replace("won't", "will not"))
    return _UNMARKED.sub(r"\1 not", text)


def cut(question: str) -> list[Word]:
    """The words of a question, in order; `learner's` is `learner`."""
    words = []
    for match in _CUT.finditer(question):
        bare = folded(re.sub(r"['’]\w+$", "", match[0]))
        words.append(Word(match[0], bare, stem(bare), match.start(), match.end()))
    return words


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The stem of a folded word (Porter 2)."""
    return str(_stemmer.stemWord(word))


@lru_cache(maxsize=20_000)
def base(word: str) -> str:
    """The stem, also of irregular forms: that of `gave` is that of `give`."""
    return stem(IRREGULAR.get(word, word))


@lru_cache(maxsize=20_000)
def single(word: str) -> str:
    """The word with doubled letters once: `pas` and `pass` are the same then."""
    return re.sub(r"(.)\1+", r"\1", word)


def mended(word: Word, known: Mapping[str, str], meant: Callable[[str], str | None]) -> Word:
    """The word, or what was probably meant; `known` are words and their stems, `meant` is `nearest` over them.

    One slip (a letter more, fewer, other, or two swapped) from four letters on, two from seven on, never in the first
    letter: `resigned` is not `assigned`.
    """
    if (
        word.text in known
        or word.stem in known.values()
        or not {word.text, word.stem}.isdisjoint(_well_known())
        or not word.text.isalpha()
    ):
        return word
    best = meant(word.text)
    return word if best is None else replace(word, text=best, stem=known[best], mended=True)


def nearest(written: str, known: Iterable[str]) -> str | None:
    """The word that was probably meant by one that is none of `known`; None where none is near."""
    best: tuple[float, str] | None = None
    for candidate in known:
        if candidate[0] != written[0]:
            continue
        slips = slips_between(written, candidate)
        if slips is None:
            continue
        score = JaroWinkler.normalized_similarity(written, candidate) - slips
        if best is None or score > best[0]:
            best = score, candidate
    return best[1] if best else None


def slips_between(written: str, meant: str) -> int | None:
    """Slips from `meant` to `written`, 1 or 2; None where these are two words."""
    if len(written) >= 3 and single(written) == single(meant):
        return 1
    if min(len(written), len(meant)) < 4 or abs(len(written) - len(meant)) > 2:
        return None
    allowed = 2 if min(len(written), len(meant)) >= 8 else 1
    slips = DamerauLevenshtein.distance(written, meant, score_cutoff=allowed)
    if slips > allowed or written[0] != meant[0]:
        return None
    return slips


@cache
def _filling_stems() -> frozenset[str]:
    return frozenset(map(stem, FILLING))


@cache
def _well_known() -> frozenset[str]:
    """Words that are written as they are meant, and their stems."""
    words = SCAFFOLD | NEUTRAL | FRAMING | OTHER_SUBJECTS | LOOKALIKES
    return words | frozenset(map(stem, words))


@cache
def _passed_over() -> frozenset[str]:
    """Stems of words that are passed over in a question, though a figure may be called by them."""
    return _filling_stems() | frozenset(map(stem, NEUTRAL | FRAMING))


def fills(word: Word) -> bool:
    """Whether a word is passed over where nothing knows it: how something is done, too, is said by the way."""
    if word.text in FOREIGN or word.text.removesuffix("s") in FOREIGN:
        return False
    return base(word.text) in _passed_over() or _says_how(word)


def _says_how(word: Word) -> bool:
    return word.text.endswith("ly") or (len(word.text) == 1 and word.text.isalpha())


def telling(text: str, known: Container[str] = ()) -> tuple[Word, ...]:
    """The words of a phrase that say something; `known` are stems that do, though they fill elsewhere."""
    return tuple(
        word
        for word in cut(text)
        if word.text not in FRAME
        and (word.stem in known or not (base(word.text) in _filling_stems() or _says_how(word)))
    )


def known_words(phrases: Iterable[str]) -> dict[str, str]:
    """Words of phrases, each with its stem."""
    return {word.text: word.stem for phrase in phrases for word in cut(phrase) if word.text not in FRAME}


def positives(word: str) -> tuple[str, ...]:
    """What a superlative or comparative may be one of: `toughest` of tough, `easier` of easy, `biggest` of big."""
    root = word.removesuffix("est") if word.endswith("est") else word.removesuffix("er")
    if root == word or len(word) < 6:
        return ()
    if root.endswith("i"):
        return (f"{root[:-1]}y",)
    return (root, f"{root}e", *((root[:-1],) if root[-1] == root[-2] else ()))
