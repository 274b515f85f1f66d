"""Asking a process whether it is well: one question each, over the loopback, without a client library.

An answer of any kind shows that the process lives; only the right answer shows that it is healthy. The supervisor
restarts what gives no answer at all, and leaves alone what says that something behind it is away.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lrs_platform.local.instance import LOOPBACK

PATIENCE_SECONDS = 5.0  # for one answer

SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # Postgres' protocol, 54.7: answered by one byte before any login


@dataclass(frozen=True)
class Reading:
    """What one probe found. `answered` without `healthy`: alive, but unable to serve, for the reason given."""

    healthy: bool
    answered: bool
    milliseconds: float
    reason: str = ""


class Probe(Protocol):
    """One way to ask; raises OSError or TimeoutError where there is no answer, returns a reason or "" when well."""

    async def ask(self, port: int) -> str:
        """Why the process cannot serve, or ""."""
        ...


@dataclass(frozen=True)
class Http:
    """GET `path` answers 200."""

    path: str

    async def ask(self, port: int) -> str:
        request = f"GET {self.path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n"
        reply = await _exchange(port, request.encode(), lambda data: False)
        status, _, rest = reply.partition(b"\r\n")
        if not status.startswith(b"HTTP/1.") or len(status.split()) < 2:
            raise ConnectionError("no HTTP answer")
        if status.split()[1] == b"200":
            return ""
        body = rest.partition(b"\r\n\r\n")[2].decode(errors="replace").strip()
        return f"{status.decode(errors='replace').partition(' ')[2]}: {body[:300]}"


@dataclass(frozen=True)
class Tcp:
    """The port takes connections; for gRPC, whose health service would cost a client library here."""

    async def ask(self, port: int) -> str:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.close()
        return ""


@dataclass(frozen=True)
class RedisPing:
    """PING answers PONG; LOADING is an answer too, but not the one wanted."""

    password: str

    async def ask(self, port: int) -> str:
        reply = await _exchange(port, f"AUTH {self.password}\r\nPING\r\n".encode(), lambda data: data.count(b"\n") >= 2)
        if b"+PONG" in reply:
            return ""
        return reply.decode(errors="replace").strip().splitlines()[-1]


@dataclass(frozen=True)
class PostgresAnswer:
    """The server forks a backend for us, and says in postmaster.pid that it is ready (not recovering)."""

    ready: Callable[[], bool]

    async def ask(self, port: int) -> str:
        reply = await _exchange(port, SSL_REQUEST, lambda data: bool(data))
        if reply not in (b"N", b"S"):
            return "starts or stops"
        return "" if self.ready() else "recovers"


@dataclass(frozen=True)
class Alive:
    """Nothing to ask: a process that runs is well."""

    async def ask(self, port: int) -> str:
        return ""


async def read(probe: Probe, port: int) -> Reading:
    """Ask once, for at most 5 s."""
    started = time.perf_counter()
    try:
        reason, answered = await asyncio.wait_for(probe.ask(port), PATIENCE_SECONDS), True
    except TimeoutError:
        reason, answered = f"no answer within {PATIENCE_SECONDS:.0f} s", False
    except OSError as error:
        reason, answered = f"no answer: {error.strerror or error}", False
    return Reading(answered and not reason, answered, (time.perf_counter() - started) * 1000, reason)


async def _exchange(port: int, request: bytes, complete: Callable[[bytes], bool]) -> bytes:
    """Send `request`; the reply up to its end, 64 KiB, or until it is `complete`."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(request)
        reply = b""
        while len(reply) < 65536 and not complete(reply):
            data = await reader.read(65536)
            if not data:
                break
            reply += data
        return reply
    finally:
        writer.close()
