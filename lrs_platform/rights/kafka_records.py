"""The log on Kafka without somebody: nobody reads their entries any more, and their records go as soon as
they may.

Belongs here: what log_entries.py does where the log is in Redis. A record cannot be changed, so an entry is noted as
erased (stream/kafka/erased.py), and its record is dropped at once where the archive has what else is in it, or with the
retention. The proof says which (docs/scale.md, "Kafka").
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lrs_platform.rights.log_entries import Removed
from lrs_platform.rights.subject import Subject
from lrs_platform.settings import Settings
from lrs_platform.stream.opening import open_kafka, open_kafka_index
from lrs_platform.stream.position import entry_ms

if TYPE_CHECKING:
    from lrs_platform.stream.kafka import KafkaIndex


async def remove(settings: Settings, subject: Subject, statement_ids: Iterable[str]) -> Removed:
    """Have nobody read the entries that name the person or are these statements. All of it must be loaded.

    Raises LogUnavailable.
    """
    wanted = set(statement_ids)
    index = open_kafka_index(settings)
    try:
        entry_ids, ids, records = await _entries_of(index, subject, wanted)
    finally:
        await index.close()
    log = open_kafka(settings)
    try:
        forgotten, first = await log.erase(
            entry_ids, sorted(wanted | ids), through=max((offset for offset, _ in records), default=-1)
        )
    finally:
        await log.close()
    kept = [ms for offset, ms in records if offset >= first]
    until = max(kept, default=0) / 1000 + timedelta(hours=settings.log_retention_hours).total_seconds()
    kept_until = datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds") if kept else ""
    return Removed(len(entry_ids), forgotten, len(kept), kept_until)


async def search(settings: Settings, subject: Subject) -> tuple[int, int]:
    """How many entries there are to be read, and how many of them name the person. Raises LogUnavailable."""
    looked = found = 0
    index = open_kafka_index(settings)
    try:
        async for _, entries in index.everything():
            looked += len(entries)
            found += sum(subject.is_in(entry.line.decode()) for entry in entries)
    finally:
        await index.close()
    return looked, found


async def _entries_of(
    index: KafkaIndex, subject: Subject, wanted: set[str]
) -> tuple[list[bytes], set[str], list[tuple[int, int]]]:
    """Ids of the entries, ids of their statements, offset and time of their records."""
    entry_ids, ids, records = list[bytes](), set[str](), list[tuple[int, int]]()
    async for record, entries in index.everything():
        theirs = []
        for entry in entries:
            statement_id = entry.line.split(b"\t", 2)[1].decode()
            if statement_id in wanted or subject.is_in(entry.line.decode()):
                theirs.append(entry.id)
                ids.add(statement_id)
        if theirs:
            entry_ids += theirs
            records.append((record.offset, entry_ms(record.first_id)))
    return entry_ids, ids, records
