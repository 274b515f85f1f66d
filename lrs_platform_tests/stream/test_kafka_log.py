"""What a log on Kafka does beyond what every log promises: nobody who was erased comes back, a restored database gets
again what it lacks, and `lrs doctor` says what is wrong with a topic.

Brokers that drop records when asked to (DeleteRecords) drop them; the ones of these tests, without LRS_TEST_KAFKA, do
not. So what is dropped is only looked at where it is.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from lrs_platform.doctor import kafka as doctor
from lrs_platform.doctor.finding import Level
from lrs_platform.doctor.subject import Subject as Examined
from lrs_platform.local.instance import Instance
from lrs_platform.rights import kafka_records
from lrs_platform.rights.subject import Subject
from lrs_platform.settings import Settings
from lrs_platform.stream import Entry
from lrs_platform.stream.kafka import KafkaIndex, KafkaLog
from lrs_platform.stream.opening import open_kafka, open_kafka_index
from lrs_platform_tests.stream.conftest import REPLICATION
from lrs_platform_tests.stream.test_any_log import append, ids, read

ADA, BOB = "mailto:ada@example.com", "mailto:bob@example.com"
WELL = {
    "message.timestamp.type": "LogAppendTime",
    "retention.ms": "-1",
    "min.insync.replicas": "2",
    "flush.messages": "1",
}


@pytest.fixture
def settings(brokers: str, redis_url: str, tmp_path: Path) -> Settings:
    """Those of a platform whose log is a topic of its own."""
    return Settings.model_validate(
        {
            "home": tmp_path,
            "redis_url": redis_url,
            "kafka_servers": brokers,
            "kafka_replication": REPLICATION,
            "stream": f"test:{uuid.uuid4().hex}",
        }
    )


def of(actor: str) -> Entry:
    """A statement of somebody."""
    return Entry(str(uuid.uuid4()), b'{"actor":{"mbox":"%s"}}' % actor.encode())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[KafkaLog, KafkaIndex]]:
    log, index = open_kafka(settings), open_kafka_index(settings)
    try:
        await log.ensure_group()
        yield log, index
    finally:
        await log.close()
        await index.close()


async def statements_in(index: KafkaIndex) -> list[str]:
    return [statement_id for _, statement_id in await index.ids(after="", upto="+", count=100)]


def test_nobody_who_was_erased_is_read_again_by_whomever(settings: Settings) -> None:
    async def promise() -> None:
        async with opened(settings) as (log, index):
            mixed, hers, last = [of(BOB), of(ADA)], [of(ADA)], [of(BOB)]
            for batch in (mixed, hers, last):
                await append(log, batch)
            there = await read(log, 4)
            await log.ack(ids(there))
            removed = await kafka_records.remove(settings, Subject.of([ADA]), ())
            assert (removed.entries, removed.ids) == (2, 2)
            assert await statements_in(index) == [mixed[0].statement_id, last[0].statement_id]
            assert await index.entries([id_ for id_, _ in there]) == await index.page(after="", upto="+", count=9)
            assert await log.find(hers[0].statement_id) == ""
            later = await log.entries_from(mixed[0].statement_id, 9)
            assert [entry.line.split(b"\t")[1].decode() for entry in later] == await statements_in(index)
            assert await kafka_records.search(settings, Subject.of([ADA])) == (2, 0)
            assert (removed.kept, bool(removed.kept_until)) == (2, True), "nothing is archived, so no record goes yet"

            await log.set_back("")  # as a restore of an empty database does
            await append(log, hers)  # her system sends it again: that is another entry
            async with opened(settings) as (loader, _):
                again = [line.split(b"\t")[1].decode() for _, line in await read(loader, 3)]
                assert again == [mixed[0].statement_id, last[0].statement_id, hers[0].statement_id]

    asyncio.run(promise())


def test_a_record_in_which_all_were_erased_does_not_hold_the_loader_up(settings: Settings) -> None:
    async def promise() -> None:
        async with opened(settings) as (log, _):
            await append(log, [of(ADA), of(ADA)])
            await log.ack(ids(await read(log, 2)))
            await kafka_records.remove(settings, Subject.of([ADA]), ())
            assert await log.set_back("") == 1
            async with opened(settings) as (loader, _):
                assert await loader.read("c", 9, 2000) == []
                assert (await loader.position(max_age_ms=0)).backlog == 0

    asyncio.run(promise())


@pytest.mark.skipif("LRS_TEST_KAFKA" not in os.environ, reason="these brokers do not drop records when asked to")
def test_records_of_the_erased_go_at_once_where_the_archive_has_the_others(settings: Settings) -> None:
    async def promise() -> None:
        async with opened(settings) as (log, index):
            for batch in ([of(BOB)], [of(ADA)], [of(BOB)]):
                await append(log, batch)
                await asyncio.sleep(0.01)
            await log.ack(ids(await read(log, 3)))
            await log.note_archived((await log.position(max_age_ms=0)).now_ms + 60_000)
            removed = await kafka_records.remove(settings, Subject.of([ADA]), ())
            assert (removed.entries, removed.kept, removed.kept_until) == (1, 0, "")
            assert len(await statements_in(index)) == 1

    asyncio.run(promise())


def test_a_loader_that_is_set_back_gets_what_came_after_that_entry(settings: Settings) -> None:
    async def promise() -> None:
        async with opened(settings) as (log, _):
            for _ in range(5):
                await append(log, [of(BOB), of(BOB)])
            there = await read(log, 10)
            await log.ack(ids(there))
            assert await log.set_back(there[5][0]) == 2
            async with opened(settings) as (loader, _):
                assert (await loader.position(max_age_ms=0)).backlog == 2
                assert await read(loader, 4) == there[6:]
            assert await log.set_back(there[2][0]) == 4, "in the middle of a request: all of that request"
            assert await log.set_back(there[9][0]) == 0

    asyncio.run(promise())


def test_the_doctor_looks_at_brokers_topic_and_loader(settings: Settings) -> None:
    async def filled() -> None:
        async with opened(settings) as (log, _):
            await append(log, [of(BOB)])

    examined = Examined(Instance(settings.home, 1), settings, settings)
    assert [finding.level for finding in doctor.examine(examined)] == [Level.OK]
    asyncio.run(filled())
    first, *others = doctor.examine(examined)
    assert first.level is Level.OK
    assert "1 not yet loaded" in first.told
    assert any("copies" in finding.told for finding in others)
    away = settings.model_copy(update={"kafka_servers": "127.0.0.1:9"})
    [finding] = doctor.examine(replace(examined, settings=away))
    assert (finding.level, "LRS_KAFKA_SERVERS" in finding.advice) == (Level.FAIL, True)


@pytest.mark.parametrize(
    ("change", "partitions", "replicas", "expected"),
    [
        ({}, 1, 3, [("kafka: durability", Level.OK)]),
        ({"flush.messages": "9223372036854775807"}, 1, 3, [("kafka: durability", Level.WARN)]),
        ({"min.insync.replicas": "1"}, 1, 3, [("kafka: durability", Level.WARN)]),
        ({"retention.ms": "604800000"}, 1, 3, [("kafka: retention", Level.FAIL), ("kafka: durability", Level.OK)]),
        (
            {"message.timestamp.type": "CreateTime"},
            1,
            3,
            [("kafka: topic", Level.FAIL), ("kafka: durability", Level.OK)],
        ),
        ({}, 4, 3, [("kafka: topic", Level.FAIL), ("kafka: durability", Level.OK)]),
    ],
)
def test_the_doctor_refuses_a_topic_that_loses_or_reorders(
    change: dict[str, str], partitions: int, replicas: int, expected: list[tuple[str, Level]]
) -> None:
    found = doctor.topic_findings("t", partitions, replicas, WELL | change)
    assert [(finding.part, finding.level) for finding in found] == expected
