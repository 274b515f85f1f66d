"""An export of responses: what learners answered to polls, quizzes, forms and open questions, as statements.

Belongs here: the columns of such exports and the statement that a response becomes. 7taps sends progress as xAPI, but
what people answered comes in its CSV export alone. Two shapes: a line a response (a column Response), or a line a
person with a column for each question. No I/O.

A statement's id follows from who answered what where and when, so the same response imported twice is one statement.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lrs_platform.roster.lessons import CARD, CARD_ADDRESS, CARD_TITLE, CARD_TYPE, CARD_TYPES, Addresses, Fault
from lrs_platform.roster.people import FIRST_NAME, FULL_NAME, GROUP, LAST_NAME, MAIL, TEAM, Understood
from lrs_platform.roster.table import FileUnreadable, Line, Problem, Table
from lrs_platform.xapi.identifiers import fold_mbox, is_iri, is_mbox

NAMESPACE = uuid.UUID("0b2f3f0e-6a55-5a0c-9a0e-5d1c1ce7c0de")
LESSON = ("lesson url", "lesson iri", "course url", "url", "slug", "lesson slug", "course slug", "lesson", "course")
LESSON_TITLE = ("lesson title", "lesson name", "course title", "course name", "mini course", "lesson", "course")
QUESTION = ("question", "question text", "prompt", *CARD_TITLE)
RESPONSE = ("response", "answer", "responses", "text", "value")
AT = ("submitted at", "responded at", "answered at", "timestamp", "date", "time", "completed at")
CORRECT = ("correct", "is correct", "result")
ANSWERED = "http://adlnet.gov/expapi/verbs/answered"
INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"
LESSON_TYPE = "http://adlnet.gov/expapi/activities/lesson"
PLATFORM = "7taps"
TRUTH = {"true": True, "yes": True, "correct": True, "1": True, "false": False, "no": False, "wrong": False, "0": False}


@dataclass(frozen=True, slots=True)
class Response:
    """One response: its line, and the statement without an id. `seed` is what the id follows from."""

    line: int
    seed: str
    statement: dict[str, Any]

    def statement_id(self, generation: int) -> str:
        """The statement's id; a response whose statement was voided comes again under that of the next generation."""
        return str(uuid.uuid5(NAMESPACE, f"{generation}\n{self.seed}"))

    def named(self, generation: int) -> dict[str, Any]:
        """The statement with its id."""
        return {"id": self.statement_id(generation), **self.statement}


def voiding(statement_id: str, actor: dict[str, Any]) -> dict[str, Any]:
    """The statement that voids another (Data 2.3.2); always the same for the same one."""
    return {
        "id": str(uuid.uuid5(NAMESPACE, f"void\n{statement_id}")),
        "actor": actor,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": statement_id},
    }


def slugs_in(table: Table, lesson: str) -> list[str]:
    """Slugs to be looked up before `read_responses`."""
    column = table.column(*LESSON)
    values = {lesson} if lesson else {line.get(column) for line in table.lines}
    return sorted(value.strip("/") for value in values if value and "://" not in value)


def read_responses(table: Table, addresses: Addresses, lesson: str = "") -> Understood:
    """The responses of an export, as `Response`s. `lesson` is the lesson's address or slug where no column names it.

    Raises FileUnreadable where a column that is needed is missing.
    """
    columns = _Columns.of(table, lesson)
    found = Understood(problems=list(table.problems))
    seen: dict[str, int] = {}
    for line in table.lines:
        try:
            responses = [
                _response(line, columns, addresses, lesson, question, text) for question, text in columns.answers(line)
            ]
        except Fault as fault:
            found.problems.append(Problem(line.number, table.columns.get(fault.column, ""), fault.reason))
            continue
        if not responses:
            found.problems.append(Problem(line.number, "", "nothing was answered", fatal=False))
        for response in responses:
            earlier = seen.setdefault(response.seed, line.number)
            if earlier != line.number:
                found.problems.append(Problem(line.number, "", f"the same response as line {earlier}"))
                continue
            found.rows.append(response)
    return found


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column of an export holds what; `questions`, by their names in the file, where each has its own."""

    mail: str
    first: str | None
    last: str | None
    full: str | None
    lesson: str | None
    title: str | None
    question: str | None
    card: str | None
    card_address: str | None
    card_type: str | None
    at: str | None
    correct: str | None
    response: str | None
    questions: dict[str, str]

    @classmethod
    def of(cls, table: Table, lesson: str) -> _Columns:
        mail, response = table.column(*MAIL), table.column(*RESPONSE)
        lesson_column = table.column(*LESSON)
        if mail is None:
            raise FileUnreadable(f"no column Email: the columns are {', '.join(table.columns.values())}")
        if lesson_column is None and not lesson:
            raise FileUnreadable("no column says which lesson was answered: add Lesson URL, or name the lesson")
        known = {
            mail, lesson_column, *(
                table.column(*names)
                for names in (FIRST_NAME, LAST_NAME, FULL_NAME, GROUP, TEAM, LESSON_TITLE, CARD_TYPE, AT)
            ),
        }  # fmt: skip
        questions = {name: shown for name, shown in table.columns.items() if name not in known}
        if response is None and not questions:
            raise FileUnreadable("no column Response and no column of a question")
        return cls(
            mail, table.column(*FIRST_NAME), table.column(*LAST_NAME), table.column(*FULL_NAME), lesson_column,
            table.column(*(name for name in LESSON_TITLE if name != lesson_column)), table.column(*QUESTION),
            table.column(*CARD), table.column(*CARD_ADDRESS), table.column(*CARD_TYPE), table.column(*AT),
            table.column(*CORRECT), response, {} if response else questions,
        )  # fmt: skip

    def answers(self, line: Line) -> list[tuple[str, str]]:
        """Question and answer, of all that a line answers."""
        if self.response:
            text = line.get(self.response)
            return [(line.get(self.question), text)] if text else []
        return [(shown, line.get(name)) for name, shown in self.questions.items() if line.get(name)]


def _response(line: Line, columns: _Columns, addresses: Addresses, lesson: str, question: str, text: str) -> Response:
    mail = line.get(columns.mail).removeprefix("mailto:")
    if not is_mbox(f"mailto:{mail}"):
        raise Fault(columns.mail, f"{mail[:80]!r} is no mail address" if mail else "there is no mail address")
    lesson_iri = addresses.of(line.get(columns.lesson) or lesson, columns.lesson or "")
    card = _card(line, columns, lesson_iri, question)
    at = _moment(line, columns)
    mbox = fold_mbox(f"mailto:{mail}")
    name = " ".join(part for part in (line.get(columns.first), line.get(columns.last)) if part)
    name = name or line.get(columns.full)
    kind = CARD_TYPES.get(line.get(columns.card_type).lower())
    success = TRUTH.get(line.get(columns.correct).lower())
    definition: dict[str, Any] = {
        "type": INTERACTION,
        "interactionType": "long-fill-in" if kind in (None, "free_text", "form") else "other",
    }
    if question:
        definition["name"] = {"und": question}
    parent: dict[str, Any] = {"id": lesson_iri, "definition": {"type": LESSON_TYPE}}
    if line.get(columns.title):
        parent["definition"]["name"] = {"und": line.get(columns.title)}
    statement: dict[str, Any] = {
        "actor": {"mbox": mbox, "name": name} if name else {"mbox": mbox},
        "verb": {"id": ANSWERED},
        "object": {"id": card, "definition": definition},
        "result": {"response": text} | ({} if success is None else {"success": success}),
        "context": {"platform": PLATFORM, "contextActivities": {"parent": [parent]}},
    }
    if at:
        statement["timestamp"] = at
    return Response(line.number, "\n".join((mbox, card, at, text)), statement)


def _card(line: Line, columns: _Columns, lesson: str, question: str) -> str:
    """Address of the card: as given, by its number, else by its question."""
    address = line.get(columns.card_address)
    if address:
        if not is_iri(address):
            raise Fault(columns.card_address or "", f"{address[:80]!r} is no address")
        return address
    number = line.get(columns.card)
    if not number and (match := re.match(r"(?:card|q|question)?\s*(\d{1,4})\s*[.:)]", question, re.IGNORECASE)):
        number = match[1]
    if number.isascii() and number.isdigit():
        return f"{lesson.rstrip('/')}/card/{int(number)}"
    told = question or number
    if not told:
        raise Fault(columns.question or columns.card or "", "neither a card nor a question is named")
    return f"{lesson.rstrip('/')}/card/{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _moment(line: Line, columns: _Columns) -> str:
    text = line.get(columns.at)
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Fault(columns.at or "", f"{text[:40]!r} is no time: write 2026-03-31T09:00:00Z") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
