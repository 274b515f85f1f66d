"""A simulation as files: statements, truth, roster, lessons and schedule.

Belongs here: what the files look like. Not here: what is in a statement (statements.py) or in the truth (truth/).
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from lrs_platform.simulate.company import Company
from lrs_platform.simulate.course import Catalogue, option_id
from lrs_platform.simulate.history import History
from lrs_platform.simulate.statements import written_time

STATEMENTS, TRUTH, ROSTER, LESSONS, SCHEDULE = (
    "statements.jsonl.gz",
    "truth.json",
    "roster.csv",
    "lessons.csv",
    "schedule.csv",
)
GZIP_LEVEL = 2  # statements repeat themselves: level 9 takes six times as long for a file a quarter smaller
SHOWN_EVERY = 1000  # lines between two calls of `watch`


def roster_csv(company: Company) -> str:
    """The roster as 7taps exports it, with the time zone as one more column. Guests are not in it."""
    rows = (
        (person.first_name, person.last_name, person.email, person.cohort.group, person.cohort.team, person.zone.name)
        for person in company.roster
        if person.cohort is not None
    )
    return _csv(("First Name", "Last Name", "Email", "Group", "Team", "Time Zone"), rows)


def lessons_csv(catalogue: Catalogue) -> str:
    """The course file: a line a card, with its lesson and course. The pilot lesson is not in it."""
    header = (
        "Course URL", "Course", "Lesson URL", "Lesson", "Lesson Number", "Pass Mark",
        "Card", "Card URL", "Card Type", "Card Title", "Options", "Correct",
    )  # fmt: skip
    rows = (
        (
            lesson.course_iri,
            lesson.course,
            lesson.iri,
            lesson.name,
            lesson.ordinal + 1,
            lesson.pass_mark,
            card.number,
            card.iri,
            card.kind.value,
            card.title,
            "|".join(f"{option_id(number)}={text}" for number, text in enumerate(card.options)),
            option_id(card.item.correct) if card.item else "",
        )
        for lesson in catalogue.listed
        for card in lesson.cards
    )
    return _csv(header, rows)


def schedule_csv(company: Company, history: History) -> str:
    """Who is assigned what and since when: a line for each lesson that was delivered to a cohort.

    The time is the cohort's own, with its offset, because the day that it is due by is the cohort's.
    """
    rows = (
        (
            cohort.group,
            cohort.team,
            history.catalogue.lessons[delivery.lesson].iri,
            written_time(delivery.at, cohort.zone.offset(delivery.at)),
        )
        for cohort in company.cohorts
        for delivery in history.deliveries[cohort.ordinal]
    )
    return _csv(("Group", "Team", "Lesson URL", "Delivered At"), rows)


def write_statements(path: Path, lines: Iterator[bytes], watch: Callable[[int], None]) -> None:
    """Write lines gzipped; the same bytes each time (no time and no file name in gzip's header)."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0, compresslevel=GZIP_LEVEL) as zipped,
        io.BufferedWriter(zipped, 1 << 18) as buffer,
    ):
        count = 0
        for line in lines:
            buffer.write(line)
            buffer.write(b"\n")
            count += 1
            if count % SHOWN_EVERY == 0:
                watch(count)
        watch(count)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with the line breaks it has."""
    path.write_text(text, encoding="utf-8", newline="")


def truth_json(truth: object) -> str:
    """The truth as readable JSON."""
    return msgspec.json.format(msgspec.json.encode(truth), indent=1).decode() + "\n"


def _csv(header: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # RFC 4180: lines end in CR LF
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
