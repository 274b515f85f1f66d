"""Lines of traffic as xAPI statements in the style of 7taps: bare IRIs of lessons and cards, mails as actors.

Belongs here: verbs, identifiers, and the text of each line, a function of the line alone. Not here: what happened
(history.py) and when it arrives (noise.py). Every right statement is valid by 1.0.3 and by 2.0.0, every wrong one by
neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
from msgspec import Raw

from lrs_platform.simulate.company import Company, Device, Identity, Learner
from lrs_platform.simulate.course import Card, CardKind, Lesson, option_id
from lrs_platform.simulate.history import Attempt, Event, History, Kind
from lrs_platform.simulate.noise import Flaw, Form
from lrs_platform.simulate.words import FORMS, TEXTS
from lrs_platform.simulate.zones import SECOND

VERBS = {
    Kind.LAUNCHED: ("http://adlnet.gov/expapi/verbs/launched", "launched"),
    Kind.STARTED: ("http://activitystrea.ms/schema/1.0/start", "started"),
    Kind.EXPERIENCED: ("http://adlnet.gov/expapi/verbs/experienced", "viewed card"),
    Kind.ANSWERED: ("http://adlnet.gov/expapi/verbs/answered", "answered"),
    Kind.COMPLETED: ("http://adlnet.gov/expapi/verbs/completed", "completed"),
    Kind.PASSED: ("http://adlnet.gov/expapi/verbs/passed", "passed"),
    Kind.FAILED: ("http://adlnet.gov/expapi/verbs/failed", "failed"),
    Kind.VOIDED: ("http://adlnet.gov/expapi/verbs/voided", "voided"),
}
ACTIVITY_TYPES = {
    CardKind.CONTENT: "http://activitystrea.ms/schema/1.0/page",
    CardKind.VIDEO: "https://w3id.org/xapi/video/activity-type/video",
}
LESSON_TYPE = "http://adlnet.gov/expapi/activities/lesson"
COURSE_TYPE = "http://adlnet.gov/expapi/activities/course"
INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"
INTERACTION_TYPES = {
    CardKind.QUIZ: "choice",
    CardKind.POLL: "choice",
    CardKind.FREE_TEXT: "long-fill-in",
    CardKind.FORM: "other",
}
SIGN_ON = "https://login.example.com"
ADMINISTRATOR = {"objectType": "Agent", "mbox": "mailto:administrator@learning.example.com"}
PLATFORM = "7taps"

# The property at which the standard is broken: what a refusal has to name; "" where the text is no JSON.
FLAWED_PROPERTY = {
    Flaw.VERB_MISSING: "verb",
    Flaw.SCORE_OUT_OF_RANGE: "result.score.scaled",
    Flaw.RESPONSE_NULL: "result.response",
    Flaw.MBOX_WITHOUT_SCHEME: "actor.mbox",
    Flaw.TWO_IDENTIFIERS: "actor",
    Flaw.DAY_THAT_IS_NOT: "timestamp",
    Flaw.ID_NO_UUID: "id",
    Flaw.OBJECT_NO_IRI: "object.id",
    Flaw.UNKNOWN_PROPERTY: "grade",
    Flaw.DURATION_IN_WORDS: "result.duration",
    Flaw.REGISTRATION_NO_UUID: "context.registration",
    Flaw.BROKEN_OFF: "",
}
_SPOIL: dict[Flaw, Callable[[dict[str, Any]], object]] = {
    Flaw.VERB_MISSING: lambda statement: statement.pop("verb"),
    Flaw.SCORE_OUT_OF_RANGE: lambda statement: statement.update(result={"score": {"scaled": 85}}),
    Flaw.RESPONSE_NULL: lambda statement: statement.update(result={"response": None}),
    Flaw.MBOX_WITHOUT_SCHEME: lambda statement: statement.update(actor={"mbox": "someone@example.com"}),
    Flaw.TWO_IDENTIFIERS: lambda statement: statement.update(
        actor={"mbox": "mailto:someone@example.com", "account": {"homePage": SIGN_ON, "name": "someone"}}
    ),
    Flaw.DAY_THAT_IS_NOT: lambda statement: statement.update(timestamp="2026-02-30T08:15:00.000Z"),
    Flaw.ID_NO_UUID: lambda statement: statement.update(id=statement["id"][:-1]),
    Flaw.OBJECT_NO_IRI: lambda statement: statement.update(object={"id": "working-safely/card/1"}),
    Flaw.UNKNOWN_PROPERTY: lambda statement: statement.update(grade="A"),
    Flaw.DURATION_IN_WORDS: lambda statement: statement.update(result={"duration": "2 minutes"}),
    Flaw.REGISTRATION_NO_UUID: lambda statement: statement["context"].update(registration="first-attempt"),
}

_encode = msgspec.json.Encoder().encode


def mailbox(learner: Learner, identity: Identity) -> str:
    """The mbox that a device of that identity sends, or hashes."""
    local, domain = learner.email.split("@")
    return f"mailto:{local}@{domain.title() if identity is Identity.MBOX_CASE else domain}"


def actor_of(learner: Learner, device: Device) -> dict[str, Any]:
    """The actor that a device names."""
    mbox = mailbox(learner, device.identity)
    if device.identity is Identity.ACCOUNT:
        return {"objectType": "Agent", "account": {"homePage": SIGN_ON, "name": learner.email}}
    if device.identity is Identity.MBOX_SHA1SUM:  # the standard demands SHA-1 (1.0.3, Data 2.4.2.3)
        return {"objectType": "Agent", "mbox_sha1sum": hashlib.sha1(mbox.encode(), usedforsecurity=False).hexdigest()}
    return {"objectType": "Agent", "name": learner.name, "mbox": mbox}


def written_time(at: int, offset: int | None = None) -> str:
    """An instant (ms since 1970) by RFC 3339: in UTC with Z, or in local time with `offset` (ms)."""
    zone = UTC if offset is None else timezone(timedelta(milliseconds=offset))
    moment = datetime.fromtimestamp(at // SECOND, zone).replace(microsecond=at % SECOND * 1000)
    text = moment.isoformat(timespec="milliseconds")
    return text[:-6] + "Z" if offset is None else text


def scaled_score(right: int, lesson: Lesson) -> float:
    """The scaled score that is sent for so many right answers."""
    return round(right / lesson.items, 4)


class Pen:
    """Writes lines. Everything that comes again is encoded once: actors, verbs, activities, contexts."""

    def __init__(self, seed: int, company: Company, history: History) -> None:
        self._key = str(seed).encode()[:64]
        self._events = history.events
        self._attempts = history.attempts
        self._company = company
        self._lessons = history.catalogue.lessons
        self._verbs = [
            Raw(_encode({"id": verb, "display": {"en-US": shown}}))
            for _, (verb, shown) in sorted(VERBS.items(), key=lambda item: item[0])
        ]
        self._actors: dict[int, Raw] = {}
        for person in company.people:
            for device in person.devices:
                self._actors[device.ordinal] = Raw(_encode(actor_of(person, device)))
        self._about = [Raw(_encode(_lesson_activity(lesson))) for lesson in self._lessons]
        self._cards = [
            [Raw(_encode(_card_activity(lesson, card))) for card in lesson.cards] for lesson in self._lessons
        ]
        self._in_course = [Raw(_encode({"grouping": [_course_activity(lesson)]})) for lesson in self._lessons]
        self._in_lesson = [
            Raw(_encode({"parent": [{"id": lesson.iri}], "grouping": [_course_activity(lesson)]}))
            for lesson in self._lessons
        ]

    def statement_id(self, ordinal: int) -> str:
        """Id of the statement about an event."""
        return self._uuid(b"statement", ordinal)

    def registration(self, attempt: int) -> str:
        """Registration of an attempt."""
        return self._uuid(b"attempt", attempt)

    def stamp(self, event: Event) -> int:
        """What the device's clock shows at an event, ms since 1970: the statement's timestamp."""
        if event.kind is Kind.VOIDED:
            return event.at
        return event.at + self._company.devices[self._attempts[event.attempt].device].skew_ms

    def line(self, ordinal: int, form: int, flaw: int = 0) -> bytes:
        """The statement about event `ordinal`, in one of the forms, as JSON without line break."""
        event = self._events[ordinal]
        if event.kind is Kind.VOIDED:
            return _encode(self._voiding(event))
        conflict = form == Form.CONFLICT
        statement = self._statement(event, conflict)
        if form != Form.WRONG:
            return _encode(statement)
        statement["id"] = self._uuid(b"wrong", ordinal)
        if flaw == Flaw.BROKEN_OFF:
            text = _encode(statement)
            return text[: len(text) * 2 // 3]
        _SPOIL[Flaw(flaw)](statement)
        return _encode(statement)

    def _statement(self, event: Event, conflict: bool) -> dict[str, Any]:
        """The statement; with `conflict` another one under its id, some minutes later and otherwise answered."""
        attempt = self._attempts[event.attempt]
        lesson = attempt.lesson
        on_card = event.card >= 0
        statement: dict[str, Any] = {
            "id": self.statement_id(event.ordinal),
            "actor": self._actors[attempt.device],
            "verb": self._verbs[event.kind],
            "object": self._cards[lesson][event.card] if on_card else self._about[lesson],
        }
        result = self._result(event, attempt, conflict)
        if result:
            statement["result"] = result
        statement["context"] = {
            "registration": self.registration(attempt.ordinal),
            "contextActivities": (self._in_lesson if on_card else self._in_course)[lesson],
            "platform": PLATFORM,
        }
        device = self._company.devices[attempt.device]
        stamp = event.at + device.skew_ms + (SECOND + event.ordinal % 900 * SECOND if conflict else 0)
        offset = self._company.people[attempt.learner].zone.offset(stamp) if device.local_offset else None
        statement["timestamp"] = written_time(stamp, offset)
        return statement

    def _result(self, event: Event, attempt: Attempt, conflict: bool) -> dict[str, Any]:
        kind = event.kind
        if kind is Kind.ANSWERED:
            return self._answer(event, self._lessons[attempt.lesson].cards[event.card], conflict)
        if kind is Kind.COMPLETED:
            return {"completion": True, "duration": f"PT{event.seconds:.1f}S"}
        if kind is Kind.PASSED or kind is Kind.FAILED:
            lesson = self._lessons[attempt.lesson]
            right = lesson.items - event.choice if conflict else event.choice
            return {
                "score": {"scaled": scaled_score(right, lesson), "raw": right, "min": 0, "max": lesson.items},
                "success": kind is Kind.PASSED,
            }
        return {}

    @staticmethod
    def _answer(event: Event, card: Card, conflict: bool) -> dict[str, Any]:
        choice = event.choice
        duration = f"PT{event.seconds:.1f}S"
        if card.item is not None:
            if conflict:
                choice = (choice + 1) % len(card.options)
            return {"success": choice == card.item.correct, "response": option_id(choice), "duration": duration}
        if card.poll is not None:
            response = option_id(choice)
        else:
            response = FORMS[choice] if card.kind is CardKind.FORM else TEXTS[choice]
        return {"response": response, "duration": duration}

    def _voiding(self, event: Event) -> dict[str, Any]:
        return {
            "id": self.statement_id(event.ordinal),
            "actor": ADMINISTRATOR,
            "verb": self._verbs[Kind.VOIDED],
            "object": {"objectType": "StatementRef", "id": self.statement_id(event.choice)},
            "timestamp": written_time(event.at),
        }

    def _uuid(self, purpose: bytes, ordinal: int) -> str:
        """A UUID of version 8 (RFC 9562: made by one's own rule), the same for the same seed."""
        text = hashlib.blake2b(b"%b/%d" % (purpose, ordinal), digest_size=16, key=self._key).hexdigest()
        return f"{text[:8]}-{text[8:12]}-8{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _course_activity(lesson: Lesson) -> dict[str, Any]:
    if not lesson.rich:
        return {"id": lesson.course_iri}
    return {"id": lesson.course_iri, "definition": {"name": {"en-US": lesson.course}, "type": COURSE_TYPE}}


def _lesson_activity(lesson: Lesson) -> dict[str, Any]:
    if not lesson.rich:
        return {"id": lesson.iri}
    return {"id": lesson.iri, "definition": {"name": {"en-US": lesson.name}, "type": LESSON_TYPE}}


def _card_activity(lesson: Lesson, card: Card) -> dict[str, Any]:
    """A card as the object of a statement; cards that ask something always say how (interactionType)."""
    interaction = INTERACTION_TYPES.get(card.kind)
    definition: dict[str, Any] = {"name": {"en-US": card.title}} if lesson.rich else {}
    if interaction is not None:
        definition |= {"type": INTERACTION, "interactionType": interaction}
        if lesson.rich and card.options:
            definition["choices"] = [
                {"id": option_id(number), "description": {"en-US": text}} for number, text in enumerate(card.options)
            ]
            if card.item is not None:
                definition["correctResponsesPattern"] = [option_id(card.item.correct)]
    elif lesson.rich:
        definition["type"] = ACTIVITY_TYPES[card.kind]
    return {"id": card.iri, "definition": definition} if definition else {"id": card.iri}
