"""The brokers, spoken to by librdkafka: producing, consuming, committed offsets, trimming, one topic with one
partition.

Belongs here: Kafka's words. Not here: what a log promises (log.py). librdkafka has threads of its own and blocks; what
blocks runs in asyncio's threads, one consumer in one of them at a time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from lrs_platform.stream.durable_log import LogUnavailable
from lrs_platform.stream.kafka.record import TRACE, Record

PARTITION = 0
DELIVERY_SECONDS = 5.0  # as long as an append to the Redis log may take; then 503, and the sender repeats
ANSWER_SECONDS = 5.0
LARGEST_RECORD = 20 * 2**20  # a request of LRS_MAX_BODY_BYTES and its envelope
# Order of the log is order of `stored`, so the leader of the partition stamps the time; retention is ours (`trim`),
# because Kafka's own drops what is not loaded yet; flushing each record is what makes acks=all mean "on disk".
TOPIC_CONFIG = {
    "message.timestamp.type": "LogAppendTime",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "max.message.bytes": str(LARGEST_RECORD),
    "flush.messages": "1",
    "segment.ms": "3600000",  # the disk is given back by whole segments, never by the one that is written to
}
PRODUCING: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,  # a retry of librdkafka's neither doubles a record nor changes the order
    "linger.ms": 0,
    "message.max.bytes": LARGEST_RECORD,
    "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000),
    "socket.timeout.ms": 4000,
    "compression.type": "lz4",
}
CONSUMING: dict[str, Any] = {
    "enable.auto.commit": False,
    "auto.offset.reset": "earliest",
    "fetch.wait.max.ms": 20,
    "fetch.message.max.bytes": LARGEST_RECORD,
    "enable.partition.eof": False,
    "isolation.level": "read_committed",
}


def topic_of(stream: str) -> str:
    """The topic of a log; a topic's name has no colon."""
    return stream.replace(":", ".")


class Writer:
    """Produces records; `write` returns when all replicas that are in sync have one."""

    def __init__(self, options: Mapping[str, Any], topic: str) -> None:
        self._producer = Producer({**options, **PRODUCING})
        self._topic = topic
        self._ended = threading.Event()
        threading.Thread(target=self._poll, name="kafka-deliveries", daemon=True).start()

    async def write(self, value: bytes, trace: str) -> tuple[int, int]:
        """Offset and time (ms since 1970) of the record. Raises LogUnavailable."""
        loop = asyncio.get_running_loop()
        delivered: asyncio.Future[tuple[int, int]] = loop.create_future()

        def settle(error: KafkaError | None, message: Message) -> None:
            if delivered.done():  # its request has gone
                return
            if error is not None:
                delivered.set_exception(_away(error))
            else:
                delivered.set_result((message.offset() or 0, message.timestamp()[1]))

        def on_delivery(error: KafkaError | None, message: Message) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, error, message)

        try:
            self._producer.produce(
                self._topic, value, partition=PARTITION, on_delivery=on_delivery,
                headers=[(TRACE, trace.encode())] if trace else None,
            )  # fmt: skip
        except BufferError as error:
            raise LogUnavailable("the log is slower than its senders", retry_after=5) from error
        except KafkaException as error:
            raise _away(error.args[0]) from error
        return await delivered

    async def close(self) -> None:
        """Wait a moment for what is under way."""
        await asyncio.to_thread(self._producer.flush, 2.0)
        self._ended.set()

    def _poll(self) -> None:
        while not self._ended.is_set():
            self._producer.poll(0.1)


class Reader:
    """Reads the partition by offset, and keeps the loader's offset in the consumer group."""

    def __init__(self, options: Mapping[str, Any], topic: str, group: str) -> None:
        self._options, self._topic, self._group = {**options, **CONSUMING, "group.id": group}, topic, group
        self._consumer: Consumer | None = None
        self._at: int | None = None  # offset that comes next
        self._turn = asyncio.Lock()

    async def records(self, offset: int, count: int, wait_seconds: float) -> list[Record]:
        """Up to `count` records from `offset` on; waits for the first."""
        async with self._turn:
            return await asyncio.to_thread(self._records, offset, count, wait_seconds)

    async def ends(self) -> tuple[int, int]:
        """Offset of the first record, and the one behind the last."""
        async with self._turn:
            return await asyncio.to_thread(self._ends)

    async def committed(self) -> tuple[int, str]:
        """The loader's offset (-1 for none yet) and what it noted beside it."""
        async with self._turn:
            return await asyncio.to_thread(self._committed)

    async def commit(self, offset: int, note: str) -> None:
        """Keep the loader's offset and a note."""
        async with self._turn:
            await asyncio.to_thread(self._commit, offset, note)

    async def shape(self) -> tuple[int, int]:
        """Partitions of the topic, and the fewest copies that one has; 0, 0 where it is missing. LogUnavailable.

        A consumer asks, because brokers make a topic for a producer or an admin who asks after one.
        """
        async with self._turn:
            return await asyncio.to_thread(self._shape)

    async def offset_at(self, ms: int) -> int:
        """Offset of the first record at or after a time; the end where there is none."""
        async with self._turn:
            return await asyncio.to_thread(self._offset_at, ms)

    async def close(self) -> None:
        """Close the consumer."""
        if self._consumer is not None:
            await asyncio.to_thread(self._consumer.close)

    # in a thread, one at a time

    def _open(self) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(self._options)
        return self._consumer

    def _records(self, offset: int, count: int, wait_seconds: float) -> list[Record]:
        consumer = self._open()
        try:
            if self._at != offset:
                consumer.assign([TopicPartition(self._topic, PARTITION, offset)])
                self._at = offset
            messages = consumer.consume(1, max(wait_seconds, 0.001))
            if messages and count > 1:
                messages += consumer.consume(count - 1, 0.001)
        except KafkaException as error:
            raise _away(error.args[0]) from error
        found = []
        for message in messages:
            if (failed := message.error()) is not None:
                if failed.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    continue  # nothing was ever appended
                self._at = None
                raise _away(failed)
            trace = dict(message.headers() or ()).get(TRACE, b"") or b""
            text = trace.decode() if isinstance(trace, bytes) else trace
            found.append(Record(message.offset() or 0, message.timestamp()[1], message.value() or b"", text))
        if found:
            self._at = found[-1].offset + 1
        return found

    def _ends(self) -> tuple[int, int]:
        try:
            low, high = self._open().get_watermark_offsets(TopicPartition(self._topic, PARTITION), ANSWER_SECONDS)
        except KafkaException as error:
            if error.args[0].code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION):
                return 0, 0
            raise _away(error.args[0]) from error
        return low, high

    def _committed(self) -> tuple[int, str]:
        try:
            [found] = self._open().committed([TopicPartition(self._topic, PARTITION)], ANSWER_SECONDS)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:  # what some brokers say before the first commit
                return -1, ""
            raise _away(error.args[0]) from error
        return (found.offset, found.metadata or "") if found.offset >= 0 else (-1, "")

    def _commit(self, offset: int, note: str) -> None:
        try:
            self._open().commit(offsets=[TopicPartition(self._topic, PARTITION, offset, note)], asynchronous=False)
        except KafkaException as error:
            raise _away(error.args[0]) from error

    def _shape(self) -> tuple[int, int]:
        try:
            found = self._open().list_topics(self._topic, ANSWER_SECONDS).topics[self._topic]
        except KafkaException as error:
            raise _away(error.args[0]) from error
        partitions = found.partitions.values()
        return len(partitions), min((len(each.replicas) for each in partitions), default=0)

    def _offset_at(self, ms: int) -> int:
        try:
            [found] = self._open().offsets_for_times([TopicPartition(self._topic, PARTITION, ms)], ANSWER_SECONDS)
        except KafkaException as error:
            raise _away(error.args[0]) from error
        return found.offset if found.offset >= 0 else self._ends()[1]


class Topic:
    """The topic itself: made, asked after, shortened."""

    def __init__(self, options: Mapping[str, Any], name: str, replication: int) -> None:
        self._admin = AdminClient(dict(options))
        self._name, self._replication = name, replication

    async def ensure(self) -> None:
        """Make it, with one partition, where it is missing. Raises LogUnavailable."""
        await asyncio.to_thread(self._ensure)

    async def config(self) -> dict[str, str]:
        """Its settings; {} where the brokers do not say."""
        return await asyncio.to_thread(self._config)

    async def drop_before(self, offset: int) -> bool:
        """Remove all records before an offset; False where the brokers know no such request. Raises LogUnavailable."""
        return await asyncio.to_thread(self._drop_before, offset)

    def _ensure(self) -> None:
        in_sync = {"min.insync.replicas": str(max(1, self._replication - 1))}
        wanted = NewTopic(self._name, 1, self._replication, config={**TOPIC_CONFIG, **in_sync})
        try:
            self._admin.create_topics([wanted], request_timeout=ANSWER_SECONDS)[self._name].result(ANSWER_SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise _away(error.args[0]) from error
        except TimeoutError as error:
            raise LogUnavailable("the log is away: no broker answered") from error

    def _config(self) -> dict[str, str]:
        asked = ConfigResource(ResourceType.TOPIC, self._name)
        try:
            found = self._admin.describe_configs([asked], request_timeout=ANSWER_SECONDS)[asked].result(ANSWER_SECONDS)
        except (KafkaException, TimeoutError):
            return {}
        return {name: str(entry.value) for name, entry in found.items()}

    def _drop_before(self, offset: int) -> bool:
        asked = TopicPartition(self._name, PARTITION, offset)
        try:
            for done in self._admin.delete_records([asked], request_timeout=ANSWER_SECONDS).values():
                done.result(ANSWER_SECONDS)
        except KafkaException as error:
            if error.args[0].code() == KafkaError._UNSUPPORTED_FEATURE:
                return False
            raise _away(error.args[0]) from error
        except TimeoutError as error:
            raise LogUnavailable("the log is away: no broker answered") from error
        return True


def _away(error: KafkaError) -> LogUnavailable:
    """What Kafka says as what the platform says: full where a broker's disk is, else away."""
    full = error.code() in (KafkaError.KAFKA_STORAGE_ERROR, KafkaError.MSG_SIZE_TOO_LARGE)
    return LogUnavailable(f"the log is away: {error.str()}", retry_after=10 if full else 2, full=full)
