"""A log on Kafka in a backup: not its records, but up to where everything is in the database's dump.

Belongs here: waiting for that before the dump, and having the loader go back there after a restore. The brokers keep
their records through both; what a restored database lacks, they deliver again. Records cannot be put back as they were:
their time, which is their `stored`, is the broker's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from lrs_platform.backup.manifest import KafkaPart
from lrs_platform.local.instance import StartError
from lrs_platform.settings import Settings
from lrs_platform.stream import LogUnavailable
from lrs_platform.stream.opening import open_kafka

if TYPE_CHECKING:
    from lrs_platform.stream.kafka import KafkaLog

Result = TypeVar("Result")

LOADED_WITHIN_SECONDS = 300.0


def loaded(settings: Settings, *, within: float = LOADED_WITHIN_SECONDS) -> KafkaPart:
    """Wait until everything that was accepted until now is in the database. Raises StartError."""

    async def settled(log: KafkaLog) -> KafkaPart:
        newest = (await log.position(max_age_ms=0)).newest
        if not await log.wait_loaded(newest, timeout_ms=int(within * 1000)):
            raise StartError("the log on Kafka is not loaded: see `lrs status`; a backup needs the loader at work")
        return KafkaPart(log.stream, newest)

    return _on(settings, settled)


def set_back(settings: Settings, entry_id: str) -> int:
    """Have the loader begin behind that entry; how many records it will find there. Raises StartError."""
    return _on(settings, lambda log: log.set_back(entry_id))


def _on(settings: Settings, work: Callable[[KafkaLog], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        log = open_kafka(settings)
        try:
            return await work(log)
        except LogUnavailable as error:
            raise StartError(f"Kafka ({settings.kafka_servers}): {error}") from error
        finally:
            await log.close()

    return asyncio.run(run())
