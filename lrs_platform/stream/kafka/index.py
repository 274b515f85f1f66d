"""Reading the topic again, past the loader: which entries there are, and single ones in full (durable_log.py,
LogIndex).

Belongs here: from an entry's id to the offset of its record, and back. Kafka finds a record by its time or its offset
and by nothing else; an id has both, the time whole and eight bits of the offset.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from lrs_platform.stream.client import connect
from lrs_platform.stream.durable_log import IDS_AT_ONCE
from lrs_platform.stream.entries import LogEntry
from lrs_platform.stream.kafka.client import Reader, topic_of
from lrs_platform.stream.kafka.erased import ErasedEntries
from lrs_platform.stream.kafka.record import Record, record_key
from lrs_platform.stream.position import entry_key, entry_ms

RECORDS_AT_ONCE = 2000
FETCH_SECONDS = 5.0  # for a record that is there
GROUP = "rereading"  # librdkafka wants a name; nothing is committed under it


class KafkaIndex:
    """The entries of a log on Kafka, as they lie in it, without those that were erased."""

    def __init__(self, client: Mapping[str, Any], topic: str, redis_url: str) -> None:
        self.stream = topic_of(topic)
        self._reader = Reader(client, self.stream, GROUP)
        self._redis = connect(redis_url, answer_seconds=5)
        self._erased = ErasedEntries(self._redis, self.stream)
        self._place = ("", 0)  # an entry that was given last, and the offset where what follows it begins

    async def close(self) -> None:
        """Close the connections."""
        await self._reader.close()
        await self._redis.aclose()

    async def first(self) -> str:
        """Id of the oldest entry that is still there, "" where there is none. Raises LogUnavailable."""
        found = await self.page(after="", upto="+", count=1)
        return found[0].id.decode() if found else ""

    async def ids(self, *, after: str, upto: str, count: int = IDS_AT_ONCE, start: str = "-") -> list[tuple[str, str]]:
        """(log id, statement id) of up to `count` entries after log id `after` ("": from `start` on), up to `upto`.

        Raises LogUnavailable.
        """
        found = await self._some(after or _just_before(start), upto, count)
        return [(entry.id.decode(), entry.line.split(b"\t", 2)[1].decode()) for entry in found]

    async def page(self, *, after: str, upto: str, count: int) -> list[LogEntry]:
        """Up to `count` entries in full after log id `after` ("": from the first), up to `upto`. LogUnavailable."""
        return await self._some(after, upto, count)

    async def entries(self, log_ids: Sequence[str]) -> list[LogEntry]:
        """The entries with these ids that are still there, in full. Raises LogUnavailable."""
        wanted, found = sorted(set(log_ids), key=entry_key), list[LogEntry]()
        for _, of_record in itertools.groupby(wanted, key=record_key):
            ids = list(of_record)
            there = await self._some(_just_before(ids[0]), ids[-1], len(ids) + entry_key(ids[-1])[1])
            found += [entry for entry in there if entry.id.decode() in ids]
        return found

    async def everything(self) -> AsyncIterator[tuple[Record, list[LogEntry]]]:
        """Each record from the first to the last that is there now, with its entries. Raises LogUnavailable."""
        erased = await self._erased.all()
        offset, end = await self._reader.ends()
        while offset < end and (records := await self._reader.records(offset, RECORDS_AT_ONCE, FETCH_SECONDS)):
            for record in records:
                yield record, [entry for entry in record.entries() if entry.id not in erased]
            offset = records[-1].offset + 1

    async def _some(self, after: str, upto: str, count: int) -> list[LogEntry]:
        """Up to `count` entries between two ids, the first not included."""
        begin, last = entry_key(after), _end_of(upto)
        place, at = self._place
        _, end = await self._reader.ends()
        offset = at if after and after == place else await offset_after(self._reader, after)
        erased, found = await self._erased.all(), list[LogEntry]()
        while offset < end:
            records = await self._reader.records(offset, min(count, RECORDS_AT_ONCE), FETCH_SECONDS)
            if not records:
                break
            for record in records:
                for entry in record.entries():
                    key = entry_key(entry.id.decode())
                    if key > last or len(found) == count:
                        return found
                    if key > begin and entry.id not in erased:
                        found.append(entry)
                        self._place = (entry.id.decode(), record.offset)
                offset = record.offset + 1
        return found


async def offset_after(reader: Reader, entry_id: str) -> int:
    """Offset of the first record that has an entry behind `entry_id` ("": of the first there is); the end where there
    is none. Raises LogUnavailable.
    """
    offset, end = await reader.ends()
    if not entry_id:
        return offset
    found = await reader.offset_at(entry_ms(entry_id))
    if offset <= found < end:
        offset = found
    elif found >= end and not await _is_behind(reader, end, entry_id):
        return end  # else these brokers do not find by time: from the first on
    while offset < end:
        for record in await reader.records(offset, RECORDS_AT_ONCE, FETCH_SECONDS):
            if entry_key(record.last_id) > entry_key(entry_id):
                return record.offset
            offset = record.offset + 1
    return end


async def _is_behind(reader: Reader, end: int, entry_id: str) -> bool:
    """Whether the last record is behind `entry_id`."""
    records = await reader.records(end - 1, 1, FETCH_SECONDS) if end else []
    return any(entry_key(record.last_id) > entry_key(entry_id) for record in records)


def _just_before(start: str) -> str:
    """The id before the first that `start` means: an id, a time, or "-" for the first of all."""
    if start == "-":
        return ""
    ms, seq = entry_key(start)
    return f"{ms}-{seq - 1}"  # -1 is before the first of a time; only compared, never written


def _end_of(upto: str) -> tuple[float, float]:
    """The last key that `upto` means: an id, a time for all of it, or "+" for the last of all."""
    if upto == "+":
        return (math.inf, math.inf)
    return entry_key(upto) if "-" in upto else (int(upto), math.inf)
