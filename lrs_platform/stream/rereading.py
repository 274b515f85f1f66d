"""Reading the log again, past its consumer group: which entries there are, and single ones in full.

Belongs here: what reconciling needs of Redis. Not here: loading, which reads as a member of the group (log.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import redis.asyncio as redis_async

from lrs_platform.stream.log import LogEntry, _away, _entries

IDS_AT_ONCE = 2000  # Redis does nothing else meanwhile: 2,000 entries of 1.2 kB take it about 3 ms


class LogIndex:
    """The entries of one stream, as they lie in it."""

    def __init__(self, redis_url: str, stream: str) -> None:
        self.stream = stream
        self._redis: redis_async.Redis = redis_async.Redis.from_url(
            redis_url, protocol=2, socket_connect_timeout=2, socket_timeout=15
        )
        self._ids = files(__package__).joinpath("ids.lua").read_text(encoding="utf-8")

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
        with _away():
            found: list[bytes] = await self._redis.execute_command(  # type: ignore[no-untyped-call]
                "EVAL", self._ids, 1, self.stream, start, upto, count
            )
        pairs = (line.decode().partition("\t") for line in found)
        return [(log_id, statement_id) for log_id, _, statement_id in pairs]

    async def page(self, *, after: str, upto: str, count: int) -> list[LogEntry]:
        """Up to `count` entries in full after log id `after` ("": from the first), up to `upto`. LogUnavailable."""
        start = f"({after}" if after else "-"
        with _away():
            # A name that is bytes keeps redis-py from reshaping the reply, as in log.py.
            reply = await self._redis.execute_command(  # type: ignore[no-untyped-call]
                b"XRANGE", self.stream, start, upto, "COUNT", count
            )
        return _entries(reply)

    async def entries(self, log_ids: Sequence[str]) -> list[LogEntry]:
        """The entries with these ids that are still there, in full. Raises LogUnavailable."""
        with _away():
            async with self._redis.pipeline(transaction=False) as pipe:
                for log_id in log_ids:
                    # A name that is bytes keeps redis-py from reshaping the reply, as in log.py.
                    pipe.execute_command(b"XRANGE", self.stream, log_id, log_id)
                replies = await pipe.execute()
        return [entry for reply in replies for entry in _entries(reply)]
