"""A plain LRS with plain marts, in Python: every figure of the truth computed again from lines and files alone.

Belongs here: what somebody would compute who knows the standard and the definitions in truth.json, but nothing of the
simulator. Nothing is imported from lrs_platform.simulate.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from itertools import pairwise
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version

Moment = int  # ms since 1970
DAY = 86_400_000


def moment(text: str) -> Moment:
    """A timestamp in ms."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def local_day(at: Moment, zone: str) -> str:
    """The calendar day in a time zone."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).date().isoformat()


def monday(day: str) -> str:
    """The Monday on or before a calendar day."""
    when = date.fromisoformat(day)
    return (when - timedelta(days=when.weekday())).isoformat()


def days_between(first: str, last: str) -> int:
    """Days from one calendar day to another."""
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).days


class Lrs:
    """Takes lines as they come: the first statement under an id stands, wrong ones are refused."""

    def __init__(self) -> None:
        self.raw: dict[str, bytes] = {}
        self.duplicates = 0
        self.conflict_ids: list[str] = []
        self.rejected: list[tuple[int, str]] = []  # line, property at fault

    def receive(self, lines: Iterable[bytes]) -> None:
        """Take the lines of a sender."""
        for number, line in enumerate(lines, start=1):
            try:
                (statement,) = parse(line, Version.V1_0_3).statements
            except StatementInvalid as error:
                self.rejected.append((number, error.property))
                continue
            assert statement.id is not None
            before = self.raw.setdefault(statement.id, line)
            if before is not line:
                if before == line:
                    self.duplicates += 1
                else:
                    self.conflict_ids.append(statement.id)

    @cached_property
    def statements(self) -> list[dict[str, Any]]:
        """What stands, voided or not, in the order of arrival."""
        return [json.loads(line) for line in self.raw.values()]


@dataclass
class Attempt:
    """The statements of one registration."""

    registration: str
    person: str
    lesson: str
    events: list[tuple[Moment, str, int, dict[str, Any]]] = field(default_factory=list)  # at, verb, card, result

    @property
    def first(self) -> Moment:
        return min(at for at, *_ in self.events)

    @property
    def last(self) -> Moment:
        return max(at for at, *_ in self.events)

    @property
    def done_at(self) -> Moment | None:
        return min((at for at, verb, *_ in self.events if verb in ("completed", "passed")), default=None)

    @property
    def passed(self) -> bool | None:
        verbs = {verb for _, verb, *_ in self.events}
        return True if "passed" in verbs else False if "failed" in verbs else None

    @property
    def score(self) -> float | None:
        given = [result["score"]["scaled"] for _, _, _, result in self.events if "score" in result]
        verdicts = [answer["success"] for answer in self.answers().values() if "success" in answer]
        return given[0] if given else fmean(verdicts) if verdicts else None

    @property
    def on_task(self) -> int:
        times = sorted(at for at, *_ in self.events)
        return sum(min(later - earlier, 300_000) for earlier, later in pairwise(times))

    def furthest(self, cards: int) -> int:
        """Number of the furthest card reached."""
        return cards if self.done_at is not None else max(card for _, _, card, _ in self.events)

    def stage(self, cards: int) -> int:
        """1 opened, 2 started, 3 half, 4 completed, 5 passed."""
        if self.passed:
            return 5
        if self.done_at is not None:
            return 4
        if self.furthest(cards) >= math.ceil(cards / 2):
            return 3
        return 2 if any(verb != "launched" for _, verb, *_ in self.events) else 1

    def answers(self) -> dict[int, dict[str, Any]]:
        """First answer by card."""
        first: dict[int, dict[str, Any]] = {}
        for _, verb, card, result in sorted(self.events, key=lambda event: event[0]):
            if verb == "answered":
                first.setdefault(card, result)
        return first


class Marts:
    """Figures from the statements of an LRS, the roster, the course file and the schedule."""

    def __init__(self, lrs: Lrs, roster: str, lessons: str, schedule: str) -> None:
        self.roster = {row["Email"]: row for row in csv.DictReader(io.StringIO(roster))}
        self.cards = defaultdict(list)
        for row in csv.DictReader(io.StringIO(lessons)):
            self.cards[row["Lesson URL"]].append(row)
        self.schedule: dict[tuple[str, str], list[tuple[str, Moment]]] = defaultdict(list)
        for row in csv.DictReader(io.StringIO(schedule)):
            self.schedule[row["Group"], row["Team"]].append((row["Lesson URL"], moment(row["Delivered At"])))
        self._by_sha1 = {
            hashlib.sha1(f"mailto:{mail}".encode(), usedforsecurity=False).hexdigest(): mail for mail in self.roster
        }
        everything = lrs.statements
        self.voided = {s["object"]["id"] for s in everything if s["verb"]["id"].endswith("/voided")}
        self.record = [s for s in everything if s["id"] not in self.voided and not s["verb"]["id"].endswith("/voided")]
        self.attempts: dict[str, Attempt] = {}
        self.keys: dict[str, set[str]] = defaultdict(set)
        self.times: dict[str, list[Moment]] = defaultdict(list)
        for statement in self.record:
            self._take(statement)
        self.by_person: dict[str, list[Attempt]] = defaultdict(list)
        for attempt in sorted(self.attempts.values(), key=lambda attempt: attempt.first):
            self.by_person[attempt.person].append(attempt)

    def person(self, actor: dict[str, Any]) -> tuple[str, str]:
        """The mail of an actor, by the roster where only its hash is there, and the key of the actor."""
        if "mbox_sha1sum" in actor:
            return self._by_sha1[actor["mbox_sha1sum"]], actor["mbox_sha1sum"]
        if "account" in actor:
            return actor["account"]["name"], f"{actor['account']['homePage']}|{actor['account']['name']}"
        return actor["mbox"].removeprefix("mailto:").lower(), actor["mbox"].lower()

    def _take(self, statement: dict[str, Any]) -> None:
        person, key = self.person(statement["actor"])
        self.keys[person].add(key)
        at = moment(statement["timestamp"])
        self.times[person].append(at)
        lesson, _, card = statement["object"]["id"].partition("/card/")
        verb = statement["verb"]["id"].rpartition("/")[2]
        registration = statement["context"]["registration"]
        attempt = self.attempts.setdefault(registration, Attempt(registration, person, lesson))
        assert (attempt.person, attempt.lesson) == (person, lesson)
        attempt.events.append((at, verb, int(card or 0), statement.get("result", {})))

    def assigned(self, lesson: str) -> set[str]:
        """Mails of those to whom a lesson was delivered."""
        cohorts = {cohort for cohort, sent in self.schedule.items() if lesson in {iri for iri, _ in sent}}
        return {mail for mail, row in self.roster.items() if (row["Group"], row["Team"]) in cohorts}

    def of_lesson(self, lesson: str) -> list[Attempt]:
        """Attempts at a lesson."""
        return [attempt for attempt in self.attempts.values() if attempt.lesson == lesson]

    def funnel(self, lesson: str, cards: int) -> list[int]:
        """Assigned, opened, started, half, completed, passed."""
        furthest = dict.fromkeys(self.assigned(lesson), 0)
        for attempt in self.of_lesson(lesson):
            if attempt.person in furthest:
                furthest[attempt.person] = max(furthest[attempt.person], attempt.stage(cards))
        return [sum(stage >= number for stage in furthest.values()) for number in range(6)]

    def first_attempts(self, lesson: str) -> list[Attempt]:
        """Everybody's first attempt at a lesson."""
        return [next(a for a in mine if a.lesson == lesson) for mine in self.by_person.values()
                if any(a.lesson == lesson for a in mine)]  # fmt: skip

    def completed_at(self, person: str, lesson: str) -> Moment | None:
        """First completion."""
        times = [a.done_at for a in self.by_person[person] if a.lesson == lesson and a.done_at is not None]
        return min(times, default=None)

    @cache  # noqa: B019 - one object for the whole module of tests
    def days(self, person: str) -> list[str]:
        """Active days in the time zone of the roster, else in UTC; in order."""
        zone = self.roster[person]["Time Zone"] if person in self.roster else "UTC"
        return sorted({local_day(at, zone) for at in self.times[person]})

    def active(self, period: str) -> dict[str, int]:
        """Distinct learners of the roster by day, week or month, named by its first day."""
        people: dict[str, set[str]] = defaultdict(set)
        for person in self.times:
            for day in self.days(person):
                people[{"day": day, "week": monday(day), "month": f"{day[:8]}01"}[period]].add(person)
        return {first: len(known & self.roster.keys()) for first, known in people.items()}


def longest_run(days: list[str]) -> int:
    """Most days in a row."""
    known = {datetime.fromisoformat(day) for day in days}
    best = 0
    for day in known:
        if day - timedelta(days=1) not in known:
            length = 1
            while day + timedelta(days=length) in known:
                length += 1
            best = max(best, length)
    return best


def options(answers: Iterable[dict[str, Any]]) -> Counter[str]:
    """Responses counted."""
    return Counter(answer["response"] for answer in answers)
