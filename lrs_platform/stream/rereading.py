"""Reading the log in Redis again, past its consumer group: which entries there are, and single ones in full.

Belongs here: what reconciling needs of Redis. Not here: loading, which reads as a member of the group (log.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

import redis.asyncio as redis_async

from lrs_platform.stream.client import unavailable
from lrs_platform.stream.durable_log import IDS_AT_ONCE
from lrs_platform.stream.entries import LogEntry, entries_of, in_order
from lrs_platform.stream.position import entry_key
from lrs_platform.stream.shards import names

if TYPE_CHECKING:
    from lrs_platform.settings import Settings


class StreamIndex:
    """The entries of a log in Redis, as they lie in it (durable_log.py, LogIndex)."""

    def __init__(self, redis_url: str, stream: str, *, shards: int = 1) -> None:
        self.stream = stream
        self._shards = names(stream, shards)
        self._redis: redis_async.Redis = redis_async.Redis.from_url(
            redis_url, protocol=2, socket_connect_timeout=2, socket_timeout=15
        )
        self._ids = files(__package__).joinpath("ids.lua").read_text(encoding="utf-8")

    @classmethod
    def of(cls, settings: Settings) -> StreamIndex:
        """Of the log that the settings name. Raises SettingMissing."""
        return cls(settings.require("redis_url"), settings.stream, shards=settings.stream_shards)

    async def close(self) -> None:
        """Close the connection."""
        await self._redis.aclose()

    async def first(self) -> str:
        """Id of the oldest entry that is still there, "" where there is none. Raises LogUnavailable."""
        found = await self.page(after="", upto="+", count=1)
        return found[0].id.decode() if found else ""

    async def ids(self, *, after: str, upto: str, count: int = IDS_AT_ONCE, start: str = "-") -> list[tuple[str, str]]:
        """(log id, statement id) of up to `count` entries after log id `after` ("": from `start` on), up to `upto`.

        Raises LogUnavailable.
        """
        start = f"({after}" if after else start
        found: list[bytes] = []
        with unavailable():
            for shard in self._shards:
                found += await self._redis.execute_command(  # type: ignore[no-untyped-call]
                    "EVAL", self._ids, 1, shard, start, upto, count
                )
        pairs = [
            (log_id, statement_id) for log_id, _, statement_id in (line.decode().partition("\t") for line in found)
        ]
        if len(self._shards) > 1:
            pairs.sort(key=lambda pair: entry_key(pair[0]))
        return pairs[:count]

    async def page(self, *, after: str, upto: str, count: int) -> list[LogEntry]:
        """Up to `count` entries in full after log id `after` ("": from the first), up to `upto`. LogUnavailable."""
        start = f"({after}" if after else "-"
        with unavailable():
            # A name that is bytes keeps redis-py from reshaping the reply, as in log.py.
            found = [
                await self._redis.execute_command(b"XRANGE", shard, start, upto, "COUNT", count)  # type: ignore[no-untyped-call]
                for shard in self._shards
            ]
        return in_order(map(entries_of, found))[:count]

    async def entries(self, log_ids: Sequence[str]) -> list[LogEntry]:
        """The entries with these ids that are still there, in full. Raises LogUnavailable."""
        with unavailable():
            async with self._redis.pipeline(transaction=False) as pipe:
                for log_id in log_ids:
                    for shard in self._shards:  # in one of them; a name that is bytes as above
                        pipe.execute_command(b"XRANGE", shard, log_id, log_id)
                replies = await pipe.execute()
        return [entry for reply in replies for entry in entries_of(reply)]
