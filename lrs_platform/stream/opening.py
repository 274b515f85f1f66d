"""Which log the settings name: Kafka where brokers are set, else Redis. Belongs here: that choice."""

from __future__ import annotations

import json

from lrs_platform.settings import SettingMissing, Settings
from lrs_platform.stream.durable_log import DurableLog
from lrs_platform.stream.log import StatementLog


def open_log(settings: Settings) -> DurableLog:
    """The log of this platform. Connections are made when first used. Raises SettingMissing."""
    if not settings.kafka_servers:
        return StatementLog.of(settings)
    try:
        from lrs_platform.stream.kafka import KafkaLog
    except ImportError as error:
        raise SettingMissing(
            "LRS_KAFKA_SERVERS is set: install the extra, pip install 'lrs-platform[kafka]'"
        ) from error
    options = json.loads(settings.kafka_options.read_text(encoding="utf-8")) if settings.kafka_options else {}
    return KafkaLog(
        settings.kafka_servers,
        settings.stream,
        settings.stream_group,
        settings.require("redis_url"),
        retention_hours=settings.log_retention_hours,
        replication=settings.kafka_replication,
        options=options,
    )
