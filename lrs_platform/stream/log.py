"""The durable log on Redis Streams: append, read, acknowledge, claim, trim.

Belongs here: the commands. Not here: the promises and their words (durable_log.py), what a position and the watermark
are (position.py), what a statement means, or where it goes.
Shapes: docs/architecture.md. Redis 7.0 commands; the server must run with `appendfsync always`, or a 2xx is a hope.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import hiredis
from redis.exceptions import RedisError, ResponseError

from lrs_platform.stream.client import connect, unavailable
from lrs_platform.stream.durable_log import APPEND_SECONDS, Appended, Entry, LogUnavailable, Taken
from lrs_platform.stream.entries import LogEntry, entries_of, in_order
from lrs_platform.stream.lease import Lease
from lrs_platform.stream.looking import Looks
from lrs_platform.stream.position import LogPosition, entry_ms, together
from lrs_platform.stream.shards import names, shard_of
from lrs_platform.stream.wire import Wire, WireError

if TYPE_CHECKING:
    from lrs_platform.settings import Settings

COUNTED = 100_000  # entries that are counted one by one, where Redis does not know their number
FULL = ("OOM", "MISCONF")  # error replies that mean: the log cannot grow (memory limit, disk)


class StatementLog:
    """The log of one platform. Connections are made when first used and again after they were lost."""

    def __init__(
        self, redis_url: str, stream: str, group: str, *, retention_hours: float = 24.0, shards: int = 1
    ) -> None:
        self.stream, self.group = stream, group
        self._shards = names(stream, shards)
        self._url = redis_url
        self._retention = timedelta(hours=retention_hours)
        self._archived_key = f"{stream}:archived"
        self._redis = connect(redis_url, answer_seconds=15)  # longer than any BLOCK of `read`
        self._wire: Wire | None = None
        self._wire_lock = asyncio.Lock()
        self._script = files(__package__).joinpath("append.lua").read_text(encoding="utf-8")
        self._script_sha = ""
        self._lease = Lease(self._redis, f"{stream}:lease:{group}")
        self._looks = Looks(self._look, shortest=0.002, longest=0.025)
        self._index_keys: tuple[int, list[str]] = (0, [])

    @classmethod
    def of(cls, settings: Settings) -> StatementLog:
        """The log that the settings name. Raises SettingMissing."""
        return cls(
            settings.require("redis_url"),
            settings.stream,
            settings.stream_group,
            retention_hours=settings.log_retention_hours,
            shards=settings.stream_shards,
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._wire is not None:
            self._wire.close()
        await self._redis.aclose()

    # the gateway's side

    async def append(
        self, entries: Sequence[Entry], *, version: str, authority: bytes, known: Collection[str] = (), trace: str = ""
    ) -> Appended:
        """Append all entries in one script, on disk before this returns; or none where the log knows some of the ids.

        Ids in `known` are left out: the caller compared them and found the same statement. Raises LogUnavailable.
        """
        keys = self._recent_id_keys()
        lifetime = len(keys) * 86_400
        command: list[bytes | str | int] = [
            "EVALSHA", self._script_sha, len(self._shards) + len(keys), *self._shards, *keys,
            version, authority, lifetime, trace, len(self._shards),
        ]  # fmt: skip
        for entry in entries:
            how = "fresh" if entry.fresh else "known" if entry.statement_id in known else "new"
            command += (how, entry.statement_id, entry.raw, 1 + shard_of(entry.raw, len(self._shards)))
        reply = await self._call(command)
        if reply[0] == 0:
            return Appended(newest=reply[1].decode())
        return Appended(taken=tuple(Taken(index, raw) for index, raw in reply[1:]))

    async def find(self, statement_id: str) -> str:
        """Id of the entry that brought a statement, "" where the log does not know (any more). LogUnavailable."""
        with unavailable():
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in self._recent_id_keys():
                    pipe.hget(key, statement_id)
                found = await pipe.execute()
        return next((_text(entry) for entry in found if entry), "")

    async def entries_from(self, statement_id: str, count: int) -> list[LogEntry]:
        """The entry that brought a statement and those after it, `count` in all; [] where the log does not know it."""
        if not (brought := await self.find(statement_id)):
            return []
        found = [await self._raw(b"XRANGE", shard, brought, "+", "COUNT", count) for shard in self._shards]
        entries = in_order(map(entries_of, found))[:count]
        return entries if entries and entries[0].id.decode() == brought else []

    async def position(self, *, max_age_ms: float = 3.0) -> LogPosition:
        """Where the log stands, at most `max_age_ms` old; concurrent callers share one look. Raises LogUnavailable."""
        return await self._looks.position(max_age_ms)

    async def wait_loaded(self, upto: str, *, timeout_ms: int) -> bool:
        """The read barrier: wait until every entry up to `upto` is loaded; False when the time is over."""
        return await self._looks.wait_loaded(upto, timeout_ms)

    # the loader's side

    async def ensure_group(self) -> None:
        """Make the consumer group, reading from the first entry on, where it is missing."""
        for shard in self._shards:
            try:
                with unavailable():
                    await self._redis.xgroup_create(shard, self.group, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def read(self, consumer: str, count: int, block_ms: int) -> list[LogEntry]:
        """Up to `count` new entries, in order; waits up to `block_ms` for the first (0: does not wait)."""
        block: tuple[bytes | str | int, ...] = ("BLOCK", block_ms) if block_ms else ()
        of_each = -(-count // len(self._shards))
        streams = (*self._shards, *(">" for _ in self._shards))
        reply = await self._raw(
            b"XREADGROUP", "GROUP", self.group, consumer, "COUNT", of_each, *block, "STREAMS", *streams
        )
        return in_order(entries_of(entries) for _, entries in reply or ())

    async def claim(self, consumer: str, count: int, *, idle_ms: int, start: str = "0-0") -> tuple[str, list[LogEntry]]:
        """Take over up to `count` entries that another consumer, or an earlier life of this one, left pending.

        Returns where to go on from ("0-0" at the end) and the entries; those trimmed meanwhile are left out. One shard
        is gone through after the other.
        """
        place, _, shard = start.partition(" ")
        number = int(shard or 0)
        reply = await self._raw(
            b"XAUTOCLAIM", self._shards[number], self.group, consumer, idle_ms, place, "COUNT", count
        )
        place = reply[0].decode()
        if place == "0-0":
            number += 1
        return ("0-0" if number == len(self._shards) else f"{place} {number}"), entries_of(reply[1])

    async def ack(self, ids: Sequence[bytes]) -> None:
        """Mark entries as loaded. Call it after the commit, never before."""
        if ids:
            for shard in self._shards:  # an id is in one of them only, and unknown to the others
                await self._raw(b"XACK", shard, self.group, *ids)

    async def note_archived(self, upto_ms: int) -> None:
        """Remember that everything stored before this time is in the archive; `trim` keeps what is later."""
        with unavailable():
            await self._redis.set(self._archived_key, upto_ms)

    async def trim(self) -> int:
        """Drop entries that are loaded, archived (where there is an archive) and older than the retention; how many.

        Where memory runs short the older half of what is loaded goes, archived or not: Postgres has it.
        """
        position = await self._look()
        loaded_ms = entry_ms(position.oldest_pending or position.delivered)
        keep_from = position.now_ms - int(self._retention.total_seconds() * 1000)
        with unavailable():
            memory: dict[str, Any] = await self._redis.info("memory")
            archived = await self._redis.get(self._archived_key)
        if archived is not None:
            keep_from = min(keep_from, int(archived))
        if memory.get("maxmemory") and memory["used_memory"] > 0.75 * memory["maxmemory"]:
            first = [found for shard in self._shards if (found := await self._first_after(shard, "0-0"))]
            if first:
                keep_from = max(keep_from, (min(map(entry_ms, first)) + loaded_ms) // 2)
        least = f"{min(keep_from, loaded_ms)}-0"
        return sum([int(await self._raw(b"XTRIM", shard, "MINID", "~", least)) for shard in self._shards])

    async def acquire_lease(self, holder: str, seconds: float) -> bool:
        """Take or renew the right to load; False while another holder has it. It ends by itself after `seconds`."""
        return await self._lease.acquire(holder, seconds)

    async def release_lease(self, holder: str) -> None:
        """Give the right to load back, where `holder` has it."""
        await self._lease.release(holder)

    async def is_durable(self) -> bool | None:
        """Whether Redis has every append on disk before it answers; None where it does not say (managed services)."""
        try:
            config = await self._redis.config_get("appendonly", "appendfsync")
        except RedisError:
            return None
        values = {_text(key or ""): _text(value or "") for key, value in config.items()}
        return values.get("appendonly") == "yes" and values.get("appendfsync") == "always"

    # inside

    async def _look(self) -> LogPosition:
        with unavailable():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("TIME")
                for shard in self._shards:
                    pipe.execute_command("XINFO STREAM", shard)
                    pipe.execute_command("XINFO GROUPS", shard)
                    pipe.execute_command("XPENDING", shard, self.group)
                clock, *found = await pipe.execute(raise_on_error=False)
        if isinstance(clock, Exception):
            raise LogUnavailable(f"the log is away: {clock}") from clock
        now_ms = int(clock[0]) * 1000 + int(clock[1]) // 1000
        places = [
            await self._look_at(shard, now_ms, *found[3 * number : 3 * number + 3])
            for number, shard in enumerate(self._shards)
        ]
        return together(places)

    async def _look_at(self, shard: str, now_ms: int, info: Any, groups: Any, pending: Any) -> LogPosition:
        """Where one shard stands, out of what Redis said of it."""
        if isinstance(info, Exception):  # no such key: nothing was ever appended
            return LogPosition(0, "", "", 0, "", 0, now_ms)
        newest = _text(info["last-generated-id"])
        newest = "" if newest == "0-0" else newest
        group = next((g for g in groups if _text(g["name"]) == self.group), None)
        if group is None or isinstance(pending, Exception):
            length, first = int(info["length"]), await self._first_after(shard, "0-0")
            return LogPosition(length, newest, "", 0, "", length, now_ms, first)
        delivered = _text(group["last-delivered-id"])
        lag = group.get("lag")
        if delivered == (newest or "0-0"):  # Redis counts reads and may be off by some after it was killed; ids are not
            lag = 0
        elif lag is None:  # it cannot tell after some trims; then count what is behind the last delivered id
            lag = len(await self._raw(b"XRANGE", shard, f"({delivered}", "+", "COUNT", COUNTED))
        waiting = int(pending["pending"])
        return LogPosition(
            length=int(info["length"]),
            newest=newest,
            delivered="" if delivered == "0-0" else delivered,
            pending=waiting,
            oldest_pending=_text(pending["min"]) if waiting else "",
            lag=int(lag),
            now_ms=now_ms,
            oldest_undelivered="" if delivered == newest else await self._first_after(shard, delivered),
        )

    async def _first_after(self, shard: str, entry_id: str) -> str:
        """Id of the first entry of a shard behind `entry_id`, "" where there is none."""
        reply = await self._raw(b"XRANGE", shard, f"({entry_id}", "+", "COUNT", 1)
        return reply[0][0].decode() if reply else ""

    async def _raw(self, command: bytes, *rest: bytes | str | int) -> Any:
        """A command whose reply stays as Redis sent it: redis-py reshapes only those it knows by a name that is str."""
        with unavailable():
            return await self._redis.execute_command(command, *rest)  # type: ignore[no-untyped-call]

    async def _call(self, command: list[bytes | str | int]) -> Any:
        """Run the append script over the shared connection; once more where Redis has forgotten the script."""
        try:
            async with asyncio.timeout(APPEND_SECONDS):
                wire = await self._connected()
                command[1] = self._script_sha
                try:
                    return await wire.call(*command)
                except hiredis.ReplyError as error:
                    if not str(error).startswith("NOSCRIPT"):
                        raise
                    self._script_sha = (await wire.call("SCRIPT", "LOAD", self._script)).decode()
                    command[1] = self._script_sha
                    return await wire.call(*command)
        except TimeoutError as error:
            raise LogUnavailable(f"the log did not answer within {APPEND_SECONDS:.0f} s") from error
        except WireError as error:
            raise LogUnavailable(f"the log is away: {error}") from error
        except hiredis.ReplyError as error:
            full = str(error).startswith(FULL) or any(word in str(error) for word in FULL)
            reason = "the log is full" if full else f"the log refuses statements: {error}"
            raise LogUnavailable(reason, retry_after=10 if full else 2, full=full) from error

    async def _connected(self) -> Wire:
        if self._wire is not None and self._wire.is_open:
            return self._wire
        async with self._wire_lock:
            if self._wire is None or not self._wire.is_open:
                self._wire = await Wire.open(self._url)
                self._script_sha = (await self._wire.call("SCRIPT", "LOAD", self._script)).decode()
        return self._wire

    def _recent_id_keys(self) -> list[str]:
        """Indexes of ids, today's first, that together reach back as far as the log does."""
        day = int(time.time() // 86_400)
        if self._index_keys[0] != day:
            days = 1 + -(-int(self._retention.total_seconds()) // 86_400)
            dates = [datetime.fromtimestamp((day - n) * 86_400, UTC) for n in range(days)]
            self._index_keys = (day, [f"{self.stream}:ids:{date:%Y-%m-%d}" for date in dates])
        return self._index_keys[1]


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
