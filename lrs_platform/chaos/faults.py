"""The faults: what is done to a running instance, and undone again.

Belongs here: one function a kind of fault, as a context manager that ends when the fault has ended by itself or was
taken back. Not here: when they happen (the package) and what must hold then (verdict.py).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import redis.asyncio as redis

from lrs_platform.bench.footprint import held
from lrs_platform.bench.statements import ids
from lrs_platform.bench.subject import Subject
from lrs_platform.local.launch import signal_group
from lrs_platform.settings import get_settings

KILLED = ("gateway", "redis", "postgres", "warehouse", "python", "dbhub", "daemon", "code-server")
STALLED = ("gateway", "redis", "postgres", "warehouse", "python", "code-server")
AWAY_SECONDS, LONG_SECONDS = 20.0, 120.0  # of a part that is held away; the supervisor starts it again afterwards


@dataclass(frozen=True, slots=True)
class Victims:
    """The instance that a fault is done to."""

    subject: Subject

    def pid(self, name: str) -> int:
        """Of a process that runs."""
        return self.subject.pids[name]

    def redis(self) -> redis.Redis:
        """A connection to the log's server."""
        return redis.Redis.from_url(self.subject.redis_url)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its name, what it does in words, and how."""

    name: str
    says: str
    apply: Callable[[Victims, random.Random], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _kill(victims: Victims, _: random.Random, *, names: tuple[str, ...]) -> AsyncIterator[None]:
    for name in names:
        with suppress(ProcessLookupError):
            signal_group(victims.pid(name), signal.SIGKILL)
    yield


@asynccontextmanager
async def _stall(victims: Victims, chance: random.Random, *, name: str) -> AsyncIterator[None]:
    """Stopped in its tracks: to the others it looks like a partition, or a machine that swaps."""
    with held([victims.pid(name)]):
        await asyncio.sleep(chance.uniform(0.5, 6.0))
        yield


@asynccontextmanager
async def _suspend(victims: Victims, chance: random.Random) -> AsyncIterator[None]:
    """Everything stands still for longer than servers wait to hear of each other, as a laptop does that is closed."""
    with held([victims.pid(name) for name in KILLED]):
        await asyncio.sleep(chance.uniform(35.0, 50.0))
        yield


@asynccontextmanager
async def _slow(victims: Victims, chance: random.Random, *, name: str) -> AsyncIterator[None]:
    """Ten times slower for five seconds: it may run a tenth of the time."""
    for _ in range(25):
        with held([victims.pid(name)]):
            await asyncio.sleep(0.18)
        await asyncio.sleep(chance.uniform(0.01, 0.03))
    yield


@asynccontextmanager
async def _away(victims: Victims, _: random.Random, *, name: str, seconds: float) -> AsyncIterator[None]:
    """Killed, and kept from being started again for a while."""
    hold = victims.subject.instance.hold / name
    hold.touch()
    try:
        signal_group(victims.pid(name), signal.SIGKILL)
        await asyncio.sleep(seconds)
        yield
    finally:
        hold.unlink(missing_ok=True)


@asynccontextmanager
async def _log_full(victims: Victims, chance: random.Random) -> AsyncIterator[None]:
    """The log's server has no memory left for a while, and refuses to write."""
    async with victims.redis() as client:
        before = str((await client.config_get("maxmemory"))["maxmemory"])
        await client.config_set("maxmemory", "1mb")
        try:
            await asyncio.sleep(chance.uniform(1.0, 4.0))
            yield
        finally:
            await client.config_set("maxmemory", before)


@asynccontextmanager
async def _disk_full(victims: Victims, _: random.Random) -> AsyncIterator[None]:
    """The log's file cannot grow any more: the kernel cuts a write short and ends the server in the middle of it."""
    pid = victims.pid("redis")
    newest = max(_append_only_files(victims), key=lambda path: path.stat().st_mtime)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (newest.stat().st_size + 3_000, resource.RLIM_INFINITY))
    try:
        await asyncio.sleep(1.0)
        yield
    finally:  # the server that the supervisor starts next has no such limit; this one may not have come to it
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@asynccontextmanager
async def _cut(victims: Victims, chance: random.Random) -> AsyncIterator[None]:
    """Every connection to the log and to Postgres is cut, a few times."""
    for _ in range(3):
        async with victims.redis() as client:
            await client.client_kill_filter(_type="normal", skipme=True)
        async with await psycopg.AsyncConnection.connect(victims.subject.admin_database_url, autocommit=True) as admin:
            await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")
        await asyncio.sleep(chance.uniform(0.1, 0.5))
    yield


@asynccontextmanager
async def _clock_back(victims: Victims, chance: random.Random) -> AsyncIterator[None]:
    """The log's clock steps back: its newest entry lies in the future, as it does after such a step."""
    statement_id = next(ids())
    statement = {
        "id": statement_id,
        "actor": {"account": {"homePage": "https://learn.example.com", "name": "clock"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
        "object": {"id": "https://learn.example.com/courses/clock"},
    }
    authority = {"objectType": "Agent", "account": {"homePage": "https://learn.example.com", "name": "chaos"}}
    async with victims.redis() as client:
        seconds, microseconds = await client.time()
        ahead = seconds * 1000 + microseconds // 1000 + chance.randint(1_000, 4_000)
        fields = ("i", statement_id, "v", "1.0.3", "a", json.dumps(authority), "s", json.dumps(statement))
        await client.execute_command("XADD", get_settings().stream, f"{ahead}-0", *fields)  # type: ignore[no-untyped-call]
    yield


def _append_only_files(victims: Victims) -> list[Path]:
    return [
        Path(folder) / name
        for folder, _, names in os.walk(victims.subject.instance.home)
        for name in names
        if name.endswith(".incr.aof")
    ]


FAULTS = (
    *(Fault(f"kill:{name}", f"kill -9 of {name}", partial(_kill, names=(name,))) for name in KILLED),
    Fault("kill:all", "kill -9 of everything at once", partial(_kill, names=KILLED)),
    *(Fault(f"stall:{name}", f"{name} stands still", partial(_stall, name=name)) for name in STALLED),
    Fault("suspend:all", "everything stands still for most of a minute", _suspend),
    Fault("slow:warehouse", "the warehouse is ten times slower", partial(_slow, name="warehouse")),
    Fault("away:postgres", "Postgres is away", partial(_away, name="postgres", seconds=AWAY_SECONDS)),
    Fault("gone:postgres", "Postgres is away for two minutes", partial(_away, name="postgres", seconds=LONG_SECONDS)),
    Fault("full:memory", "the log's memory is full", _log_full),
    Fault("full:disk", "the log's disk is full", _disk_full),
    Fault("cut:connections", "all connections are cut", _cut),
    Fault("clock:back", "the log's clock steps back", _clock_back),
)
