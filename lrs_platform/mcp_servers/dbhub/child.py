"""An MCP server as a child process, spoken to over stdin and stdout, and started again when it dies.

Belongs here: the process, JSON-RPC over lines, the cap on a reply, restarting. Not here: which server (launch.py).
The SDK's stdio client is not used: it hands HOME, USER and SHELL to the child and reads replies of any length.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from lrs_platform import __version__

logger = logging.getLogger(__name__)

PROTOCOL_VERSION = "2025-11-25"
START_SECONDS = 15.0  # Node needs 0.6 s on an idle machine
LONGEST_PAUSE = 10.0  # between two attempts to start
SOON = 1.0  # seconds
CHUNK = 2**16
# Where a reply is too long to keep, its id is looked for near its ends: JSON members come in any order.
ENDS = 256
ID = re.compile(rb'"id"\s*:\s*(\d+)')


class ChildGone(RuntimeError):
    """The child ended, or does not start; the message says which."""


class ChildDied(ChildGone):
    """The child ended during the call, perhaps because of it."""


class ReplyTooLarge(RuntimeError):
    """The reply is longer than the cap; it was thrown away."""


class ChildError(RuntimeError):
    """The child answered with a JSON-RPC error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start the child: command, its whole environment, working directory."""

    command: tuple[str, ...]
    environment: dict[str, str]
    directory: Path


class _Error(msgspec.Struct):
    code: int
    message: str


class _Message(msgspec.Struct):
    id: int | str | None = None
    method: str | None = None
    result: dict[str, Any] | None = None
    error: _Error | None = None


class Child:
    """One run of the process."""

    def __init__(self, process: asyncio.subprocess.Process, max_reply_bytes: int) -> None:
        self._process = process
        self._max = max_reply_bytes
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last_id = 0
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, launch: Launch, max_reply_bytes: int) -> Child:
        """Start the process and do the handshake. Raises ChildGone."""
        try:
            process = await asyncio.create_subprocess_exec(
                *launch.command,
                env=launch.environment,
                cwd=launch.directory,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise ChildGone(f"cannot be started: {error.strerror}: {launch.command[0]}") from error
        child = cls(process, max_reply_bytes)
        try:
            await child.request(
                "initialize",
                {
                    "protocolVersion": PROTOCOL_VERSION,
                    "capabilities": {},
                    "clientInfo": {"name": "lrs-platform", "version": __version__},
                },
                START_SECONDS,
            )
            await child._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        except (ChildGone, ChildError, ReplyTooLarge, TimeoutError) as error:
            await child.stop()
            raise ChildGone(f"did not start: {error or 'no answer'}") from error
        return child

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not self._reader.done()

    async def request(self, method: str, params: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The result of one request. Raises ChildGone, ChildError, ReplyTooLarge, TimeoutError."""
        if not self.alive:
            raise ChildGone("has ended")
        self._last_id += 1
        message_id = self._last_id
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = answer
        try:
            await self._send({"jsonrpc": "2.0", "id": message_id, "method": method, "params": params})
            async with asyncio.timeout(seconds):
                return await answer
        finally:
            del self._waiting[message_id]

    async def stop(self) -> None:
        """End the process: by closing its stdin, then by killing it."""
        self._reader.cancel()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(2.0):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(message) + b"\n")
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise ChildGone("has ended") from error

    async def _read(self) -> None:
        """Hand each line to whoever waits for it, until the child closes its stdout."""
        try:
            async for line, complete in self._lines():
                self._settle(line, complete)
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(ChildDied("ended during the call"))

    async def _lines(self) -> AsyncIterator[tuple[bytes, bool]]:
        """Lines of stdout, and whether they are complete; of one longer than the cap only its ends are kept."""
        assert self._process.stdout is not None
        parts: list[bytes] = []
        length = 0
        while chunk := await self._process.stdout.read(CHUNK):
            *ended, rest = chunk.split(b"\n")
            for piece in ended:
                yield b"".join([*parts, piece]), length + len(piece) <= self._max
                parts, length = [], 0
            parts.append(rest)
            length += len(rest)
            if length > self._max:
                kept = b"".join(parts)
                parts = [kept[:ENDS], kept[-ENDS:]]

    def _settle(self, line: bytes, complete: bool) -> None:
        if not complete:
            found = ID.findall(line[:ENDS]) + ID.findall(line[-ENDS:])
            for message_id in {int(number) for number in found} & set(self._waiting):
                self._fail(message_id, ReplyTooLarge(f"the reply is longer than {self._max} bytes"))
            return
        try:
            message = msgspec.json.decode(line, type=_Message)
        except msgspec.MsgspecError:
            logger.warning("DBHub printed a line that is no MCP message")  # its text may hold rows
            return
        if message.method is not None or not isinstance(message.id, int):  # its own requests and notifications
            return
        if message.error is not None:
            self._fail(message.id, ChildError(message.error.code, message.error.message))
        elif (answer := self._waiting.get(message.id)) is not None and not answer.done():
            answer.set_result(message.result or {})

    def _fail(self, message_id: int, error: Exception) -> None:
        answer = self._waiting.get(message_id)
        if answer is not None and not answer.done():
            answer.set_exception(error)


class KeptChild:
    """A child that is started when it is first needed, and again when it has died."""

    def __init__(self, launch: Launch, max_reply_bytes: int) -> None:
        self._launch = launch
        self._max = max_reply_bytes
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._failures = 0
        self._not_before = 0.0
        self._why = ""

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[KeptChild]:
        """Start it now, so that the first caller need not wait, and end it at the end."""
        starting = asyncio.create_task(self._alive())
        starting.add_done_callback(lambda task: task.cancelled() or task.exception())  # told to those who call
        try:
            yield self
        finally:
            starting.cancel()
            if self._child is not None:
                await self._child.stop()

    async def request(self, method: str, params: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Like `Child.request`; sent once more where the child died before it can have done much, since it only reads.

        A query that exhausts the child's memory takes longer to do so, and would end the next one as well.
        """
        started = time.monotonic()
        try:
            return await (await self._alive()).request(method, params, seconds)
        except ChildGone as error:
            if isinstance(error, ChildDied) and time.monotonic() - started > SOON:
                raise
            return await (await self._alive()).request(method, params, seconds)

    async def _alive(self) -> Child:
        async with self._starting:
            if self._child is not None and self._child.alive:
                return self._child
            if time.monotonic() < self._not_before:
                raise ChildGone(self._why)
            if self._child is not None:
                await self._child.stop()
                self._child = None
            try:
                self._child = await Child.start(self._launch, self._max)
            except ChildGone as error:
                self._failures += 1
                self._not_before = time.monotonic() + min(0.2 * 2**self._failures, LONGEST_PAUSE)
                self._why = str(error)
                raise
            self._failures = 0
            return self._child
