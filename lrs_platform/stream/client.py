"""How everything but the append connects to Redis. Belongs here: the options of redis-py that hold everywhere."""

from __future__ import annotations

import redis.asyncio as redis_async
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost

CONNECT_SECONDS = 2.0


def connect(redis_url: str, *, answer_seconds: float) -> redis_async.Redis:
    """A client of the Redis at `redis_url`, which gives up a command after `answer_seconds`.

    A command whose connection was lost is sent once more on a new one: those in the pool die with the server, and
    without this the first look after its return would tell of a server that is away.
    """
    return redis_async.Redis.from_url(
        redis_url,
        protocol=2,  # replies of the stream commands as lists: 3 makes dicts of them
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=answer_seconds,
        retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,)),
    )
