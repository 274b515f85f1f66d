"""The archive without somebody: days that name them are written anew, and all days are searched.

Belongs here: what becomes of each archived statement, which is what became of its row in the warehouse, so that the two
stay equal. Not here: files of statements that people put into the archive's directory (files.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta

from lrs_platform.archive.days import Archive, Batch
from lrs_platform.rights.subject import Subject, unescaped
from lrs_platform.settings import Settings


def rewrite(settings: Settings, subject: Subject, statement_ids: Collection[str]) -> Counter[str]:
    """Remove the person's statements, and these, from the archive; rewrite those that name them. How many of each."""
    archive, gone, done = Archive.of(settings), frozenset(statement_ids), Counter[str]()
    for day in archive.days():
        if any(_concerns(line, subject, gone) for batch in archive.batches(day) for line in batch):
            archive.put(day, _without(archive, day, subject, gone, done))
    return +done


def search(settings: Settings, subject: Subject) -> tuple[int, list[str]]:
    """How many files were searched, and which of them name the person."""
    archive = Archive.of(settings)
    days = archive.days()
    found = [day for day in days if any(subject.is_in(line) for batch in archive.batches(day) for line in batch)]
    return len(days), [archive.place(day) for day in found]


def expire(settings: Settings, kept_days: float, *, dry_run: bool = False) -> int:
    """Remove the days that are over for longer than so many days; how many."""
    archive = Archive.of(settings)
    before = (datetime.now(UTC) - timedelta(days=kept_days + 1)).date()
    gone = [day for day in archive.days() if day < before]
    for day in () if dry_run else gone:
        archive.remove(day)
    return len(gone)


def _concerns(line: str, subject: Subject, gone: Collection[str]) -> bool:
    return line.split("\t", 2)[1] in gone or subject.is_in(line)


def _without(
    archive: Archive, day: date, subject: Subject, gone: Collection[str], done: Counter[str]
) -> Iterator[Batch]:
    for batch in archive.batches(day):
        left = []
        for line in batch:
            if not _concerns(line, subject, gone):
                left.append(line)
                continue
            *place, authority, raw = line.split("\t", 4)
            fate, without = subject.fate(raw)
            if fate == "erase" or place[1] in gone:
                done["removed"] += 1
            else:
                done["rewritten"] += 1
                left.append("\t".join((*place, _unnamed(authority, subject), without)))
        yield left


def _unnamed(text: str, subject: Subject) -> str:
    """A JSON text without the person; where only JSON's escapes hide them, without those."""
    without = subject.without(text)
    return subject.without(unescaped(without)) if subject.is_in(without) else without
