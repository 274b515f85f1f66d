"""Redis: whether it answers and, where it is the durable log (else kafka.py), has on disk what it acknowledges, never
forgets, and is not full.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lrs_platform.doctor.clock import clock_finding
from lrs_platform.doctor.finding import Finding, fail, ok, warn
from lrs_platform.doctor.subject import Subject
from lrs_platform.stream.shards import names

if TYPE_CHECKING:
    from redis import Redis

ANSWER_SECONDS = 5.0
OLDEST = (7, 0)  # the commands that stream/ uses
FULL_SHARE = 0.75  # of maxmemory; then the loader trims before its time (stream/log.py)
ON_THIS_HOST = frozenset({"127.0.0.1", "::1", "localhost"})


def examine(subject: Subject) -> Iterator[Finding]:
    """The server and the stream in it."""
    if subject.settings is None:
        return
    if subject.settings.redis_url is None:
        yield warn("redis", "not looked at: no address is known", "`lrs up` once, or set LRS_REDIS_URL")
        return
    if not subject.runs_here and not subject.given_by_environment("redis_url"):
        yield warn("redis", "not looked at: nothing runs here", "`lrs up`, then this again")
        return
    from redis import Redis
    from redis.exceptions import AuthenticationError, RedisError

    url = subject.settings.redis_url.get_secret_value()
    where = urlsplit(url)
    if not where.password and where.hostname not in ON_THIS_HOST:
        told = "LRS_REDIS_URL has no password: whoever reaches it reads and writes statements"
        yield fail("redis", told, "set requirepass there, and the password in the URL")
    if where.scheme == "redis" and where.hostname not in ON_THIS_HOST and where.hostname != "redis":
        yield warn("redis", "statements go there without TLS", "use rediss:// where the net is not yours alone")
    try:
        with Redis.from_url(
            url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS, decode_responses=True
        ) as redis:
            yield from _examine_server(redis, holds_log=not subject.settings.kafka_servers)
            if subject.settings.kafka_servers:
                return
            for stream in names(subject.settings.stream, subject.settings.stream_shards):
                yield _stream_finding(redis, stream, subject.settings.stream_group)
    except AuthenticationError as error:
        yield fail("redis", f"refuses the login: {error}", "look at the password in LRS_REDIS_URL")
    except (RedisError, OSError) as error:
        yield fail("redis", f"does not answer: {error}", "is it started? `lrs status`")


def durability_finding(config: Mapping[str, str] | None) -> Finding:
    """Whether what is acknowledged is on disk and stays; None where the server does not say (managed services)."""
    part = "redis: durability"
    if not config:
        return warn(part, "the server does not show its configuration", "make sure of appendfsync always, noeviction")
    if config.get("appendonly") != "yes" or config.get("appendfsync") != "always":
        told = f"appendonly {config.get('appendonly')}, appendfsync {config.get('appendfsync')}"
        advice = "set appendonly yes and appendfsync always: everysec loses statements that were acknowledged"
        return fail(part, told, advice)
    if config.get("maxmemory-policy") != "noeviction":
        told = f"maxmemory-policy {config.get('maxmemory-policy')} lets the log forget"
        return fail(part, told, "set maxmemory-policy noeviction: a full log must refuse, not forget")
    return ok(part, "on disk before it answers, nothing is evicted")


def _credentials_finding(config: Mapping[str, str] | None) -> Finding:
    """Whether the credentials stay; what else there is beside a log on Kafka, its primary key finds again."""
    part = "redis: durability"
    if config and config.get("appendonly") != "yes":
        return warn(part, "appendonly is off: credentials are lost with it", "set appendonly yes; everysec will do")
    return ok(part, "the log is on Kafka; credentials and the index of ids are here")


def memory_finding(used: int, limit: int) -> Finding:
    """Whether `used` bytes of at most `limit` (0: no limit) leave room."""
    part = "redis: memory"
    if limit and used > limit * FULL_SHARE:
        told = f"{used / 1e6:.0f} of {limit / 1e6:.0f} MB"
        return warn(part, told, "raise maxmemory, or lower LRS_LOG_RETENTION_HOURS")
    return ok(part, f"{used / 1e6:.0f} MB" + (f" of {limit / 1e6:.0f} MB" if limit else ", no limit"))


def _examine_server(redis: Redis, *, holds_log: bool) -> Iterator[Finding]:
    from redis.exceptions import ResponseError

    asked = time.time()
    seconds, microseconds = _reply(redis.time())
    yield clock_finding("redis", seconds + microseconds / 1e6, asked, time.time())
    about = _reply(redis.info())
    number = str(about.get("redis_version", ""))
    if tuple(int(part) for part in number.split(".")[:2] if part.isdigit()) < OLDEST:
        yield fail("redis", f"{number} is too old", "upgrade it to Redis or Valkey 7.0 or newer")
    else:
        yield ok("redis", number)
    try:
        config = _reply(redis.config_get("appendonly", "appendfsync", "maxmemory-policy"))
    except ResponseError:
        config = None
    yield durability_finding(config) if holds_log else _credentials_finding(config)
    if about.get("aof_last_write_status", "ok") != "ok":
        yield fail("redis: durability", "its last write to disk failed", "look at its log; is the disk full?")
    yield memory_finding(int(about.get("used_memory", 0)), int(about.get("maxmemory", 0)))


def _stream_finding(redis: Redis, stream: str, group: str) -> Finding:
    from redis.exceptions import ResponseError

    part = "redis: log"
    try:
        groups = {each["name"]: each for each in _reply(redis.xinfo_groups(stream))}
    except ResponseError:
        return ok(part, f"{stream} is empty")
    if group not in groups:
        return warn(part, f"{stream} has no group {group}: nothing was ever loaded", "is the code server running?")
    waiting = int(groups[group]["lag"] or 0) + int(groups[group]["pending"])
    return ok(part, f"{_reply(redis.xlen(stream))} entries, {waiting} not yet loaded")


def _reply(answer: Any) -> Any:
    """redis-py's types say that every answer may be awaited; of this client none is."""
    return answer
