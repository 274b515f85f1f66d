"""The durable log on Kafka: the promises of durable_log.py by one topic with one partition, an offset, and Redis for
the rest.

Belongs here: how append, read, acknowledge and position are made of records and offsets. Redis, which holds the
credentials anyway, keeps the index of recent ids and the loader's lease. What this does not do is listed in
docs/scale.md.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import Any

from lrs_platform.stream.client import connect, unavailable
from lrs_platform.stream.durable_log import APPEND_SECONDS, Appended, Entry, Taken
from lrs_platform.stream.entries import LogEntry
from lrs_platform.stream.kafka.client import Reader, Topic, Writer, topic_of
from lrs_platform.stream.kafka.erased import ErasedEntries
from lrs_platform.stream.kafka.index import RECORDS_AT_ONCE, offset_after
from lrs_platform.stream.kafka.recent_ids import Known, Place, RecentIds
from lrs_platform.stream.kafka.record import Record, entry_id, in_records, index_of, packed, record_key
from lrs_platform.stream.lease import Lease
from lrs_platform.stream.looking import Looks
from lrs_platform.stream.position import LogPosition, entry_ms

REMEMBERED = 1000  # offsets whose ids are known
LOOK_SECONDS = 5.0  # to fetch one record that is there
# One record is wanted, not all behind it; and the next one at once, not after the backoff of a full queue (1 s).
SPARING = {"queued.min.messages": 1, "queued.max.messages.kbytes": 1024, "fetch.queue.backoff.ms": 5}
UNLIKELY_MS = 86_400_000  # a time so far off is none, as the mock cluster's 1234: the record itself has it
SKEW_MS = 1000  # clocks of brokers and of this machine: the watermark of an empty log stays so far behind ours


@dataclass(slots=True)
class _Unloaded:
    """A record that was read: which of its entries are not acknowledged yet."""

    offset: int
    last_id: str
    missing: set[int]


class KafkaLog:
    """The log of one platform; `client` are the options of librdkafka, bootstrap.servers among them."""

    def __init__(
        self, client: Mapping[str, Any], topic: str, group: str, redis_url: str, *,
        retention_hours: float = 24.0, replication: int = 3,
    ) -> None:  # fmt: skip
        self.stream, self.group = topic_of(topic), group
        self._retention = timedelta(hours=retention_hours)
        self._redis = connect(redis_url, answer_seconds=5)
        self._ids = RecentIds(self._redis, self.stream, self._retention)
        self._lease = Lease(self._redis, f"{{{self.stream}}}:lease:{group}")
        self._erased = ErasedEntries(self._redis, self.stream)
        self._left_out: frozenset[bytes] = frozenset()
        self._topic = Topic(client, self.stream, replication)
        self._has_topic = replication == 0  # then whoever runs Kafka has made it
        self._writer = Writer(client, self.stream)
        self._loading = Reader(client, self.stream, group)
        self._looking = Reader(
            {**client, **SPARING}, self.stream, group
        )  # positions and single entries; never the loader's place
        self._next: int | None = None  # offset that `read` goes on from
        self._waiting: deque[LogEntry] = deque()  # read from a record and not given yet
        self._unloaded: dict[tuple[int, int], _Unloaded] = {}  # by record_key, in the order of the log
        self._looks = Looks(self._look, shortest=0.005, longest=0.05)
        self._last_ids: dict[int, str] = {}  # offset -> id of the last entry before it

    async def close(self) -> None:
        """Close all connections."""
        await self._writer.close()
        await self._loading.close()
        await self._looking.close()
        await self._redis.aclose()

    # the gateway's side

    async def append(
        self, entries: Sequence[Entry], *, version: str, authority: bytes, known: Collection[str] = (), trace: str = ""
    ) -> Appended:
        """Append all entries in one record, with every replica in sync before this returns; or none where the log knows
        some of the ids. Raises LogUnavailable.

        A request of more than 4,096 statements is several records: it may be there in part where a broker dies.
        """
        wanted = [(index, entry) for index, entry in enumerate(entries) if entry.statement_id not in known]
        if not wanted:
            return Appended()
        await self.ensure_group()
        found = await self._reserved([entry for _, entry in wanted])
        if found:
            taken = [Taken(wanted[one.index][0], await self._raw(one.place)) for one in found]
            return Appended(taken=tuple(taken))
        newest = ""
        places: list[tuple[str, Place]] = []
        for part in in_records([entry for _, entry in wanted]):
            offset, ms = await self._writer.write(packed(part, version, authority), trace)
            if abs(ms - time.time() * 1000) > UNLIKELY_MS and (written := await self._looking.records(offset, 1, 5.0)):
                ms = written[0].ms
            ids = [entry_id(ms, offset, index) for index in range(len(part))]
            places += [(entry.statement_id, Place(offset, id_)) for entry, id_ in zip(part, ids, strict=True)]
            newest = ids[-1]
        with unavailable():
            await self._ids.settle(places)
        return Appended(newest=newest)

    async def find(self, statement_id: str) -> str:
        """Id of the entry that brought a statement, "" where the log does not know (any more)."""
        with unavailable():
            place = await self._ids.find(statement_id)
        return place.entry_id if place else ""

    async def entries_from(self, statement_id: str, count: int) -> list[LogEntry]:
        """The entry that brought a statement and those after it, `count` in all; [] where the log does not know it."""
        with unavailable():
            place = await self._ids.find(statement_id)
        if place is None:
            return []
        _, end = await self._looking.ends()
        offset, first, entries = place.offset, index_of(place.entry_id), list[LogEntry]()
        erased = await self._erased.all()
        while offset < end and len(entries) < first + count:
            records = await self._looking.records(offset, min(count, end - offset), LOOK_SECONDS)
            if not records or (offset == place.offset and records[0].offset != offset):
                break  # dropped since
            entries += [entry for record in records for entry in record.entries()]
            offset = records[-1].offset + 1
        return [entry for entry in entries[first:] if entry.id not in erased][:count]

    async def position(self, *, max_age_ms: float = 3.0) -> LogPosition:
        """Where the log stands; its lag counts requests, not statements. Raises LogUnavailable."""
        return await self._looks.position(max_age_ms)

    async def wait_loaded(self, upto: str, *, timeout_ms: int) -> bool:
        """The read barrier: wait until every entry up to `upto` is loaded; False when the time is over."""
        return await self._looks.wait_loaded(upto, timeout_ms)

    # the loader's side

    async def ensure_group(self) -> None:
        """Make the topic where it is missing; a group needs no making. Raises LogUnavailable.

        Before the first append, too: a topic that brokers make by themselves keeps what is not loaded for a week only.
        """
        if not self._has_topic:
            await self._topic.ensure()
            self._has_topic = True

    async def read(self, consumer: str, count: int, block_ms: int) -> list[LogEntry]:
        """Up to `count` entries behind the last ones read; waits up to `block_ms` for the first."""
        if not self._waiting:
            if self._next is None:
                self._next = await self._resume()
            most = min(count, RECORDS_AT_ONCE)
            found = await self._loading.records(self._next, most, block_ms / 1000)
            if not found and self._next < (await self._loading.ends())[1]:  # there is one, and it is on its way
                found = await self._loading.records(self._next, most, LOOK_SECONDS)
            for record in found:
                self._take(record)
            if found and not self._waiting:
                await self.ack(())  # all of it was erased
        return [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]

    async def claim(self, consumer: str, count: int, *, idle_ms: int, start: str = "0-0") -> tuple[str, list[LogEntry]]:
        """Go back to what is not acknowledged: `read` gives it again. Only one loader is at work, by its lease."""
        self._next = await self._resume()
        self._waiting.clear()
        self._unloaded.clear()
        return "0-0", []

    async def ack(self, ids: Sequence[bytes]) -> None:
        """Mark entries as loaded. The group's offset follows as far as nothing before it is missing."""
        for id_ in map(bytes.decode, ids):
            if (record := self._unloaded.get(record_key(id_))) is not None:
                record.missing.discard(index_of(id_))
        loaded = [(key, record) for key, record in takewhile(lambda each: not each[1].missing, self._unloaded.items())]
        if loaded:
            _, last = loaded[-1]
            await self._loading.commit(last.offset + 1, last.last_id)
            for key, _ in loaded:
                self._unloaded.pop(key, None)

    async def note_archived(self, upto_ms: int) -> None:
        """Remember that everything stored before this time is in the archive; `trim` keeps what is later."""
        with unavailable():
            await self._redis.set(self._archived_key, upto_ms)

    async def trim(self) -> int:
        """Drop records that are loaded, archived (where there is an archive) and older than the retention; how many."""
        first, end = await self._looking.ends()
        loaded, _ = await self._looking.committed()
        if loaded <= first:
            return 0
        keep_from = int(time.time() * 1000 - self._retention.total_seconds() * 1000)
        with unavailable():
            archived = await self._redis.get(self._archived_key)
        old = await self._looking.offset_at(min(keep_from, int(archived)) if archived is not None else keep_from)
        return await self._drop(first, min(loaded, old, end))

    async def erase(
        self, entry_ids: Collection[bytes], statement_ids: Sequence[str], *, through: int
    ) -> tuple[int, int]:
        """Have nobody read these entries again, and drop the records up to offset `through`, as far as they are loaded
        and archived: what the archive has, the log need not keep.

        Returns how many ids were forgotten, and the offset of the first record that is left. Only entries that are
        loaded may be erased. Raises LogUnavailable.
        """
        await self._erased.add(entry_ids)
        with unavailable():
            forgotten = await self._ids.forget(statement_ids)
            archived = await self._redis.get(self._archived_key)
        first, end = await self._looking.ends()
        if archived is not None:
            loaded, _ = await self._looking.committed()
            await self._drop(first, min(through + 1, loaded, await self._looking.offset_at(int(archived)), end))
            first, _ = await self._looking.ends()
        return forgotten, first

    async def set_back(self, entry_id: str) -> int:
        """Have everything behind an entry delivered again, as after a restore; how many records that is. No loader may
        be at work. Raises LogUnavailable.
        """
        offset = await offset_after(self._looking, entry_id)
        _, end = await self._looking.ends()
        if end:
            await self._loading.commit(offset, entry_id)
        return end - offset

    async def acquire_lease(self, holder: str, seconds: float) -> bool:
        """Take or renew the right to load; False while another holder has it. It ends by itself after `seconds`."""
        return await self._lease.acquire(holder, seconds)

    async def release_lease(self, holder: str) -> None:
        """Give the right to load back, where `holder` has it."""
        await self._lease.release(holder)

    async def is_durable(self) -> bool | None:
        """Whether every acknowledged record is on the disks of two brokers; None where they do not say."""
        config = await self._topic.config()
        if not config:
            return None
        return int(config.get("min.insync.replicas", 1)) >= 2 and config.get("flush.messages") == "1"

    # inside

    @property
    def _archived_key(self) -> str:
        return f"{{{self.stream}}}:archived"

    async def _reserved(self, entries: Sequence[Entry]) -> list[Known]:
        """Reserve the ids; what is known. Waits for other requests that bring some of them just now."""
        end = time.monotonic() + APPEND_SECONDS
        while True:
            with unavailable():
                found = await self._ids.reserve(entries)
            if all(one.place for one in found) or time.monotonic() > end:
                return found
            await asyncio.sleep(0.01)

    async def _raw(self, place: Place | None) -> bytes | None:
        """The statement at a place; None where it is not there (any more)."""
        if place is None:
            return None
        records = await self._looking.records(place.offset, 1, LOOK_SECONDS)
        if not records or records[0].offset != place.offset:
            return None
        entries = records[0].entries()
        index = index_of(place.entry_id)
        return entries[index].line.split(b"\t", 4)[4] if index < len(entries) else None

    async def _drop(self, first: int, upto: int) -> int:
        """Drop the records before an offset, and the notes that they were erased; how many records."""
        if upto <= first or not await self._topic.drop_before(upto):
            return 0
        _, end = await self._looking.ends()
        if upto < end and (left := await self._looking.records(upto, 1, LOOK_SECONDS)):
            await self._erased.forget_before(left[0].ms)
        return upto - first

    async def _resume(self) -> int:
        """Where loading goes on: the group's offset, else the first record there is."""
        self._left_out = await self._erased.all()
        loaded, _ = await self._loading.committed()
        first, _ = await self._loading.ends()
        return max(loaded, first)

    def _take(self, record: Record) -> None:
        entries = [entry for entry in record.entries() if entry.id not in self._left_out]
        missing = {index_of(entry.id.decode()) for entry in entries}
        self._waiting.extend(entries)
        self._unloaded[record_key(record.first_id)] = _Unloaded(record.offset, record.last_id, missing)
        self._next = record.offset + 1

    async def _look(self) -> LogPosition:
        loaded, delivered = await self._looking.committed()
        first, end = await self._looking.ends()
        loaded = max(loaded, first)
        newest, oldest = await self._last_id(end), ""
        if loaded > first and not delivered:  # a broker that keeps no notes
            delivered = await self._last_id(loaded)
        if loaded < end:
            records = await self._looking.records(loaded, 1, LOOK_SECONDS)
            oldest = records[0].first_id if records else ""
        now_ms = max(entry_ms(newest) + 1, int(time.time() * 1000) - SKEW_MS)
        return LogPosition(
            length=end - first, newest=newest, delivered=delivered, pending=0, oldest_pending="", lag=end - loaded,
            now_ms=now_ms, oldest_undelivered=oldest,
        )  # fmt: skip

    async def _last_id(self, end: int) -> str:
        """Id of the last entry before an offset, "" where there is none."""
        if end and end not in self._last_ids:
            records = await self._looking.records(end - 1, 1, LOOK_SECONDS)
            if not records:
                return ""
            if len(self._last_ids) > REMEMBERED:
                self._last_ids.clear()
            self._last_ids[end] = records[0].last_id
        return self._last_ids.get(end, "")
