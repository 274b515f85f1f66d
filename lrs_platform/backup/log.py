"""The log and the credentials, read out of Redis and put back by ordinary commands, so any Redis or Valkey will do.

Belongs here: log.jsonl.gz, one entry a line as [id, {field: text}], a file for each stream where the log is spread over
several; and credentials.json, username to record. Not kept:
the index of recent ids, which follows from the entries; logged calls and heartbeats, which are about processes that are
gone by then.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import msgspec

from lrs_platform.backup.manifest import LogPart
from lrs_platform.backup.store import Reads, Written
from lrs_platform.gateway.credential_store import CREDENTIALS
from lrs_platform.local.instance import StartError
from lrs_platform.stream.position import entry_key, entry_ms

if TYPE_CHECKING:
    from redis import Redis

ANSWER_SECONDS = 60.0
PAGE = 500  # entries read or written at once
DAY_SECONDS = 86_400
OURS = "lrs:*"  # keys of the running processes

Entry = tuple[str, dict[str, str]]


def connect(url: str) -> Redis:
    """A client whose replies are text. Statements are UTF-8, or the gateway would not have taken them."""
    from redis import Redis

    return Redis.from_url(url, socket_connect_timeout=5, socket_timeout=ANSWER_SECONDS, decode_responses=True)


def file_of(number: int) -> str:
    """The file of a stream of the log, counted from 0."""
    return f"log.{number}.jsonl.gz" if number else "log.jsonl.gz"


def loaded_through(redis: Redis, stream: str, group: str) -> str:
    """The entry up to which, and with which, everything in the log is in the database; "0-0" where nothing is."""
    from redis.exceptions import ResponseError

    try:
        groups = {each["name"]: each for each in _reply(redis.xinfo_groups(stream))}
    except ResponseError:
        return "0-0"  # nothing was ever appended
    if group not in groups:
        return "0-0"
    pending = _reply(redis.xpending(stream, group))
    return before(pending["min"]) if pending["pending"] else str(groups[group]["last-delivered-id"])


def before(entry_id: str) -> str:
    """The greatest id that is less than `entry_id`."""
    ms, seq = entry_key(entry_id)
    return f"{ms}-{seq - 1}" if seq else f"{ms - 1}-{2**64 - 1}"


def newest(redis: Redis, stream: str) -> str:
    """Id of the entry that was appended last, "" where there never was one."""
    if not redis.exists(stream):
        return ""
    found = str(_reply(redis.xinfo_stream(stream))["last-generated-id"])
    return "" if found == "0-0" else found


def oldest(redis: Redis, stream: str) -> str:
    """Id of the oldest entry that is still there, "" where there is none."""
    first = _reply(redis.xrange(stream, count=1))
    return str(first[0][0]) if first else ""


def removed_so_far(redis: Redis, stream: str) -> int:
    """How many entries were ever taken out of the stream."""
    if not redis.exists(stream):
        return 0
    told = _reply(redis.xinfo_stream(stream))
    return int(told["entries-added"]) - int(told["length"])


def copy(redis: Redis, part: LogPart, into: Written) -> LogPart:
    """Write all entries up to `part.newest`; `part` with their number."""
    count = 0
    with gzip.GzipFile(fileobj=into, mode="wb", compresslevel=1, mtime=0) as file:
        for page in _pages(redis, part.stream, part.newest):
            file.write(b"".join(msgspec.json.encode(entry) + b"\n" for entry in page))
            count += len(page)
    return msgspec.structs.replace(part, entries=count)


def read(source: Reads) -> Iterator[Entry]:
    """The entries of a log.jsonl.gz. Raises StartError where it is damaged."""
    try:
        with gzip.GzipFile(fileobj=cast("Any", source), mode="rb") as file:
            for line in file:
                yield msgspec.json.decode(line, type=tuple[str, dict[str, str]])
    except (OSError, EOFError, msgspec.DecodeError) as error:
        raise StartError(f"the log of the backup is damaged: {error}") from error


def write_back(redis: Redis, part: LogPart, source: Reads, *, index: str, retention_hours: float) -> int:
    """Append the entries under their own ids, with the loader's group and the index of recent ids; their number.

    The keys of the index begin with `index`, the name of the log.
    """
    lifetime = int((1 + -(-retention_hours * 3600 // DAY_SECONDS)) * DAY_SECONDS)  # as the gateways', stream/log.py
    count: Counter[str] = Counter()
    page: list[Entry] = []
    for entry in read(source):
        page.append(entry)
        if len(page) == PAGE:
            count.update(_append(redis, part.stream, index, page, lifetime))
            page = []
    count.update(_append(redis, part.stream, index, page, lifetime))
    if part.newest:
        redis.xgroup_create(part.stream, part.group, id=part.loaded_through, mkstream=True)
        redis.execute_command("XSETID", part.stream, part.newest)  # type: ignore[no-untyped-call]
    return sum(count.values())


def credentials(redis: Redis) -> dict[str, str]:
    """Records by username, as they lie in Redis."""
    found: dict[str, str] = _reply(redis.hgetall(CREDENTIALS))
    return found


def write_credentials(redis: Redis, records: dict[str, str]) -> None:
    """Put records back."""
    if records:
        redis.hset(CREDENTIALS, mapping=cast("Any", records))


def holds_anything(redis: Redis, stream: str) -> bool:
    """Whether there is a log or a credential."""
    return bool(_reply(redis.exists(stream, CREDENTIALS)))


def clear(redis: Redis, stream: str) -> None:
    """Remove log, shards, index, credentials and what processes left."""
    redis.delete(stream, CREDENTIALS)
    for pattern in (f"{stream}:*", OURS):
        for key in redis.scan_iter(match=pattern, count=1000):
            redis.delete(key)


def _pages(redis: Redis, stream: str, upto: str) -> Iterator[list[Entry]]:
    start = "-"
    while upto and (page := _reply(redis.xrange(stream, start, upto, count=PAGE))):
        yield page
        start = f"({page[-1][0]}"


def _append(redis: Redis, stream: str, index: str, page: list[Entry], lifetime: int) -> Counter[str]:
    """Entries a day."""
    days: Counter[str] = Counter()
    with redis.pipeline(transaction=False) as pipe:
        for entry_id, fields in page:
            pipe.xadd(stream, cast("Any", fields), id=entry_id)
            key = f"{index}:ids:{datetime.fromtimestamp(entry_ms(entry_id) / 1000, UTC):%Y-%m-%d}"
            pipe.hset(key, fields["i"], entry_id)
            days[key] += 1
        for key in days:
            pipe.expire(key, lifetime)
        pipe.execute()
    return days


def _reply(answer: Any) -> Any:
    """redis-py's types say that every answer may be awaited; of this client none is."""
    return answer
