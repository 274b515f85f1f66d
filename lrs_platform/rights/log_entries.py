"""The log without somebody: entries that name them, what the index of ids knows of those, and the file behind it.

Belongs here: Redis; kafka_records.py does it where the log is on Kafka. Only entries that the warehouse has are
deleted: what is deleted there before it is loaded would be lost to everybody else. Also whether any other key of this
Redis names the person.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

import redis.asyncio as redis_async

from lrs_platform.rights.subject import Subject
from lrs_platform.settings import Settings
from lrs_platform.stream.shards import names

PAGE = 1000
LOADED_WITHIN_SECONDS = 120.0
REWRITTEN_WITHIN_SECONDS = 300.0


class LogBehind(RuntimeError):
    """The loader does not bring the log into the warehouse, so nothing may be deleted from it."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed: entries, ids of the index. `kept`: records that name the person, which nobody reads any more
    and the brokers still hold, until `kept_until` (Kafka).
    """

    entries: int
    ids: int
    kept: int = 0
    kept_until: str = ""


async def wait_loaded(settings: Settings) -> None:
    """Wait until everything that is in the log now is in the warehouse. Raises LogBehind, LogUnavailable."""
    from lrs_platform.stream.opening import open_log

    log = open_log(settings)
    try:
        newest = (await log.position()).newest
        if not await log.wait_loaded(newest, timeout_ms=int(LOADED_WITHIN_SECONDS * 1000)):
            raise LogBehind("the loader is behind: see /health and the sensor statement_stream, then erase again")
    finally:
        await log.close()


async def remove(
    client: redis_async.Redis, settings: Settings, subject: Subject, statement_ids: Iterable[str]
) -> Removed:
    """Delete the entries that name the person or are these statements, and their ids from the index."""
    wanted = {statement_id.encode() for statement_id in statement_ids}
    removed, ids = 0, set(wanted)
    for shard in names(settings.stream, settings.stream_shards):
        entries = []
        async for entry_id, fields in _entries(client, shard):
            if fields.get(b"i") in wanted or any(subject.is_in(_text(value)) for value in fields.values()):
                entries.append(entry_id)
                ids.add(fields.get(b"i", b""))
        for start in range(0, len(entries), PAGE):
            removed += int(await client.xdel(shard, *entries[start : start + PAGE]))
    forgotten = 0
    known = sorted(ids)
    async for key in client.scan_iter(match=f"{settings.stream}:ids:*"):
        for start in range(0, len(known), PAGE):
            forgotten += int(await client.hdel(key, *known[start : start + PAGE]))
    return Removed(removed, forgotten)


async def rewrite_file(client: redis_async.Redis) -> None:
    """Have Redis write its append-only file anew: until then the file holds what was deleted. Waits for it."""
    from redis.exceptions import ResponseError

    try:
        await client.bgrewriteaof()
    except ResponseError as error:
        if "in progress" not in str(error) and "scheduled" not in str(error):
            return  # a managed Redis does not let us; docs/privacy.md says what that means
    async with asyncio.timeout(REWRITTEN_WITHIN_SECONDS):
        while True:
            info: dict[str, Any] = await client.info("persistence")
            if not info.get("aof_rewrite_in_progress") and not info.get("aof_rewrite_scheduled"):
                return
            await asyncio.sleep(0.05)


async def search(client: redis_async.Redis, subject: Subject) -> dict[str, int]:
    """How many values of each key of this Redis name the person."""
    found: dict[str, int] = {}
    async for key in client.scan_iter(count=PAGE):
        count = 0
        async for value in _values(client, _bytes(key)):
            count += subject.is_in(_text(value))
        if count or subject.is_in(_text(key)):
            found[_text(key) if not subject.is_in(_text(key)) else "a key's name"] = count or 1
    return found


async def _values(client: redis_async.Redis, key: bytes) -> AsyncIterator[bytes]:
    kind = _text(await client.type(key))
    if kind == "stream":
        async for _, fields in _entries(client, _text(key)):
            for value in fields.values():
                yield value
    elif kind == "hash":
        async for name, value in client.hscan_iter(_text(key), count=PAGE):
            yield _bytes(name)
            yield _bytes(value)
    elif kind == "string":
        yield _bytes(await client.get(key) or b"")
    elif kind == "set":
        async for value in client.sscan_iter(_text(key), count=PAGE):
            yield _bytes(value)
    elif kind == "zset":
        async for value, _ in client.zscan_iter(_text(key), count=PAGE):
            yield _bytes(value)
    elif kind == "list":
        for item in await client.lrange(_text(key), 0, -1):
            yield _bytes(item)


async def _entries(client: redis_async.Redis, stream: str) -> AsyncIterator[tuple[bytes, dict[bytes, bytes]]]:
    start = "-"
    while True:
        page: Any = await client.xrange(stream, min=start, count=PAGE)
        if not page:
            return
        for entry_id, fields in page:
            yield entry_id, fields
        start = f"({_text(page[-1][0])}"


def _bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
