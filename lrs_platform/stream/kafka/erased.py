"""Entries that were erased and whose records the brokers still hold, because Kafka changes no record.

Belongs here: that note. Whoever reads the topic, the loader or rereading, leaves out what it names, so nothing that
reads the log again, be it a catch-up, a replay or a loader that was set back by a restore, brings anybody back. An
entry is named by its id, which says nothing of the person and is never used again.
"""

from __future__ import annotations

from collections.abc import Iterable

import redis.asyncio as redis_async

from lrs_platform.stream.client import unavailable
from lrs_platform.stream.position import entry_ms

AT_ONCE = 1000


class ErasedEntries:
    """The erased entries of one log: a set in Redis, beside the index of ids. Methods raise LogUnavailable."""

    def __init__(self, redis: redis_async.Redis, topic: str) -> None:
        self._redis, self._key = redis, f"{{{topic}}}:erased"

    async def add(self, entry_ids: Iterable[bytes]) -> None:
        """Leave these out from now on."""
        ids = list(entry_ids)
        with unavailable():
            for start in range(0, len(ids), AT_ONCE):
                await self._redis.sadd(self._key, *ids[start : start + AT_ONCE])

    async def all(self) -> frozenset[bytes]:
        """All of them."""
        with unavailable():
            return frozenset(_bytes(each) for each in await self._redis.smembers(self._key))

    async def forget_before(self, ms: int) -> None:
        """Forget those of entries from before a time (ms since 1970): their records are gone."""
        gone = [entry_id for entry_id in await self.all() if entry_ms(entry_id.decode()) < ms]
        with unavailable():
            for start in range(0, len(gone), AT_ONCE):
                await self._redis.srem(self._key, *gone[start : start + AT_ONCE])


def _bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value
