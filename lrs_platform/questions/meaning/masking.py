"""A question without what it names: names of lessons and cohorts become `lesson` and `cohort`, days go.

Belongs here: masking, so that what is left can be compared with wordings about anything else. Not here: what the names
and days mean (names.py, dates.py).
"""

from __future__ import annotations

from datetime import date

from lrs_platform.questions.dates import find_days
from lrs_platform.questions.matching import lexicon
from lrs_platform.questions.names import Names
from lrs_platform.questions.words import cut, plain


def masked(question: str, names: Names, today: date) -> str:
    """The question in lower case, on one line, without names, days and asides."""
    words = cut(text := plain(question))
    for mention in reversed(names.find(words, frozenset(lexicon().known))):
        start, end = words[mention.first].start, words[mention.behind - 1].end
        text = f"{text[:start]}{mention.dimension}{text[end:]}"
    for days in sorted(find_days(text.lower(), today), key=lambda each: -each.start):
        text = text[: days.start] + text[days.end :]
    return " ".join(text.split()).strip(" ?.!").lower()
