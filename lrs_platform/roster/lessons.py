"""A course file: lessons, their cards, and when which cohort gets them.

Belongs here: the columns of such files and what is wrong with a line. One line is a lesson, a card of a lesson (a
column Card), or a delivery (Group, Team or Cohort, and a date); a file may hold all three. No I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypedDict

from lrs_platform.roster.people import GROUP, TEAM, Understood, cohort_name
from lrs_platform.roster.table import FileUnreadable, Line, Problem, Table
from lrs_platform.xapi.identifiers import is_iri

LESSON = (
    "lesson url", "lesson iri", "lesson address", "lesson slug", "lesson id", "url", "iri", "slug", "address",
    "course url", "course slug", "lesson", "course",
)  # fmt: skip
TITLE = ("lesson title", "lesson name", "title", "name", "lesson", "course title", "course name", "course")
NUMBER = ("lesson number", "lesson order", "order", "number", "position", "no")
CARD_COUNT = ("cards", "number of cards", "card count")
CARD = ("card", "card number", "card no")
CARD_ADDRESS = ("card url", "card iri", "card address")
CARD_TYPE = ("card type",)
CARD_TITLE = ("card title", "card name")
COHORT = ("cohort", "cohort name")
DELIVERED = ("delivered at", "delivered", "delivery", "delivery date", "deliver at", "send at", "sent at", "date")
DUE = ("due on", "due", "due date", "deadline")
MOST_CARDS = 500
LARGEST_NUMBER = 1_000_000

# What 7taps and others call their cards, and what core.catalogue calls them.
CARD_TYPES: Mapping[str, str] = {
    "content": "content", "text": "content", "image": "content", "intro": "content", "flip": "content",
    "video": "video", "audio": "video", "poll": "poll", "survey": "poll", "rating": "poll",
    "quiz": "quiz", "multiple choice": "quiz", "single choice": "quiz", "question": "quiz", "true false": "quiz",
    "free text": "free_text", "open question": "free_text", "text input": "free_text", "form": "form",
}  # fmt: skip


class CourseRow(TypedDict):
    """A row as the warehouse keeps it (core.course_row)."""

    line: int
    lesson_iri: str
    lesson_name: str | None
    lesson_number: int | None
    card_iri: str | None
    card_number: int | None
    card_type: str | None
    card_name: str | None
    group_name: str | None
    team_name: str | None
    cohort_name: str | None
    delivered_at: str | None
    due_on: str | None
    extra: dict[str, str]


class Fault(ValueError):
    """A value of a line that cannot be used."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


@dataclass(frozen=True, slots=True)
class Addresses:
    """How a bare slug becomes the address of a lesson: as a lesson that is known, else below `base`."""

    base: str = ""
    known: Mapping[str, str] | None = None

    def of(self, text: str, column: str) -> str:
        """The address that a value means. Raises Fault."""
        if "://" in text or text.startswith("urn:"):
            if is_iri(text):
                return text
            raise Fault(column, f"{text[:80]!r} is no address")
        slug = text.strip("/")
        if not slug or any(sign in slug for sign in ' "<>\\^`{|}#?'):
            raise Fault(column, f"{text[:80]!r} is neither an address nor a slug")
        if self.known and slug.lower() in self.known:
            return self.known[slug.lower()]
        if self.base:
            return f"{self.base.rstrip('/')}/{slug}"
        raise Fault(
            column, f"no lesson with the slug {slug[:80]!r} is known: write its whole address, or give the site"
        )


@dataclass(frozen=True, slots=True)
class _Columns:
    lesson: str
    title: str | None
    number: str | None
    card_count: str | None
    card: str | None
    card_address: str | None
    card_type: str | None
    card_title: str | None
    group: str | None
    team: str | None
    cohort: str | None
    delivered: str | None
    due: str | None

    def known(self) -> tuple[str | None, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


def slugs_in(table: Table) -> list[str]:
    """The values of the lessons' column that are no whole addresses; to be looked up before `read_lessons`."""
    column = table.column(*LESSON)
    values = {line.get(column) for line in table.lines}
    return sorted(value.strip("/") for value in values if value and "://" not in value and not value.startswith("urn:"))


def read_lessons(table: Table, addresses: Addresses) -> Understood:
    """The rows of a course file. Raises FileUnreadable where no column names lessons."""
    columns = _columns(table)
    found = Understood(problems=list(table.problems))
    for line in table.lines:
        try:
            rows = _rows(table, columns, line, addresses)
        except Fault as fault:
            found.problems.append(Problem(line.number, table.columns.get(fault.column, ""), fault.reason))
            continue
        if columns.card_type and line.get(columns.card_type) and not rows[0]["card_type"]:
            reason = f"{line.get(columns.card_type)!r} is no type that is known; the card has none"
            found.problems.append(Problem(line.number, table.columns[columns.card_type], reason, fatal=False))
        found.rows += rows
    return found


def _columns(table: Table) -> _Columns:
    lesson = table.column(*LESSON)
    if lesson is None:
        raise FileUnreadable(
            f"no column for the lesson: the columns are {', '.join(table.columns.values())}. A course file needs "
            "Lesson URL (or Slug), and any of Title, Order, Cards, Card, Card Type, Group, Team, Delivered At, Due"
        )
    title = table.column(*(name for name in TITLE if name != lesson))
    return _Columns(
        lesson, title, table.column(*NUMBER), table.column(*CARD_COUNT), table.column(*CARD),
        table.column(*CARD_ADDRESS), table.column(*CARD_TYPE), table.column(*CARD_TITLE), table.column(*GROUP),
        table.column(*TEAM), table.column(*COHORT), table.column(*DELIVERED), table.column(*DUE),
    )  # fmt: skip


def _rows(table: Table, columns: _Columns, line: Line, addresses: Addresses) -> list[CourseRow]:
    """The rows that one line makes: one, or one a card where it gives their number."""
    if not line.get(columns.lesson):
        raise Fault(columns.lesson, "the lesson is missing")
    lesson = addresses.of(line.get(columns.lesson), columns.lesson)
    card_number = _number(line, columns.card)
    card = line.get(columns.card_address) or None
    if card and not is_iri(card):
        raise Fault(columns.card_address or "", f"{card[:80]!r} is no address")
    if card is None and card_number is not None:
        card = f"{lesson.rstrip('/')}/card/{card_number}"
    group, team = line.get(columns.group), line.get(columns.team)
    cohort = line.get(columns.cohort) or cohort_name(group, team)
    delivered_at, due_on = _delivery(line, columns, cohort)
    row = CourseRow(
        line=line.number,
        lesson_iri=lesson,
        lesson_name=line.get(columns.title) or None,
        lesson_number=_number(line, columns.number),
        card_iri=card,
        card_number=card_number,
        card_type=CARD_TYPES.get(line.get(columns.card_type).lower().replace("_", " ").replace("-", " ")),
        card_name=line.get(columns.card_title) or None,
        group_name=group or None,
        team_name=team or None,
        cohort_name=cohort,
        delivered_at=delivered_at,
        due_on=due_on,
        extra=table.extra(line, columns.known()),
    )
    count = _number(line, columns.card_count) or 0
    if count > MOST_CARDS:
        raise Fault(columns.card_count or "", f"a lesson of more than {MOST_CARDS} cards: have columns slipped?")
    cards = (
        CourseRow(
            line=line.number, lesson_iri=lesson, lesson_name=None, lesson_number=None,
            card_iri=f"{lesson.rstrip('/')}/card/{number}", card_number=number, card_type=None, card_name=None,
            group_name=None, team_name=None, cohort_name=None, delivered_at=None, due_on=None, extra={},
        )
        for number in range(1, count + 1)
    )  # fmt: skip
    return [row, *cards] if card is None else [row]


def _delivery(line: Line, columns: _Columns, cohort: str | None) -> tuple[str | None, str | None]:
    """When the lesson is delivered and due, in ISO 8601; both None where the line plans no delivery."""
    sent, due = line.get(columns.delivered), line.get(columns.due)
    if not sent and not due:
        return None, None
    if cohort is None:
        raise Fault(columns.delivered or columns.due or "", "a delivery needs a Group, a Team or a Cohort")
    last_day = _moment(due, columns.due).date() if due else None
    at = _moment(sent, columns.delivered) if sent else _moment(due, columns.due)
    if last_day and last_day < at.date():
        raise Fault(columns.due or "", "due before it is delivered")
    return at.isoformat(), (last_day or at.date()).isoformat()


def _moment(text: str, column: str | None) -> datetime:
    """A date or time in ISO 8601; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        reason = f"{text[:40]!r} is no date: write 2026-03-31, or 2026-03-31T09:00+02:00 with a time"
        raise Fault(column or "", reason) from error
    if not date(1990, 1, 1) <= moment.date() <= date(2200, 1, 1):
        raise Fault(column or "", f"the year {moment.year} cannot be right")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(line: Line, column: str | None) -> int | None:
    text = line.get(column)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= LARGEST_NUMBER):
        raise Fault(column or "", f"{text[:40]!r} is no whole number")
    return int(text)
