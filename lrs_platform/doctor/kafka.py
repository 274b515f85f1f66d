"""Kafka, where the log is there: whether the brokers answer, and whether the topic keeps what it acknowledges, in one
order, until it is loaded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lrs_platform.doctor.finding import Finding, fail, ok, warn
from lrs_platform.doctor.subject import Subject
from lrs_platform.settings import Settings
from lrs_platform.stream import LogUnavailable

if TYPE_CHECKING:
    from lrs_platform.stream.kafka.client import Topic

FOR_EVER = "-1"


def examine(subject: Subject) -> Iterator[Finding]:
    """Brokers, topic and group; nothing where the log is in Redis."""
    if subject.settings is None or not subject.settings.kafka_servers:
        return
    try:
        yield from asyncio.run(_examine(subject.settings))
    except ImportError:
        yield fail("kafka", "the client is not installed", "pip install 'lrs-platform[kafka]'")
    except LogUnavailable as error:
        told = f"{subject.settings.kafka_servers}: {error}"
        yield fail("kafka", told, "are they started? look at LRS_KAFKA_SERVERS and LRS_KAFKA_OPTIONS")


def topic_findings(topic: str, partitions: int, replicas: int, config: Mapping[str, str]) -> Iterator[Finding]:
    """What `topic` promises by its partitions, the copies of each and its settings ({}: the brokers do not say)."""
    if partitions != 1:
        told = f"{topic} has {partitions} partitions: the log has one order, which is that of `stored`"
        yield fail("kafka: topic", told, "make a topic with one partition, and name it in LRS_STREAM")
    if not config:
        yield warn("kafka: topic", "the brokers do not show its settings", "make sure of those in docs/scale.md, Kafka")
        return
    if config.get("message.timestamp.type") != "LogAppendTime":
        told = f"message.timestamp.type is {config.get('message.timestamp.type')}: `stored` would go by senders' clocks"
        yield fail("kafka: topic", told, "set it to LogAppendTime")
    dropping = [name for name in ("retention.ms", "retention.bytes") if config.get(name, FOR_EVER) != FOR_EVER]
    if dropping or config.get("cleanup.policy", "delete") != "delete":
        told = f"{' and '.join(dropping) or 'cleanup.policy'} of {topic} drops what is not loaded"
        yield fail("kafka: retention", told, "set them to -1 and the policy to delete: the loader trims")
    in_sync = int(config.get("min.insync.replicas", 1))
    if replicas < 2 or in_sync < 2:
        told = f"{replicas} copies, {in_sync} of them before a 2xx: what one disk loses is lost"
        yield warn("kafka: durability", told, "three replicas, min.insync.replicas 2")
    elif config.get("flush.messages") != "1":
        told = f"{replicas} copies, {in_sync} of them in memory before a 2xx"
        yield warn("kafka: durability", told, "flush.messages 1, where all brokers may lose their power at once")
    else:
        yield ok("kafka: durability", f"{replicas} copies, on {in_sync} disks before a 2xx")


async def _examine(settings: Settings) -> list[Finding]:
    from lrs_platform.stream.kafka.client import Reader, Topic, topic_of
    from lrs_platform.stream.opening import client_options

    options, name = client_options(settings), topic_of(settings.stream)
    topic = Topic(options, name, settings.kafka_replication)
    reader = Reader(options, name, settings.stream_group)
    try:
        partitions, replicas = await reader.shape()
        if not partitions:
            return [ok("kafka", f"{name} is not there yet: the first statement makes it")]
        first, end = await reader.ends()
        loaded, _ = await reader.committed()
        waiting = end - max(first, loaded)
        found = [ok("kafka", f"{end - first} requests in {name}, {waiting} not yet loaded")]
        found += topic_findings(name, partitions, replicas, await topic.config())
        if not await _drops(topic, first):
            told = "the brokers do not drop records when they are asked to (DeleteRecords): the log grows for ever"
            found.append(warn("kafka: trimming", told, "brokers of Kafka 0.11 or newer do"))
        return found
    finally:
        await reader.close()


async def _drops(topic: Topic, first: int) -> bool:
    """Whether the brokers would drop records: they are asked for those before the first, of which there are none."""
    try:
        return await topic.drop_before(first)
    except LogUnavailable:  # they answered everything before this
        return False
