"""The right to load, which one holder has at a time: a key in Redis that ends by itself.

Belongs here: taking, renewing and giving it back, each in one step of Redis. Not here: for how long, and what a loader
does without it (etl_streaming.py).
"""

from __future__ import annotations

import redis.asyncio as redis_async

from lrs_platform.stream.client import unavailable

_ACQUIRE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Lease:
    """The lease under one key. Both methods raise LogUnavailable where Redis cannot be reached."""

    def __init__(self, client: redis_async.Redis, key: str) -> None:
        self._redis, self._key = client, key

    async def acquire(self, holder: str, seconds: float) -> bool:
        """Take or renew it; False while another holder has it. It ends by itself after `seconds`."""
        with unavailable():
            return bool(await self._redis.eval(_ACQUIRE, 1, self._key, holder, str(int(seconds * 1000))))

    async def release(self, holder: str) -> None:
        """Give it back, where `holder` has it."""
        with unavailable():
            await self._redis.eval(_RELEASE, 1, self._key, holder)
