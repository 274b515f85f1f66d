"""How everything but the append connects to Redis.

Belongs here: the options of redis-py that hold everywhere, and what its errors mean for whoever asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis.asyncio as redis_async
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError, ResponseError

from lrs_platform.stream.durable_log import LogUnavailable

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


@contextmanager
def unavailable() -> Iterator[None]:
    """Turn redis-py's many ways to say that Redis cannot be reached into LogUnavailable; error replies pass."""
    try:
        yield
    except ResponseError:
        raise
    except (RedisError, OSError) as error:
        raise LogUnavailable(f"the log is away: {error}") from error
