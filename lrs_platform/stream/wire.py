"""One Redis connection that many requests share: commands go out at once, replies come back in order.

Belongs here: bytes to and from the server. Not here: what the commands mean (log.py). It exists because the append is
the one command of the hot path, and redis-py costs several times its CPU time (docs/performance.md). Everything that
is not an append uses redis-py.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import hiredis


class WireError(ConnectionError):
    """The connection to Redis could not be made, was lost or gave no answer in time."""


class Wire(asyncio.Protocol):
    """A pipelined connection. Use `await Wire.open(url)`, then `await wire.call(b"PING")`."""

    def __init__(self) -> None:
        self._reader = hiredis.Reader(replyError=hiredis.ReplyError)
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._transport: asyncio.Transport | None = None
        self._room = asyncio.Event()
        self._room.set()

    @classmethod
    async def open(cls, url: str, *, connect_seconds: float = 2.0) -> Wire:
        """Connect, log in and select the database that `url` (redis:// or rediss://) names. Raises WireError."""
        parts = urlsplit(url)
        secure = ssl.create_default_context() if parts.scheme == "rediss" else None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(connect_seconds):
                _, wire = await loop.create_connection(
                    cls, parts.hostname or "127.0.0.1", parts.port or 6379, ssl=secure
                )
                if parts.password:
                    user = [unquote(parts.username)] if parts.username else []
                    await wire.call("AUTH", *user, unquote(parts.password))
                if parts.path.strip("/"):
                    await wire.call("SELECT", parts.path.strip("/"))
        except (OSError, TimeoutError) as error:
            raise WireError(
                f"Redis at {parts.hostname}:{parts.port} cannot be reached: {error or 'time-out'}"
            ) from error
        except hiredis.ReplyError as error:
            raise WireError(f"Redis at {parts.hostname}:{parts.port} refuses the login: {error}") from error
        return wire

    @property
    def is_open(self) -> bool:
        """Whether commands can still be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def call(self, *command: bytes | str | int) -> Any:
        """Send one command and return its reply. Raises WireError, or hiredis.ReplyError for an error reply."""
        if not self._room.is_set():
            await self._room.wait()
        if self._transport is None or self._transport.is_closing():
            raise WireError("the connection to Redis is closed")
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(reply)
        self._transport.write(hiredis.pack_command(command))  # type: ignore[arg-type]  # stub: a tuple of one
        return await reply

    def close(self) -> None:
        """Close; commands still waiting fail with WireError."""
        if self._transport is not None:
            self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:  # False: no whole reply yet
            waiter = self._waiting.popleft()
            if waiter.done():  # its caller gave up; the reply still has to be taken out of the line
                continue
            if isinstance(reply, hiredis.ReplyError):
                waiter.set_exception(reply)
            else:
                waiter.set_result(reply)

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._room.set()
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(WireError(f"the connection to Redis was lost: {error or 'closed by Redis'}"))
