"""What the durable log promises to the gateway and to the loader, on a real Redis."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import redis.asyncio
from hypothesis import given
from hypothesis import strategies as st

from lrs_platform.stream import Entry, LogEntry, LogPosition, LogUnavailable, StatementLog
from lrs_platform.stream.position import entry_key, together
from lrs_platform.stream.rereading import StreamIndex
from lrs_platform.stream.shards import names, shard_of

AUTHORITY = b'{"objectType":"Agent","account":{"homePage":"http://example.com","name":"test"}}'


def entries(count: int, *, fresh: bool = False) -> list[Entry]:
    """That many small statements under new ids."""
    return [Entry(str(uuid.uuid4()), b'{"n":%d}' % n, fresh) for n in range(count)]


@asynccontextmanager
async def opened(url: str, shards: int = 1) -> AsyncIterator[StatementLog]:
    log = StatementLog(url, f"test:{uuid.uuid4().hex}", "warehouse", shards=shards)
    await log.ensure_group()
    try:
        yield log
    finally:
        await log.close()


def on_log(url: str, promise: Callable[[StatementLog], Awaitable[None]], *, shards: tuple[int, ...] = (1, 3)) -> None:
    """Run an async test on a log of its own, of one stream and of several."""

    async def run() -> None:
        for count in shards:
            async with opened(url, count) as log:
                await promise(log)

    asyncio.run(run())


async def claimed(log: StatementLog, consumer: str) -> list[LogEntry]:
    """Everything that is pending, taken over."""
    cursor, found = await log.claim(consumer, 1000, idle_ms=0)
    while cursor != "0-0":
        cursor, more = await log.claim(consumer, 1000, idle_ms=0, start=cursor)
        found += more
    return sorted(found, key=lambda entry: entry_key(entry.id.decode()))


async def append(log: StatementLog, batch: list[Entry], known: set[str] | None = None) -> str:
    appended = await log.append(batch, version="1.0.3", authority=AUTHORITY, known=known or set())
    assert not appended.taken
    return appended.newest


def test_entries_come_back_in_order_as_statement_lines(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        batch = entries(3)
        await append(log, batch)
        read = await log.read("c", 10, 0)
        assert [e.line for e in read] == [
            b"\t".join((r.id, b.statement_id.encode(), b"1.0.3", AUTHORITY, b.raw))
            for r, b in zip(read, batch, strict=True)
        ]
        assert [r.id for r in read] == sorted((r.id for r in read), key=lambda i: entry_key(i.decode()))

    on_log(redis_url, promise)


def test_an_id_that_the_log_knows_stops_the_whole_request(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        first = entries(1)
        await append(log, first)
        second = entries(2)
        repeat = Entry(first[0].statement_id, b'{"n":"other"}')
        appended = await log.append([second[0], repeat, second[1]], version="1.0.3", authority=AUTHORITY)
        assert [(t.index, t.raw) for t in appended.taken] == [(1, first[0].raw)]
        assert (await log.position(max_age_ms=0)).length == 1

    on_log(redis_url, promise)


def test_known_ids_are_left_out_and_the_rest_is_appended(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        first = entries(1)
        await append(log, first)
        await append(log, [*first, *entries(2)], known={first[0].statement_id})
        assert (await log.position(max_age_ms=0)).length == 3

    on_log(redis_url, promise)


def test_two_senders_of_one_id_at_once_append_it_once(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        batch = entries(1)
        results = await asyncio.gather(*(log.append(batch, version="1.0.3", authority=AUTHORITY) for _ in range(20)))
        assert sum(not r.taken for r in results) == 1
        assert (await log.position(max_age_ms=0)).length == 1

    on_log(redis_url, promise)


def test_the_watermark_stops_before_the_oldest_entry_that_is_not_loaded(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        old = await append(log, entries(1))
        await asyncio.sleep(0.005)
        new = await append(log, entries(1))
        read = await log.read("c", 10, 0)
        await log.ack([read[1].id])
        position = await log.position(max_age_ms=0)
        assert position.watermark_ms == entry_key(old)[0] - 1
        assert not position.is_loaded(new)
        await log.ack([read[0].id])
        position = await log.position(max_age_ms=0)
        assert position.is_loaded(new)
        await asyncio.sleep(0.005)
        assert (await log.position(max_age_ms=0)).watermark_ms >= entry_key(new)[0]

    on_log(redis_url, promise)


def test_the_read_barrier_opens_when_the_entry_is_loaded_and_gives_up_when_it_is_not(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        newest = await append(log, entries(1))
        assert not await log.wait_loaded(newest, timeout_ms=30)
        read = await log.read("c", 10, 0)
        waiting = asyncio.create_task(log.wait_loaded(newest, timeout_ms=5000))
        await asyncio.sleep(0.02)
        await log.ack([e.id for e in read])
        assert await waiting

    on_log(redis_url, promise)


def test_what_a_dead_consumer_left_is_claimed(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        await append(log, entries(5))
        left = await log.read("dead", 10, 0)
        assert await claimed(log, "alive") == left

    on_log(redis_url, promise)


def test_a_counter_of_redis_that_is_off_makes_no_backlog(redis_url: str) -> None:
    """As after a kill: entries count as unread that were read. What was delivered tells the truth."""

    async def promise(log: StatementLog) -> None:
        await log.append(entries(3), version="1.0.3", authority=AUTHORITY)
        read = await log.read("loader", 10, 0)
        await log.ack([entry.id for entry in read])
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            newest = read[-1].id.decode()
            await client.execute_command(  # type: ignore[no-untyped-call]
                "XGROUP", "SETID", log.stream, log.group, newest, "ENTRIESREAD", 1
            )
            [group] = await client.xinfo_groups(log.stream)
        assert group["lag"] == 2
        assert (await log.position(max_age_ms=0)).backlog == 0

    on_log(redis_url, promise, shards=(1,))


def test_trimming_never_drops_what_is_not_loaded(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        log._retention *= 0  # everything loaded may go at once
        await append(log, entries(500))
        read = await log.read("c", 300, 0)
        await log.ack([e.id for e in read[:250]])
        await asyncio.sleep(0.01)
        await log.trim()
        assert len(await claimed(log, "c")) == 50
        assert len(await log.read("c", 1000, 0)) == 200

    on_log(redis_url, promise)


def test_trimming_keeps_what_is_not_archived(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        log._retention *= 0
        await append(log, entries(900))
        archived_ms = (await log.position(max_age_ms=0)).now_ms + 1
        await asyncio.sleep(0.01)
        await append(log, entries(900))
        await log.ack([e.id for e in await log.read("c", 3000, 0)])
        await log.note_archived(0)
        await log.trim()
        assert (await log.position(max_age_ms=0)).length == 1800
        await log.note_archived(archived_ms)
        await log.trim()
        assert 900 <= (await log.position(max_age_ms=0)).length < 1800  # whole nodes of 100 entries go

    on_log(redis_url, promise)


def test_one_drain_at_a_time_holds_the_lease(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        assert await log.acquire_lease("a", 5)
        assert not await log.acquire_lease("b", 5)
        assert await log.acquire_lease("a", 5)
        await log.release_lease("b")
        assert not await log.acquire_lease("b", 5)
        await log.release_lease("a")
        assert await log.acquire_lease("b", 0.03)
        await asyncio.sleep(0.06)
        assert await log.acquire_lease("a", 5)

    on_log(redis_url, promise)


def test_a_log_that_is_away_says_so(free_port: int) -> None:
    async def promise() -> None:
        log = StatementLog(f"redis://127.0.0.1:{free_port}/0", "x", "g")
        with pytest.raises(LogUnavailable, match="away"):
            await log.append(entries(1), version="1.0.3", authority=AUTHORITY)
        with pytest.raises(LogUnavailable, match="away"):
            await log.position()

    asyncio.run(promise())


def test_a_log_that_is_full_refuses_and_loses_nothing(redis_url: str) -> None:
    async def promise(log: StatementLog) -> None:
        await append(log, entries(10))
        used = (await log._redis.info("memory"))["used_memory"]
        await log._redis.config_set("maxmemory", used)
        try:
            with pytest.raises(LogUnavailable) as refused:
                await append(log, [Entry(str(uuid.uuid4()), b"x" * 100_000)])
            assert refused.value.full
            assert refused.value.retry_after >= 1
        finally:
            await log._redis.config_set("maxmemory", 0)
        assert (await log.position(max_age_ms=0)).length == 10
        await append(log, entries(1))

    on_log(redis_url, promise)


entry_ids = st.builds("{}-{}".format, st.integers(1, 50), st.integers(0, 3))


@given(newest=entry_ids, delivered=entry_ids, oldest=entry_ids, upto=entry_ids, pending=st.booleans())
def test_the_watermark_never_claims_an_entry_that_is_not_loaded(
    newest: str, delivered: str, oldest: str, upto: str, pending: bool
) -> None:
    oldest, delivered, newest = sorted((oldest, delivered, newest), key=entry_key)
    undelivered = "" if delivered == newest else newest  # nothing lies between the two
    position = LogPosition(
        9, newest, delivered, int(pending), oldest if pending else "", 0, now_ms=60, oldest_undelivered=undelivered
    )
    if upto in (oldest, delivered, newest) and not position.is_loaded(upto):  # those are the entries of this log
        assert position.watermark_ms < entry_key(upto)[0]


def test_shards_have_one_order_and_each_actor_one_of_them(redis_url: str) -> None:
    def of(actor: int) -> Entry:
        raw = b'{"actor":{"mbox":"mailto:learner%d@example.com"},"n":"%s"}' % (actor, uuid.uuid4().bytes.hex().encode())
        return Entry(str(uuid.uuid4()), raw)

    async def promise(log: StatementLog) -> None:
        sent = [of(number % 10) for number in range(200)]
        for start in range(0, 200, 7):
            await append(log, sent[start : start + 7])
        read = await log.read("c", 600, 0)
        assert [entry.line.split(b"\t")[1].decode() for entry in read] == [entry.statement_id for entry in sent]
        assert len({entry.id for entry in read}) == 200
        index = StreamIndex(redis_url, log.stream, shards=3)
        ids = await index.ids(after="", upto="+", count=50)
        more = await index.ids(after=ids[-1][0], upto="+", count=500)
        assert [statement_id for _, statement_id in ids + more] == [entry.statement_id for entry in sent]
        assert [entry.id for entry in await index.page(after="", upto="+", count=300)] == [entry.id for entry in read]
        wanted = [entry.id.decode() for entry in read[::50]]
        assert [entry.id.decode() for entry in await index.entries(wanted)] == wanted
        await index.close()
        found = await log.entries_from(sent[5].statement_id, 3)
        assert [entry.line for entry in found] == [entry.line for entry in read[5:8]]
        lengths = [await log._redis.xlen(name) for name in names(log.stream, 3)]
        assert sum(lengths) == 200
        assert all(lengths)
        assert {shard_of(of(4).raw, 3) for _ in range(5)} == {shard_of(sent[4].raw, 3)}

    on_log(redis_url, promise, shards=(3,))


def test_more_shards_may_be_set_at_any_time_and_the_clock_may_step_back(redis_url: str) -> None:
    async def promise() -> None:
        stream = f"test:{uuid.uuid4().hex}"
        one, three = (StatementLog(redis_url, stream, "warehouse", shards=shards) for shards in (1, 3))
        await append(one, entries(5))
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            seconds, _ = await client.time()
            future = f"{(seconds + 3600) * 1000}-7"
            fields = ("i", str(uuid.uuid4()), "v", "1.0.3", "a", "{}", "s", "{}")
            await client.execute_command("XADD", stream, future, *fields)  # type: ignore[no-untyped-call]
        newest = await append(three, entries(30))
        assert entry_key(newest) == ((seconds + 3600) * 1000, 37)
        await three.ensure_group()
        read = await three.read("c", 300, 0)
        assert len(read) == 36
        position = await three.position(max_age_ms=0)
        assert (position.length, position.pending, position.newest) == (36, 36, newest)
        assert position.oldest_pending == read[0].id.decode()
        await three.ack([entry.id for entry in read])
        assert (await three.position(max_age_ms=0)).is_loaded(newest)
        for log in (one, three):
            await log.close()

    asyncio.run(promise())


def test_a_log_of_shards_stands_where_the_last_of_them_does() -> None:
    ahead = LogPosition(5, "9-0", "9-0", 0, "", 0, 100)
    behind = LogPosition(5, "8-0", "4-0", 1, "3-0", 2, 100, "6-0")
    log = together([ahead, behind])
    assert (log.newest, log.delivered, log.oldest_pending, log.oldest_undelivered) == ("9-0", "5-1048575", "3-0", "6-0")
    assert (log.length, log.backlog, log.watermark_ms) == (10, 3, 2)
    assert not log.is_loaded("4-0")
    undelivered = together([ahead, LogPosition(5, "8-3", "4-0", 0, "", 2, 100, "6-2")])
    assert undelivered.is_loaded("6-1")
    assert not undelivered.is_loaded("6-2")
    assert undelivered.watermark_ms == 5
