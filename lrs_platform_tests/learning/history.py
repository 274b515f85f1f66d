"""Small histories for a warehouse: events written as the loader writes them, refreshes, and what the marts then say."""

from __future__ import annotations

import asyncio
import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from lrs_platform.semantic_model import semantic_model
from lrs_platform.warehouse.marts.refresh import Mode, Refreshed, refresh

SITE = "https://7taps.example"
VERBS = {
    "launched": "http://adlnet.gov/expapi/verbs/launched",
    "started": "http://activitystrea.ms/schema/1.0/start",
    "viewed": "http://adlnet.gov/expapi/verbs/experienced",
    "answered": "http://adlnet.gov/expapi/verbs/answered",
    "completed": "http://adlnet.gov/expapi/verbs/completed",
    "passed": "http://adlnet.gov/expapi/verbs/passed",
    "failed": "http://adlnet.gov/expapi/verbs/failed",
    "voided": "http://adlnet.gov/expapi/verbs/voided",
}
LESSON_TYPE = "http://adlnet.gov/expapi/activities/lesson"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday


def lesson_iri(lesson: str) -> str:
    return f"{SITE}/{lesson}"


def card_iri(lesson: str, card: int) -> str:
    return f"{SITE}/{lesson}/card/{card}"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event; `at` in UTC. `voids` names the event that it takes back."""

    who: str
    verb: str
    lesson: str = ""
    card: int | None = None
    at: datetime = START
    registration: uuid.UUID | None = None
    success: bool | None = None
    score: float | None = None
    response: str | None = None
    progress: float | None = None
    name: str | None = None
    voids: uuid.UUID | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def object_id(self) -> str:
        if self.voids:
            return str(self.voids)
        return lesson_iri(self.lesson) if self.card is None else card_iri(self.lesson, self.card)

    def row(self, position: int, stored: datetime) -> dict[str, Any]:
        """As a row of core.event."""
        of_card = self.card is not None
        return {
            "statement_id": self.id,
            "position": position,
            "stored": stored,
            "occurred_at": self.at,
            "actor_key": f"mailto:{self.who}@example.com" if self.who else "",
            "actor_name": self.who.capitalize() or None,
            "verb_id": VERBS[self.verb],
            "object_type": "StatementRef" if self.voids else "Activity",
            "object_id": self.object_id,
            "object_name": self.name,
            "activity_type": None if of_card or self.voids else LESSON_TYPE,
            "registration": self.registration,
            "parent_id": lesson_iri(self.lesson) if of_card else None,
            "score_scaled": self.score,
            "success": self.success,
            "response": self.response,
            "progress": self.progress,
        }


class Warehouse:
    """A warehouse under test. `load` is what the loader does, `refresh` what the server's tool does."""

    def __init__(self, writer: str, reader: str) -> None:
        self.writer, self.reader = writer, reader
        self.connection = psycopg.connect(writer, autocommit=True, options="-c timezone=UTC")
        self._next = 1_772_000_000_000 << 20

    def close(self) -> None:
        self.connection.close()

    def load(self, events: Iterable[Event], *, stored: datetime | None = None) -> None:
        """Write events in this order, in one transaction with its change; those that are there change nothing."""
        with self.connection.transaction():
            first, written, repeated = self._next, 0, 0
            for event in events:
                row = event.row(self._next, stored or event.at + timedelta(seconds=1))
                self._next += 1
                names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, row))
                places = psycopg.sql.SQL(", ").join(map(psycopg.sql.Placeholder, row))
                insert = psycopg.sql.SQL("insert into core.event ({}) values ({}) on conflict do nothing")
                added = self.connection.execute(insert.format(names, places), row).rowcount
                written, repeated = written + added, repeated + 1 - added
            self.change("load", from_position=first, upto_position=self._next, statements=written, duplicates=repeated)

    def change(self, kind: str, **columns: Any) -> None:
        """Say that something changed, as whoever changes core has to."""
        row = {"kind": kind, **columns}
        names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, row))
        places = psycopg.sql.SQL(", ").join(map(psycopg.sql.Placeholder, row))
        self.connection.execute(psycopg.sql.SQL("insert into core.change ({}) values ({})").format(names, places), row)

    def refresh(
        self,
        as_of: datetime,
        mode: Mode = "incremental",
        only: Sequence[str] = (),
        days: tuple[date, date] | None = None,
    ) -> Refreshed:
        async def run() -> Refreshed:
            async with await psycopg.AsyncConnection.connect(
                self.writer, autocommit=True, options="-c timezone=UTC"
            ) as connection:
                return await refresh(connection, mode=mode, as_of=as_of, only=only, days=days)

        return asyncio.run(run())

    def rows(self, query: str, parameters: Any = None) -> list[dict[str, Any]]:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), parameters).fetchall()

    def one(self, query: str, parameters: Any = None) -> dict[str, Any]:
        found = self.rows(query, parameters)
        assert len(found) == 1, found
        return found[0]

    def learner(self, who: str) -> int:
        """Id of a learner, made where there is none yet, as the roster import does."""
        key = f"mailto:{who}@example.com"
        found = self.rows("select learner_id from core.learner_key where actor_key = %s", (key,))
        if not found:
            found = self.rows(
                "insert into core.learner (first_key, pseudonym, mail)"
                " values (%s, core.pseudonym(%s), %s) returning learner_id",
                (key, key, key.removeprefix("mailto:")),
            )
            self.rows_changed("insert into core.learner_key values (%s, %s)", (key, found[0]["learner_id"]))
        return int(found[0]["learner_id"])

    def lesson(self, lesson: str) -> int:
        """Id of a lesson, made where there is none yet, as the course file import does."""
        self.rows_changed(
            "insert into core.catalogue (iri, kind, name) values (%s, 'lesson', null) on conflict do nothing",
            (lesson_iri(lesson),),
        )
        self.rows_changed("insert into core.activity (iri) values (%s) on conflict do nothing", (lesson_iri(lesson),))
        self.change("catalogue", activity_ids=[lesson_iri(lesson)])
        found = self.one("select activity_id from core.activity where iri = %s", (lesson_iri(lesson),))
        return int(found["activity_id"])

    def cohort(self, name: str, members: Sequence[str]) -> int:
        """Id of a cohort with these members from always to always."""
        cohort = self.rows(
            "insert into core.cohort (name) values (%s) on conflict (name) do update set name = excluded.name"
            " returning cohort_id",
            (name,),
        )[0]["cohort_id"]
        for who in members:
            self.rows_changed(
                "insert into core.cohort_member (cohort_id, learner_id) values (%s, %s) on conflict do nothing",
                (cohort, self.learner(who)),
            )
        self.change("roster", cohort_ids=[cohort])
        return int(cohort)

    def assign(self, cohort: int, lesson: str, delivered_at: datetime) -> None:
        self.rows_changed(
            "insert into core.assignment values (%s, %s, %s, %s) on conflict do nothing",
            (cohort, self.lesson(lesson), delivered_at, delivered_at.date()),
        )
        self.change("assignment", cohort_ids=[cohort])

    def rows_changed(self, command: str, parameters: Any = None) -> int:
        return self.connection.execute(command.encode(), parameters).rowcount

    def marts(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all marts, learners and activities by name, so that two warehouses can be compared."""
        learners = {row["learner_id"]: row["first_key"] for row in self.rows("select * from core.learner")}
        activities = {row["activity_id"]: row["iri"] for row in self.rows("select * from core.activity")}
        cohorts = {row["cohort_id"]: row["name"] for row in self.rows("select * from core.cohort")}
        names = {
            "learner_id": learners,
            "cohort_id": cohorts,
            **dict.fromkeys(("lesson_id", "card_id", "last_card_id", "card_ids"), activities),
        }
        found = {}
        for mart in semantic_model().marts.values():
            table = psycopg.sql.SQL("select * from {}").format(psycopg.sql.Identifier("mart", mart.name))
            with self.connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute(table).fetchall()
            found[mart.name] = sorted(
                (tuple(_plain(row[column.name], names.get(column.name)) for column in mart.columns) for row in rows),
                key=repr,
            )
        return found


def _plain(value: Any, names: dict[int, str] | None) -> Any:
    """A value that is the same in every warehouse: ids by their names, sums without the noise of their order."""
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else str(value)
    if names is None or value is None:
        return value
    return sorted(names[each] for each in value) if isinstance(value, list) else names[value]
