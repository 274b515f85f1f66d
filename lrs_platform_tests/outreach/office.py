"""A small company with a lesson that was due, and reminders decided at any moment a test likes.

Everything of a test happens on one connection in one transaction that is never committed, so that it costs no database
of its own. Where learners stand is written into the mart as its refresh would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row

from lrs_platform.mcp_servers.warehouse import outreach
from lrs_platform.mcp_servers.warehouse.database import Connection
from lrs_platform.outreach.rules import Rules
from lrs_platform_tests.roster.company import Company

T = TypeVar("T")
ROSTER = """\
First Name,Last Name,Email,Group,Team,Time Zone,Language
Ada,Lovelace,ada@example.com,Engines,,UTC,
Ben,Bell,ben@example.com,Engines,,UTC,de
Cyd,Charisse,cyd@example.com,Engines,,UTC,
"""
LESSONS = """\
Slug,Title,Group,Delivered At,Due
fire,Fire safety,Engines,2026-03-02T06:00:00Z,2026-03-02
"""
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)  # the day on which the lesson is due
TUESDAY = datetime(2026, 3, 3, 10, tzinfo=UTC)
ON = Rules(dry_run=False)


class Office:
    """The company, and what the tools of the warehouse do in it."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._connection: Connection = self._runner.run(psycopg.AsyncConnection.connect(url, options="-c timezone=UTC"))
        self.rows("select 1")  # begins the transaction, within which those of the tools are savepoints

    def close(self) -> None:
        """Nothing has happened."""
        self._runner.run(self._connection.rollback())
        self._runner.run(self._connection.close())
        self._runner.close()

    def do(self, action: Callable[[Connection], Awaitable[T]]) -> T:
        async def run() -> T:
            return await action(self._connection)

        return self._runner.run(run())

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        async def run(connection: Connection) -> list[dict[str, Any]]:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(query.encode(), parameters)
            return await cursor.fetchall() if cursor.description else []

        return self.do(run)

    def decide(self, now: datetime = TUESDAY, rules: Rules = ON) -> dict[str, Any]:
        return self.do(lambda connection: outreach.decide(connection, rules, now))

    def following(self, now: datetime = TUESDAY, rules: Rules = ON, limit: int = 500) -> dict[str, Any]:
        return self.do(lambda connection: outreach.following(connection, rules, now, limit))

    def due(self, now: datetime = TUESDAY, rules: Rules = ON) -> list[str]:
        """Who is to get mail now, after a decision."""
        self.decide(now, rules)
        return sorted(str(each["to"]).partition("@")[0] for each in self.following(now, rules)["reminders"])

    def recorded(self, state: str, now: datetime = TUESDAY, *, retry_after: float | None = None) -> int:
        """Let the mail server have answered `state` to all that is to be sent."""
        return self.record(self.following(now)["reminders"], state, now, retry_after=retry_after)

    def record(
        self, reminders: list[dict[str, Any]], state: str, now: datetime, *, retry_after: float | None = None
    ) -> int:
        outcomes = [
            {"reminder_id": each["reminder_id"], "state": state, "message_id": f"<{each['key']}@x>",
             "reply": "said so", "retry_after": retry_after}
            for each in reminders
        ]  # fmt: skip
        return self.do(lambda connection: outreach.record(connection, outcomes, now))

    def says(self, person: str, choice: str) -> list[dict[str, Any]]:
        return self.do(lambda connection: outreach.choose(connection, person, choice, "page", "by letter"))

    def came_back(self, *reports: outreach.Report) -> dict[str, int]:
        return self.do(lambda connection: outreach.came_back(connection, list(reports), "webhook"))

    def stands(self, who: str, **columns: Any) -> None:
        """Where somebody stands in the lesson, as columns of mart.lesson_progress."""
        for name, value in columns.items():
            self.rows(
                f"update mart.lesson_progress set {name} = %(value)s where learner_id in "  # noqa: S608
                "(select learner_id from core.learner where mail = %(mail)s)",
                value=value,
                mail=f"{who}@example.com",
            )

    def lives_in(self, who: str, zone: str) -> None:
        self.rows("update core.learner set time_zone = %(zone)s where mail = %(m)s", zone=zone, m=f"{who}@example.com")

    def lesson_due(self, day: date) -> None:
        """The lesson is due on another day."""
        self.rows(
            "update core.assignment set due_on = %(day)s, delivered_at = %(day)s::date",
            day=day,
        )
        self.rows("update mart.lesson_progress set due_on = %(day)s, delivered_at = %(day)s::date", day=day)

    def another_lesson(self, slug: str, day: date) -> None:
        """A further lesson that everybody of the company was to do by `day`."""
        iri = f"https://7taps.example/{slug}"
        self.rows("insert into core.activity (iri, kind) values (%(iri)s, 'lesson')", iri=iri)
        self.rows(
            "insert into core.lesson select activity_id, iri, %(slug)s from core.activity where iri = %(iri)s",
            slug=slug,
            iri=iri,
        )
        self.rows(
            "insert into core.assignment select cohort_id, lesson_id, %(day)s, %(day)s from core.cohort, core.lesson "
            "where cohort.name = 'Engines' and lesson.iri = %(iri)s",
            day=day,
            iri=iri,
        )
        self._nobody_has_begun(iri)

    def join(self, number: int) -> None:
        """Further people come: n1@example.com and so on."""
        self.rows(
            "with new as (insert into core.learner (first_key, pseudonym, mail) "
            "select 'mailto:' || mail, core.pseudonym('mailto:' || mail), mail "
            "from (select 'n' || n || '@example.com' as mail from generate_series(1, %(number)s) as n) as made "
            "returning learner_id) insert into core.cohort_member (cohort_id, learner_id) "
            "select cohort_id, learner_id from new, core.cohort where name = 'Engines'",
            number=number,
        )
        self._nobody_has_begun("https://7taps.example/fire")

    def _nobody_has_begun(self, iri: str) -> None:
        for cohort in ("assignment.cohort_id", "0"):
            self.rows(
                "insert into mart.lesson_progress (cohort_id, learner_id, lesson_id, delivered_at, due_on, stage, "  # noqa: S608
                f"attempts, failed_attempts, scored_attempts, last_attempt_failed) select {cohort}, learner_id, "
                "lesson_id, delivered_at, due_on, 0, 0, 0, 0, false from core.assignment join core.lesson "
                "using (lesson_id) join core.cohort_member using (cohort_id) where iri = %(iri)s "
                "on conflict do nothing",
                iri=iri,
            )

    def reminders(self) -> dict[str, dict[str, Any]]:
        """The last decision about each, by the first part of the address."""
        found = self.rows(
            "select reminder.*, mail from outreach.reminder join core.learner using (learner_id) order by reminder_id"
        )
        return {(row["mail"] or "nobody").partition("@")[0]: row for row in found}

    def states(self) -> dict[str, tuple[str, str | None]]:
        return {who: (row["state"], row["why"]) for who, row in self.reminders().items()}


def decided_in(company: Company, now: datetime = TUESDAY) -> dict[str, Any]:
    """Decide in a company, for good."""
    return company.do(lambda connection: outreach.decide(connection, ON, now))
