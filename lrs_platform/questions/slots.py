"""How an answer is wanted: broken down by what, ranked, how many, of which days, cards or learners.

Belongs here: the grammar of this, over words. Not here: which figure is asked for (matching.py), names (names.py), days
(dates.py). What is understood is marked as taken, so that the figure is looked for in the other words only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from lrs_platform.questions.dates import NUMBERS
from lrs_platform.questions.english import DOUBTFUL, FRAME, OVER_TIME, RANKS, Rank
from lrs_platform.questions.vocabulary import GRAINS, dimension_words
from lrs_platform.questions.words import Word, stem

# Count where a figure's own words have them ("longest streak"), and else explain themselves. Words, and their stems.
SOFT = frozenset(RANKS)
SOFT_STEMS = frozenset(stem(word) for word in SOFT)
DOUBTFUL_STEMS = frozenset(stem(word) for word in DOUBTFUL)
_BEFORE_OTHERS = frozenset({"in", "of", "about", "with", "on", "from", "into", "to", "than"})  # in what people wrote
_LISTING = frozenset({"rank", "list", "compare", "sort", "order"})  # ... the lessons by time needed
_LISTS = frozenset({"ranking", "breakdown", "overview", "table", "comparison", "list"})  # ... of the lessons
_SORTED = frozenset({"sorted", "ranked", "ordered", "listed", "compared", "grouped"})  # lessons sorted by mean score
_DETERMINERS = frozenset({"the", "our", "all", "these", "my"})
_ASKING = frozenset({"which", "what", "whose"})
_EACH = frozenset({"by", "per", "each", "every"})
_ASKED_FOR = frozenset({"a", "the", "me", "please", "need", "want", "get", "send", "and"})  # a list, not its list
_BEFORE_WHO = frozenset(
    {"and", "but", "show", "see", "know", "tell", "me", "list", "about", "mean", "so", "now", "just"}
)
_ENDS = frozenset({"top", "best", "worst", "bottom"})
_PERFORMERS = frozenset({"performer", "performers", "scorer", "scorers", "achiever", "achievers"})
_HINDERED = frozenset({"keeps", "stops", "blocks", "prevents", "hinders", "stopping", "keeping", "blocking", "holding"})
_MEASURED = frozenset({"lesson", "course", "module", "team", "cohort", "department", "group", "card", "question"})
_MEASURES = frozenset(
    {"sizes", "rates", "scores", "averages", "results", "numbers", "counts", "hours", "times", "figures"}
)
_OVER_TIME = tuple(tuple(said.split()) for said in OVER_TIME)
_INDEFINITE = frozenset({"anybody", "anyone", "everybody", "everyone", "somebody", "someone", "people"})  # no breakdown
PLURAL_LIMIT = 10  # "which lessons have the lowest ..." without a number
_OF_NUMBER = {"card": "card_number", "week": "week_no", "day": "day_no"}
_PSEUDONYM = re.compile(r"(?=[0-9a-f]*\d)[0-9a-f]{8,64}")


_LEARNER_STEMS = frozenset({"learner", *(stem(each) for each in dimension_words()["learner"])})


@dataclass(slots=True)
class Slots:
    """What was understood; `taken` are places of words."""

    by: list[str] = field(default_factory=list)
    rank: Rank = ""
    limit: int | None = None
    numbers: dict[str, int] = field(default_factory=dict)
    learners: list[str] = field(default_factory=list)
    why: bool = False
    listing: bool = False  # list of newcomers: people, where people are counted
    who: bool = False
    where: bool = False
    counted: str = ""  # the stem of what "how many" counts
    taken: set[int] = field(default_factory=set)


@cache
def dimension_phrases() -> tuple[tuple[tuple[str, ...], str], ...]:
    """Stems of what dimensions are called, longest first, with the dimension; grains as well."""
    found: dict[tuple[str, ...], str] = {}
    for dimension, words in dimension_words().items():
        for phrase in words:
            found.setdefault(tuple(stem(word) for word in phrase.split()), dimension)
    return tuple(sorted(found.items(), key=lambda each: -len(each[0])))


def read_slots(words: Sequence[Word], taken: set[int]) -> Slots:
    """The slots of a question; `taken` are places of names and days."""
    slots = Slots(taken=set(taken))
    place = 0
    while place < len(words):
        if place not in slots.taken:
            place += _at(words, place, slots)
        else:
            place += 1
    return slots


def _at(words: Sequence[Word], place: int, slots: Slots) -> int:
    """Read what begins at `place`; how many words to go on."""
    word = words[place]
    if _PSEUDONYM.fullmatch(word.text):
        slots.learners.append(word.text)
        slots.taken.add(place)
        return 1
    for phrase in _OVER_TIME:
        if tuple(each.text for each in words[place : place + len(phrase)]) == phrase:
            if not any(grain in slots.by for grain in GRAINS):
                slots.by.append("week")
            slots.taken |= set(range(place, place + len(phrase)))
            return len(phrase)
    asked = not place or words[place - 1].text in _ASKED_FOR
    if (word.text == "list" and asked) or (word.text == "names" and place in (0, len(words) - 1)):
        slots.listing = True
    if word.text in _LISTING:
        if _grouping(words, _past(words, place + 1, _DETERMINERS), slots, ranks=False):
            slots.taken.add(place)
            return 1
        slots.who = slots.who or [each.text in _INDEFINITE for each in words[place + 1 : place + 2]] == [True]
    of = [each.text for each in words[place + 1 : place + 2]] == ["of"]
    if word.text in _LISTS and of and _grouping(words, _past(words, place + 2, _DETERMINERS), slots, ranks=False):
        slots.taken |= {place, place + 1}
        return 2
    if word.text in ("reason", "reasons", "cause", "causes") and "reason" not in slots.by:
        slots.why = slots.why or [each.text for each in words[place + 1 : place + 2]] in (["for"], ["why"], ["behind"])
        slots.why = slots.why or any(each.stem in _LEARNER_STEMS for each in words[place + 1 : place + 2])
    if word.text in _SORTED and place and _grouping(words, place - 1, slots, ranks=False):
        slots.taken.add(place)
    if _twice(words, place) and _grouping(words, place + 2, slots, ranks=False):
        slots.taken |= {place, place + 1}
        return 3
    hindered = {each.text for each in words[place + 1 : place + 3]} & _HINDERED
    if word.text in ("reason", "reasons") and place in (0, len(words) - 1):
        slots.why = True  # stuck in a lesson, reasons
    if word.text == "whose" and place == len(words) - 1:
        slots.who = True
    if word.text == "why" or (word.text == "what" and hindered):
        slots.why = True
    elif _listed(words, place) or (word.text in ("who", "whom") and _asks(words, place) and not slots.by):
        slots.who = True
    elif word.text == "where":
        slots.where = True
    elif word.text in ("how", "number") and not slots.counted:
        _counted(words, place, slots)
    if word.text in _EACH and (_grouping(words, place + 1, slots, ranks=False) or _described(words, place, slots)):
        slots.taken.add(place)
        return 1
    if word.text in ("across", "among", "amongst", "between"):
        following = _past(words, place + 1, _DETERMINERS)
        people = following < len(words) and words[following].stem in _LEARNER_STEMS
        if not people and _grouping(words, following, slots, ranks=False):
            slots.taken.add(place)
            return 1
    if word.text == "after" and (weeks := _weeks(words, place + 1)):
        slots.numbers["week_no"] = weeks
        slots.taken |= {place, place + 1, place + 2}
        return 3
    if [each.text for each in words[place + 2 : place + 3]] in (["after"], ["later"]) and (
        weeks := _weeks(words, place)
    ):
        slots.numbers["week_no"] = weeks
        slots.taken |= {place, place + 1, place + 2}
        return 3
    if word.text in (*_ASKING, "who") and [each.text for each in words[place + 1 : place + 2]] == ["one"]:
        slots.limit = 1
        slots.taken |= {place, place + 1}
        return 2
    asks = word.text in _ASKING and not (place and word.text == "what" and words[place - 1].text in _BEFORE_OTHERS)
    if asks and (_grouping(words, place + 1, slots, ranks=True) or _qualified(words, place + 1, slots)):
        slots.taken.add(place)
        return 1
    if word.text in ("daily", "weekly", "monthly") and "mean" not in {each.stem for each in words}:
        slots.by.append({"daily": "day", "weekly": "week", "monthly": "month"}[word.text])
        slots.taken.add(place)
        return 1
    if word.text == "min" and place and words[place - 1].text.isdigit():
        return 1  # in 10 min
    if word.text in RANKS:
        return _ranking(words, place, slots)
    return _numbered(words, place, slots)


def _described(words: Sequence[Word], place: int, slots: Slots) -> bool:
    """Each single lesson, every flagged term, each of the lessons."""
    if words[place].text not in ("each", "every"):
        return False
    if [each.text for each in words[place + 1 : place + 2]] == ["of"]:
        return _grouping(words, _past(words, place + 2, _DETERMINERS), slots, ranks=False)
    return _grouping(words, place + 2, slots, ranks=False)


def _qualified(words: Sequence[Word], place: int, slots: Slots) -> bool:
    """A word before the dimension: what trigger words, the most opened lesson."""
    if place + 1 >= len(words) or place in slots.taken or words[place].text in FRAME:
        return False
    if slots.by or slots.who or words[place + 1].text == "of" or words[place + 1].stem in _LEARNER_STEMS:
        return False
    return _grouping(words, place + 1, slots, ranks=True)


def _weeks(words: Sequence[Word], place: int) -> int:
    """How many weeks are said at `place`, 0 for none."""
    if [each.stem for each in words[place + 1 : place + 2]] != ["week"]:
        return 0
    return 1 if words[place].text == "one" else _number(words, place) or 0


def _begins(words: Sequence[Word], place: int) -> bool:
    """Whether a sentence, or what follows a colon or a comma, begins here: two characters at least are between."""
    return place == 0 or words[place].start - words[place - 1].end > 1


def _asks(words: Sequence[Word], place: int) -> bool:
    """Whether `who` asks, and does not go on about those that were just named."""
    return _begins(words, place) or place == len(words) - 1 or words[place - 1].text in _BEFORE_WHO


def _twice(words: Sequence[Word], place: int) -> bool:
    """Card by card."""
    return [each.text for each in words[place + 1 : place + 2]] in (["by"], ["after"]) and [
        each.stem for each in words[place + 2 : place + 3]
    ] == [words[place].stem]


def _listed(words: Sequence[Word], place: int) -> bool:
    """Whether people are asked for by name: `the names that have not ...`, `list of people who ...`."""
    before = [each.text for each in words[:place]]
    if words[place].text == "names" and (place + 1 == len(words) or words[place + 1].text in ("please", "pls")):
        return True
    if "list" in before[-3:] and words[place].stem in _LEARNER_STEMS:
        return True  # a list of late people
    if not before or words[place].text not in ("who", "that"):
        return False
    return not {"names", "name"}.isdisjoint(before) or (
        "list" in before and not _LEARNER_STEMS.isdisjoint(map(stem, before))
    )


def _counted(words: Sequence[Word], place: int, slots: Slots) -> None:
    """What "how many" or "number of" counts."""
    texts = [each.text for each in words[place : place + 3]]
    start = place + 2 if texts[:2] in (["how", "many"], ["number", "of"]) else None
    if start is None:
        return
    for phrase, dimension in dimension_phrases():
        if len(phrase) == 1 and start < len(words) and words[start].stem == phrase[0]:
            slots.counted = stem(dimension)
            return
    if start < len(words):
        slots.counted = words[start].stem


def _ranking(words: Sequence[Word], place: int, slots: Slots) -> int:
    """top 3 lessons, the worst cohort, most, bottom five, five most, best one first, which is the worst."""
    following = [each.text for each in words[place + 1 : place + 3]]
    slots.rank = slots.rank or RANKS[words[place].text]
    slots.taken.add(place)
    if "first" in following:  # all of them, in this order
        slots.taken |= set(range(place + 1, place + 1 + len(following)))
        return 1
    if not following and [each.text for each in words[:place]][-3:] in (["which", "is", "the"], ["who", "is", "the"]):
        slots.limit = slots.limit or 1
    if [each.text for each in words[place + 1 : place + 4]] == ["of", "the", "class"]:
        slots.taken |= {place + 1, place + 2, place + 3}
        slots.by += ["learner"] if "learner" not in slots.by else []
        return 4
    if performer := next((each for each in following if each in _PERFORMERS), ""):
        slots.by += ["learner"] if "learner" not in slots.by else []
        slots.limit = slots.limit or (None if performer.endswith("s") else 1)
    number, named = _number(words, place + 1), place + 1
    if number is not None:
        slots.taken.add(named)
        named += 1
    elif place and place - 1 not in slots.taken and (number := _number(words, place - 1)) is not None:
        slots.taken.add(place - 1)  # five most difficult questions
    slots.limit = number or slots.limit
    if words[place].text in _ENDS and following[:1] == ["one"]:
        slots.limit = 1
        slots.taken.add(place + 1)
    elif not _ranked(words, place, named, slots) and words[place].text in _ENDS:
        _grouping(words, named, slots, ranks=True)
    slots.limit = number or slots.limit
    return 1


def _ranked(words: Sequence[Word], place: int, named: int, slots: Slots) -> bool:
    """Whether it ranks what is named right behind: lowest teams, the most opened lesson. People may be counted."""
    begins = _begins(words, place) or words[place - 1].text in _DETERMINERS or place - 1 in slots.taken
    if not begins or slots.by or slots.who or named >= len(words):
        return False
    if words[named].stem not in _LEARNER_STEMS and _grouping(words, named, slots, ranks=True):
        return True
    return named == place + 1 and _qualified(words, named, slots)


def _grouping(words: Sequence[Word], place: int, slots: Slots, *, ranks: bool) -> bool:
    """Whether a dimension stands at `place`, with or without a number before it; taken, if so."""
    number = _number(words, place)
    if number is not None:
        if not ranks:
            return False
        place += 1
    elif ranks and words[place : place + 1] and words[place].text == "of":
        place = _past(words, place + 1, _DETERMINERS)  # which of our lessons
    for phrase, dimension in dimension_phrases():
        window = words[place : place + len(phrase)]
        if len(window) < len(phrase) or any(each.stem != part for each, part in zip(window, phrase, strict=True)):
            continue
        places = set(range(place, place + len(phrase)))
        if places & slots.taken:
            return False
        if window[0].text in _INDEFINITE and not (ranks and window[0].text == "people"):
            slots.taken |= places
            return False
        if dimension not in slots.by:
            slots.by.append(dimension)
        slots.taken |= places
        if ranks:
            plural = (window[-1].text != stem(window[-1].text) and window[-1].text.endswith("s")) or (
                window[-1].text == "people"
            )
            one = _speaks_of_one(words[place + len(phrase) :][:1])
            slots.limit = number or slots.limit or (PLURAL_LIMIT if plural and not one else 1)
            if number is not None:
                slots.taken.add(place - 1)
        return True
    return False


def _speaks_of_one(following: Sequence[Word]) -> bool:
    """Which of our lessons has, was, takes ..."""
    return bool(following) and following[0].text.endswith("s") and following[0].text not in ("does", "pass", "us")


def _past(words: Sequence[Word], place: int, passed: frozenset[str]) -> int:
    """The first place from `place` on that has none of these words."""
    return place + 1 if place < len(words) and words[place].text in passed else place


def _numbered(words: Sequence[Word], place: int, slots: Slots) -> int:
    """card 3, week 2; the lesson with the lowest ...; the easiest question."""
    word = words[place]
    following = words[place + 1] if place + 1 < len(words) else None
    ranked = following is not None and following.text == "with" and _names_rank(words[place + 2 : place + 5])
    if ranked and (number := _number(words, place)) is not None:
        slots.limit = number  # the five with the weakest marks
        slots.taken.add(place)
        return 1
    for phrase, dimension in dimension_phrases():
        if len(phrase) != 1 or word.stem != phrase[0] or following is None:
            continue
        if dimension in _OF_NUMBER and following.text.isdigit() and place + 1 not in slots.taken:
            slots.numbers[_OF_NUMBER[dimension]] = int(following.text[:9])
            slots.taken |= {place, place + 1}
            return 2
        if word.text in _MEASURED and following.text in _MEASURES and dimension not in slots.by:
            slots.by.append(dimension)  # team sizes
            slots.taken.add(place)
            return 1
        if ranked:
            if dimension not in slots.by:
                slots.by.append(dimension)
            number = _number(words, place - 1) if place else None
            slots.limit = slots.limit or number or (PLURAL_LIMIT if word.text.endswith("s") else 1)
            slots.taken |= {place} | ({place - 1} if number else set())
            return 1
    return 1


def _names_rank(words: Sequence[Word]) -> bool:
    return any(each.text in RANKS for each in words)


def adjective_grouping(words: Sequence[Word], slots: Slots, adjectives: frozenset[str]) -> None:
    """`hardest questions`, `busiest day`: an adjective of a figure before a dimension groups by it and ranks."""
    for place, word in enumerate(words[:-1]):
        if word.text in adjectives and not slots.by:
            number = slots.limit
            if _grouping(words, place + 1, slots, ranks=True):
                slots.limit = number or slots.limit


def _number(words: Sequence[Word], place: int) -> int | None:
    if place >= len(words):
        return None
    text = words[place].text
    if text.isdigit() and len(text) <= 3 and int(text):
        return int(text)
    return NUMBERS.get(text) if text != "one" else None
