"""Which log the settings name: Kafka where brokers are set, else Redis. Belongs here: that choice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lrs_platform.settings import SettingMissing, Settings
from lrs_platform.stream.durable_log import DurableLog, LogIndex
from lrs_platform.stream.log import StatementLog
from lrs_platform.stream.rereading import StreamIndex

if TYPE_CHECKING:
    from lrs_platform.stream.kafka import KafkaIndex, KafkaLog


def open_log(settings: Settings) -> DurableLog:
    """The log of this platform. Connections are made when first used. Raises SettingMissing."""
    if not settings.kafka_servers:
        return StatementLog.of(settings)
    return open_kafka(settings)


def open_kafka(settings: Settings) -> KafkaLog:
    """The log on the brokers that the settings name. Raises SettingMissing."""
    try:
        from lrs_platform.stream.kafka import KafkaLog
    except ImportError as error:
        raise _without_client() from error
    return KafkaLog(
        client_options(settings),
        settings.stream,
        settings.stream_group,
        settings.require("redis_url"),
        retention_hours=settings.log_retention_hours,
        replication=settings.kafka_replication,
    )


def open_index(settings: Settings) -> LogIndex:
    """The entries of that log, to read them again. Raises SettingMissing."""
    if not settings.kafka_servers:
        return StreamIndex.of(settings)
    return open_kafka_index(settings)


def open_kafka_index(settings: Settings) -> KafkaIndex:
    """The entries of the log on the brokers that the settings name. Raises SettingMissing."""
    try:
        from lrs_platform.stream.kafka import KafkaIndex
    except ImportError as error:
        raise _without_client() from error
    return KafkaIndex(client_options(settings), settings.stream, settings.require("redis_url"))


def client_options(settings: Settings) -> dict[str, Any]:
    """What librdkafka is told: the brokers, and what LRS_KAFKA_OPTIONS says beside."""
    options = json.loads(settings.kafka_options.read_text(encoding="utf-8")) if settings.kafka_options else {}
    return {"bootstrap.servers": settings.kafka_servers, **options}


def _without_client() -> SettingMissing:
    return SettingMissing("LRS_KAFKA_SERVERS is set: install the extra, pip install 'lrs-platform[kafka]'")
