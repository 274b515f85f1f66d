"""Which statement ids the log has: a hash a day in Redis, like that of the Redis log, because Kafka finds nothing by
key.

Belongs here: reserving ids before a record is written, and telling where it went. A writer that dies in between leaves
a reservation, which counts for some seconds and then no more. The last word has the primary key in Postgres in any
case, so this Redis may run with `appendfsync everysec`: what it forgets is found at load, as a duplicate or in
lrs.conflict.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import redis.asyncio as redis_async

from lrs_platform.stream.durable_log import Entry

UNDER_WAY_SECONDS = 5.0  # a reservation that is older belongs to nobody
FORGOTTEN_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement lies: offset of its record and id of its entry."""

    offset: int
    entry_id: str


@dataclass(frozen=True, slots=True)
class Known:
    """An id that is known: index in the request; where it lies, or None while another request is bringing it."""

    index: int
    place: Place | None


class RecentIds:
    """The index of one log; ids are kept as long as the log keeps entries."""

    def __init__(self, redis: redis_async.Redis, topic: str, retention: timedelta) -> None:
        self._redis, self._topic = redis, topic
        self._days = 1 + -(-int(retention.total_seconds()) // 86_400)
        self._reserve = files(__package__).joinpath("reserve.lua").read_text(encoding="utf-8")

    async def reserve(self, entries: Sequence[Entry]) -> list[Known]:
        """Reserve all ids or, where some are known, none; those that are known."""
        keys = self._keys()
        arguments: list[str | bytes | int] = [int(UNDER_WAY_SECONDS * 1000), len(keys) * 86_400]
        for entry in entries:
            arguments += ["fresh" if entry.fresh else "new", entry.statement_id]
        found = await self._redis.eval(self._reserve, len(keys), *keys, *arguments)
        return [Known(index, _place(value)) for index, value in found]

    async def settle(self, places: Sequence[tuple[str, Place]]) -> None:
        """Tell where statements went."""
        if not places:
            return
        key = self._keys()[0]
        values = {statement_id: f"{place.offset}:{place.entry_id}" for statement_id, place in places}
        await self._redis.hset(key, mapping=values)  # type: ignore[arg-type]

    async def find(self, statement_id: str) -> Place | None:
        """Where a statement lies; None where that is not known (any more)."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in self._keys():
                pipe.hget(key, statement_id)
            found = await pipe.execute()
        return next((place for value in found if value and (place := _place(value))), None)

    async def forget(self, statement_ids: Sequence[str]) -> int:
        """Forget ids, on whatever day they came; how many were known."""
        forgotten = 0
        async for key in self._redis.scan_iter(match=f"{{{self._topic}}}:ids:*"):
            for start in range(0, len(statement_ids), FORGOTTEN_AT_ONCE):
                forgotten += await self._redis.hdel(key, *statement_ids[start : start + FORGOTTEN_AT_ONCE])
        return forgotten

    def _keys(self) -> list[str]:
        """Today's index first."""
        day = int(time.time() // 86_400)
        dates = [datetime.fromtimestamp((day - n) * 86_400, UTC) for n in range(self._days)]
        return [f"{{{self._topic}}}:ids:{date:%Y-%m-%d}" for date in dates]  # one slot of a Redis Cluster


def _place(value: bytes) -> Place | None:
    offset, _, entry_id = value.decode().partition(":")
    return Place(int(offset), entry_id) if offset.isdecimal() else None
