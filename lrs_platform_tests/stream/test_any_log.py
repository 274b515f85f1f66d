"""What any log promises (stream/durable_log.py), on Redis and on Kafka.

Kafka: the brokers of LRS_TEST_KAFKA (host:port), else Tansu, a broker in memory (conftest.py).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from lrs_platform.stream import Entry, StatementLog
from lrs_platform.stream.durable_log import DurableLog, LogIndex
from lrs_platform.stream.position import entry_key, entry_ms
from lrs_platform.stream.rereading import StreamIndex
from lrs_platform_tests.stream.conftest import REPLICATION

AUTHORITY = b'{"objectType":"Agent","account":{"homePage":"http://example.com","name":"test"}}'
Opening = Callable[..., DurableLog]
Indexing = Callable[[DurableLog], LogIndex]
Promise = Callable[[DurableLog], Awaitable[None]]


@pytest.fixture(params=["redis", "kafka"])
def opening(request: pytest.FixtureRequest, redis_url: str) -> Opening:
    """Opens one log, new in each test, as often as it is called."""
    name = f"test:{uuid.uuid4().hex}"
    if request.param == "redis":
        return partial(StatementLog, redis_url, name, "warehouse")
    from lrs_platform.stream.kafka import KafkaLog

    brokers = request.getfixturevalue("brokers")
    return partial(KafkaLog, {"bootstrap.servers": brokers}, name, "warehouse", redis_url, replication=REPLICATION)


@pytest.fixture
def indexing(request: pytest.FixtureRequest, redis_url: str) -> Indexing:
    """Opens a log to be read again."""

    def of(log: DurableLog) -> LogIndex:
        if isinstance(log, StatementLog):
            return StreamIndex(redis_url, log.stream)
        from lrs_platform.stream.kafka import KafkaIndex

        return KafkaIndex({"bootstrap.servers": request.getfixturevalue("brokers")}, log.stream, redis_url)

    return of


def holds(opening: Opening, promise: Promise) -> None:
    """Run a promise on a log."""

    async def run() -> None:
        log = opening()
        try:
            await log.ensure_group()
            await promise(log)
        finally:
            await log.close()

    asyncio.run(run())


def entries(count: int, *, fresh: bool = False) -> list[Entry]:
    """That many small statements under new ids."""
    return [Entry(str(uuid.uuid4()), b'{"n":%d}' % n, fresh) for n in range(count)]


async def append(log: DurableLog, batch: list[Entry], known: tuple[str, ...] = ()) -> str:
    appended = await log.append(batch, version="1.0.3", authority=AUTHORITY, known=known, trace="00-aa-bb-01")
    assert not appended.taken
    return appended.newest


async def read(log: DurableLog, count: int) -> list[tuple[str, bytes]]:
    """That many entries: id and line. Fewer where no more come within a time that is generous."""
    found: list[tuple[str, bytes]] = []
    for _ in range(60):
        if len(found) >= count:
            break
        found += [(entry.id.decode(), entry.line) for entry in await log.read("c", count - len(found), 500)]
    return found


def ids(found: list[tuple[str, bytes]]) -> list[bytes]:
    return [id_.encode() for id_, _ in found]


def test_entries_come_back_in_order_as_statement_lines(opening: Opening) -> None:
    async def promise(log: DurableLog) -> None:
        batches = [entries(3), entries(1, fresh=True), entries(50)]
        newest = [await append(log, batch) for batch in batches]
        found = await read(log, 54)
        sent = [entry for batch in batches for entry in batch]
        assert [line for _, line in found] == [
            b"\t".join((id_.encode(), entry.statement_id.encode(), b"1.0.3", AUTHORITY, entry.raw))
            for (id_, _), entry in zip(found, sent, strict=True)
        ]
        keys = [entry_key(id_) for id_, _ in found]
        assert keys == sorted(set(keys))
        assert [found[2][0], found[3][0], found[53][0]] == newest
        assert all(seq < 1 << 20 for _, seq in keys)  # ms * 2^20 + seq is a position in Postgres

    holds(opening, promise)


def test_a_known_id_stops_the_whole_request_and_its_statement_is_told(opening: Opening) -> None:
    async def promise(log: DurableLog) -> None:
        [first] = entries(1)
        await append(log, [first])
        second = entries(2)
        repeat = Entry(first.statement_id, b'{"n":"other"}')
        appended = await log.append([second[0], repeat, second[1]], version="1.0.3", authority=AUTHORITY)
        assert [(taken.index, taken.raw) for taken in appended.taken] == [(1, first.raw)]
        await append(log, [*second, first], known=(first.statement_id,))
        assert [line.split(b"\t")[1].decode() for _, line in await read(log, 3)] == [
            entry.statement_id for entry in (first, *second)
        ]

    holds(opening, promise)


def test_two_senders_of_one_id_at_once_append_it_once(opening: Opening) -> None:
    async def promise(log: DurableLog) -> None:
        batch = entries(1)
        answers = await asyncio.gather(*(log.append(batch, version="1.0.3", authority=AUTHORITY) for _ in range(8)))
        assert sum(not answer.taken for answer in answers) == 1
        assert {taken.raw for answer in answers for taken in answer.taken} == {batch[0].raw}

    holds(opening, promise)


def test_a_statement_is_found_by_its_id_with_what_came_after_it(opening: Opening) -> None:
    async def promise(log: DurableLog) -> None:
        batch = entries(4)
        await append(log, batch[:3])
        newest = await append(log, batch[3:])
        assert await log.find(batch[3].statement_id) == newest
        assert await log.find(str(uuid.uuid4())) == ""
        later = await log.entries_from(batch[1].statement_id, 10)
        assert [entry.line.split(b"\t")[4] for entry in later] == [entry.raw for entry in batch[1:]]
        assert [entry.trace for entry in later] == ["00-aa-bb-01"] * 3

    holds(opening, promise)


def test_what_is_read_and_not_acknowledged_is_given_again_to_the_next_loader(opening: Opening) -> None:
    async def promise(log: DurableLog) -> None:
        await append(log, entries(2))
        await append(log, entries(3))
        left = await read(log, 5)
        await log.ack(ids(left[:2]))
        other = opening()
        try:
            again: list[tuple[str, bytes]] = []
            cursor = "0-0"
            while True:
                cursor, claimed = await other.claim("c", 10, idle_ms=0, start=cursor)
                again += [(entry.id.decode(), entry.line) for entry in claimed]
                if cursor == "0-0":
                    break
            again += await read(other, 3 - len(again))
            assert again == left[2:]
            await other.ack(ids(again))
            assert (await other.position(max_age_ms=0)).is_loaded(left[-1][0])
        finally:
            await other.close()

    holds(opening, promise)


def test_a_batch_that_is_loaded_before_an_earlier_one_lets_nothing_be_lost(opening: Opening) -> None:
    """Two batches are in flight: the second may be through while the first fails."""

    async def promise(log: DurableLog) -> None:
        for _ in range(4):
            await append(log, entries(2))
        found = await read(log, 8)
        await log.ack(ids(found[4:]))
        position = await log.position(max_age_ms=0)
        assert not position.is_loaded(found[-1][0])
        assert position.backlog > 0
        assert position.watermark_ms < entry_ms(found[0][0])
        await log.ack(ids(found[:4]))
        position = await log.position(max_age_ms=0)
        assert position.is_loaded(found[-1][0])
        assert position.backlog == 0

    holds(opening, promise)


def test_the_watermark_stops_before_the_oldest_entry_that_is_not_loaded(opening: Opening) -> None:
    async def promise(log: DurableLog) -> None:
        old = await append(log, entries(1))
        await asyncio.sleep(0.01)
        new = await append(log, entries(1))
        position = await log.position(max_age_ms=0)
        assert (position.newest, position.backlog) == (new, 2)
        assert position.watermark_ms == entry_ms(old) - 1
        found = await read(log, 2)
        await log.ack(ids(found[:1]))
        position = await log.position(max_age_ms=0)
        assert position.is_loaded(old)
        assert not position.is_loaded(new)
        assert entry_ms(old) <= position.watermark_ms < entry_ms(new)
        await log.ack(ids(found[1:]))
        assert (await log.position(max_age_ms=0)).watermark_ms >= entry_ms(new) - 1

    holds(opening, promise)


def test_the_read_barrier_opens_when_the_entry_is_loaded_and_gives_up_when_it_is_not(opening: Opening) -> None:
    async def promise(log: DurableLog) -> None:
        newest = await append(log, entries(1))
        assert not await log.wait_loaded(newest, timeout_ms=30)
        found = await read(log, 1)
        waiting = asyncio.create_task(log.wait_loaded(newest, timeout_ms=30_000))
        await asyncio.sleep(0.02)
        await log.ack(ids(found))
        assert await waiting

    holds(opening, promise)


def test_an_empty_log_has_nothing_to_load(opening: Opening) -> None:
    async def promise(log: DurableLog) -> None:
        position = await log.position(max_age_ms=0)
        assert (position.newest, position.backlog, position.delivered) == ("", 0, "")
        assert position.is_loaded("")
        assert await log.read("c", 10, 10) == []

    holds(opening, promise)


def test_one_loader_at_a_time_holds_the_lease(opening: Opening) -> None:
    async def promise(log: DurableLog) -> None:
        assert await log.acquire_lease("a", 5)
        assert not await log.acquire_lease("b", 5)
        assert await log.acquire_lease("a", 5)
        await log.release_lease("b")
        assert not await log.acquire_lease("b", 5)
        await log.release_lease("a")
        assert await log.acquire_lease("b", 5)

    holds(opening, promise)


def test_trimming_never_drops_what_is_not_loaded(opening: Opening) -> None:
    async def promise(log: DurableLog) -> None:
        for _ in range(6):
            await append(log, entries(2))
        found = await read(log, 8)
        await log.ack(ids(found[:5]))
        await asyncio.sleep(0.01)
        await log.trim()
        other = opening()
        try:
            _, again = await other.claim("c", 100, idle_ms=0)
            left = {entry.line.split(b"\t")[1] for entry in again}
            left |= {line.split(b"\t")[1] for _, line in await read(other, 7 - len(left))}
            assert left >= {line.split(b"\t")[1] for _, line in found[5:]}
            assert len(left) >= 7
        finally:
            await other.close()

    holds(partial(opening, retention_hours=0.0), promise)


def test_a_log_is_read_again_in_pages_by_time_and_by_id(opening: Opening, indexing: Indexing) -> None:
    async def promise(log: DurableLog) -> None:
        index = indexing(log)
        try:
            assert await index.first() == ""
            assert await index.ids(after="", upto="+", count=5) == []
            sent = list[Entry]()
            for size in (3, 1, 5, 2):
                batch = entries(size)
                await append(log, batch)
                sent += batch
                await asyncio.sleep(0.003)
            there = await read(log, 11)
            pages = list[tuple[str, str]]()
            while page := await index.ids(after=pages[-1][0] if pages else "", upto="+", count=4):
                assert len(page) in (4, 3)
                pages += page
            assert pages == [(id_, entry.statement_id) for (id_, _), entry in zip(there, sent, strict=True)]
            assert await index.first() == there[0][0]
            middle = str(entry_ms(there[3][0]))
            assert await index.ids(after="", start=middle, upto=middle, count=9) == [
                (there[3][0], sent[3].statement_id)
            ]
            assert [found for found, _ in await index.ids(after="", upto=there[5][0], count=99)] == [
                id_ for id_, _ in there[:6]
            ]
            assert await index.ids(after="", upto="0", count=9) == []
            whole = await index.page(after=there[1][0], upto=there[8][0], count=99)
            assert [(entry.id.decode(), entry.line) for entry in whole] == there[2:9]
            wanted = [there[10][0], there[2][0], there[6][0], there[4][0], "5-0"]
            found = await index.entries(wanted)
            assert [
                (entry.id.decode(), entry.line) for entry in sorted(found, key=lambda each: entry_key(each.id.decode()))
            ] == [there[place] for place in (2, 4, 6, 10)]
        finally:
            await index.close()

    holds(opening, promise)
