"""Days in questions: `last week`, `in January`, `since 2026-02-01`, `between 2 and 8 March`, `the last 7 days`.

Belongs here: finding them and what they mean on a given day. Not here: which column of which mart they restrict
(compiling.py). A week begins on Monday; a month without a year is the latest that has begun; days are inclusive.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
NUMBERS = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
} | {"fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100}

DAY_WORDS = (
    *MONTHS,
    *WEEKDAYS,
    "today",
    "yesterday",
    "week",
    "month",
    "quarter",
    "year",
    "last",
    "previous",
    "current",
)

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_COUNT = rf"\d{{1,3}}|{'|'.join(NUMBERS)}"
_WEEKDAY = re.compile(rf"\s*(?:on |this )?(?:{'|'.join(WEEKDAYS)})\s*")
_DAY = (
    rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})\b(?:,? \d{{4}})?"
    rf"|(?:{_MONTH})\b (?:the )?\d{{1,2}}(?:st|nd|rd|th)?\b(?!\d)(?:,? \d{{4}})?"
    rf"|today|yesterday"
)
_UNIT = "day|week|month|quarter|year"
_SPAN = (
    rf"week of (?:{_DAY})|{_DAY}|(?:this|current|last|previous|past) (?:{_UNIT})\b|(?:{_MONTH})\b(?: \d{{4}})?"
    rf"|q[1-4](?: \d{{4}})?|(?<!it's )(?<!it is )(?:last |on |this )?(?:{'|'.join(WEEKDAYS)})\b|20\d\d\b(?!-)"
)


@dataclass(frozen=True, slots=True)
class Days:
    """A stretch of days, open where None, and where in the text it is said."""

    first: date | None
    last: date | None
    start: int
    end: int
    weekday: bool = False


def find_days(text: str, today: date) -> list[Days]:
    """What `text` (lower case) says of days, in order, none overlapping."""
    found: list[Days] = []
    for pattern, meant in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < each.end and each.start < match.end() for each in found):
                continue
            try:
                span = meant(match, today)
            except (ValueError, OverflowError):  # 31 February: left as words, which nothing explains
                continue
            if span is not None:
                said = _WEEKDAY.fullmatch(match[0]) is not None
                found.append(Days(*span, match.start(), match.end(), said))
    if len(found) > 1:  # on Thursday I have to say how many there were in January
        found = [each for each in found if not each.weekday] or found
    return sorted(found, key=lambda each: each.start)


Span = tuple[date | None, date | None]


def _between(match: re.Match[str], today: date) -> Span:
    first, last = re.sub(r"^(?:the )?(\d{1,2})(?:st|nd|rd|th)?$", r"\1", match["first"]), match["last"]
    until = _span(last, today)
    if first.isdigit():  # between 2 and 8 March
        first = re.sub(r"\d{1,2}", first, last, count=1)
    return _span(first, today)[0], until[1]


def _open(match: re.Match[str], today: date) -> Span:
    first, last = _span(match["span"], today)
    word, edge = match["word"], match["edge"]
    if edge == "end":
        first = last
    elif edge:
        last = first
    if word in ("since", "from", "starting"):
        return first, None
    if word == "after":
        return last + timedelta(days=1) if last else None, None
    if word == "before":
        return None, first - timedelta(days=1) if first else None
    return None, last


def _last_days(match: re.Match[str], today: date) -> Span:
    count = NUMBERS.get(match["count"]) or int(match["count"])
    days = {"day": 1, "week": 7, "month": 30}[match["unit"]] * count
    return today - timedelta(days=days - 1), today


def _plain(match: re.Match[str], today: date) -> Span:
    return _span(match["span"], today)


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Span]], ...] = (
    (
        re.compile(
            rf"\b(?:between|from) (?P<first>{_SPAN}|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?)"
            rf" (?:and|to|until|till) (?P<last>{_SPAN})"
        ),
        _between,
    ),
    (
        re.compile(
            rf"\b(?P<word>since|from|starting|after|before|until|till|up to|by) "
            rf"(?:the )?(?:(?P<edge>start|beginning|end) of )?(?P<span>the (?:{_UNIT})\b|{_SPAN})(?: on)?\b"
        ),
        _open,
    ),
    (
        re.compile(
            rf"\b(?:in|for|over|during|within)?\s*(?:the )?(?:last|past|previous) (?P<count>{_COUNT})"
            r" (?P<unit>day|week|month)s?\b"
        ),
        _last_days,
    ),
    (re.compile(rf"\b(?:in the month of |(?:in|on|for|of|during) )?(?:the )?(?P<span>{_SPAN})\b"), _plain),
)  # fmt: skip


def _span(said: str, today: date) -> tuple[date | None, date | None]:
    """First and last day of what `said` names."""
    said = said.removeprefix("the ").removeprefix("on ").strip()
    if said == "today":
        return today, today
    if said == "yesterday":
        return (yesterday := today - timedelta(days=1)), yesterday
    if re.fullmatch(_UNIT, said):
        return _relative(said, today, back=False)  # since the start of the year
    if relative := re.fullmatch(rf"(this|current|last|previous|past) ({_UNIT})", said):
        return _relative(relative[2], today, back=relative[1] not in ("this", "current"))
    if of_day := re.fullmatch(r"week of (.*)", said):
        monday = (day := _span(of_day[1], today)[0] or today) - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if weekday := re.fullmatch(rf"(?:last |this )?({'|'.join(WEEKDAYS)})", said):
        back = (today.weekday() - WEEKDAYS[weekday[1]]) % 7 or 7
        return (day := today - timedelta(days=back)), day
    if quarter := re.fullmatch(r"q([1-4])(?: (\d{4}))?", said):
        number = int(quarter[1])
        year = int(quarter[2]) if quarter[2] else today.year - (date(today.year, 3 * number - 2, 1) > today)
        return date(year, 3 * number - 2, 1), _month_end(year, 3 * number)
    if month := re.fullmatch(rf"({_MONTH})(?: (\d{{4}}))?", said):
        number = MONTHS[month[1]]
        year = int(month[2]) if month[2] else today.year - (date(today.year, number, 1) > today)
        return date(year, number, 1), _month_end(year, number)
    if re.fullmatch(r"20\d\d", said):
        return date(int(said), 1, 1), date(int(said), 12, 31)
    return (day := _day(said, today)), day


def _day(said: str, today: date) -> date:
    if iso := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", said):
        return date(int(iso[1]), int(iso[2]), int(iso[3]))
    if dotted := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", said):
        return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    month = re.search(_MONTH, said)
    number = re.search(r"\d{1,2}", said)
    if month is None or number is None:
        raise ValueError(said)
    year = re.search(r"\d{4}$", said)
    day = date(int(year[0]) if year else today.year, MONTHS[month[0]], int(number[0]))
    return day if year or day <= today else day.replace(year=today.year - 1)


def _relative(unit: str, today: date, *, back: bool) -> tuple[date, date]:
    """This or the last day, week, month, quarter, year."""
    if unit == "day":
        day = today - timedelta(days=back)
        return day, day
    if unit == "week":
        monday = today - timedelta(days=today.weekday() + 7 * back)
        return monday, monday + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = (today.month - 1) // months * months - months * back
    year, month = today.year + first // 12, first % 12 + 1
    last = first + months - 1
    return date(year, month, 1), _month_end(today.year + last // 12, last % 12 + 1)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
