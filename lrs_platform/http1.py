"""A lean HTTP/1.1 client connection: one request at a time, kept alive, parsed in C.

Belongs here: bytes to and from one server. Not here: what is sent (send/, bench/). It exists because
`lrs send --one-by-one` and the load generator make a request a statement and must not be slower than the gateway.
No redirects, proxies or cookies: an LRS endpoint needs none of them, and a redirect is worth an error.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import httptools


class ConnectionLost(OSError):
    """The server could not be reached, or the connection ended or fell silent before the whole response was there."""


@dataclass(slots=True)
class Response:
    """One response: status, headers by lower-case name, body."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an endpoint lies: address, port and the path before every resource."""

    host: str
    port: int
    tls: bool
    path: str

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of `url`; ValueError when it is not an http or https address."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not an http:// or https:// address")
        tls = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls, parts.path.rstrip("/"))


class _Exchange(asyncio.Protocol):
    """The protocol of one TCP connection: the response being read, and the future that waits for it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[Response] | None = None
        self.parser: httptools.HttpResponseParser | None = None
        self.response = Response()
        self.chunks: list[bytes] = []
        self.lost: Exception | None = None

    # asyncio.Protocol
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transports are no subclass of it

    def data_received(self, data: bytes) -> None:
        if self.parser is None:
            return self._fail(ConnectionLost("the server spoke without being asked"))
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionLost(f"not an HTTP response: {error}"))
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ConnectionLost(str(exc) if exc else "the server closed the connection"))

    # httptools' callbacks
    def on_header(self, name: bytes, value: bytes) -> None:
        self.response.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        assert self.parser is not None and self.transport is not None
        if self.parser.get_status_code() < 200:  # 100 Continue, 103 Early Hints: the response is still to come
            return
        self.response.status = self.parser.get_status_code()
        self.response.body = b"".join(self.chunks)
        if not self.parser.should_keep_alive():
            self.lost = ConnectionLost("the server asked to close")
            self.transport.close()
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(self.response)

    def ask(self, request: bytes) -> asyncio.Future[Response]:
        assert self.transport is not None
        self.response, self.chunks = Response(), []
        self.parser = httptools.HttpResponseParser(self)
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.waiting

    def _fail(self, error: Exception) -> None:
        self.lost = self.lost or error
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(error)
        if self.transport is not None:
            self.transport.close()


class Connection:
    """A connection to `origin` that opens when first used and again after it was lost.

    `headers` are sent with every request. `timeout` is in seconds, for connecting and for each response.
    """

    def __init__(self, origin: Origin, headers: dict[str, str], *, timeout: float = 60.0) -> None:
        for name, value in headers.items():
            if "\r" in value or "\n" in value:
                raise ValueError(f"the header {name} holds a line break")
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        lines = [f"host: {host}:{origin.port}", *(f"{name}: {value}" for name, value in headers.items())]
        self._head = ("\r\n".join(lines) + "\r\n").encode("latin-1")
        self._origin = origin
        self._timeout = timeout
        self._exchange: _Exchange | None = None

    async def request(self, method: str, target: str, body: bytes = b"", headers: bytes = b"") -> Response:
        """Send one request and return its response.

        `target` is appended to the origin's path; `headers` are whole lines, each ended by CRLF. Raises ConnectionLost,
        after which the request may or may not have been carried out: repeat it only when that is safe.
        """
        exchange = self._exchange
        if exchange is None or exchange.lost is not None:
            exchange = self._exchange = await self._open()
        length = b"content-length: %d\r\n\r\n" % len(body)
        start = f"{method} {self._origin.path}{target} HTTP/1.1\r\n".encode("latin-1")
        answer = exchange.ask(b"".join((start, self._head, headers, length, body)))
        deadline = asyncio.get_running_loop().call_later(
            self._timeout, exchange._fail, ConnectionLost(f"no response within {self._timeout:g} s")
        )
        try:
            return await answer
        finally:
            deadline.cancel()
            if answer.cancelled():  # a late response must not be taken for that of the next request
                self.close()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._exchange is not None and self._exchange.transport is not None:
            self._exchange.transport.close()
        self._exchange = None

    async def _open(self) -> _Exchange:
        origin = self._origin
        context = ssl.create_default_context() if origin.tls else None
        try:
            async with asyncio.timeout(self._timeout):
                _, exchange = await asyncio.get_running_loop().create_connection(
                    _Exchange, origin.host, origin.port, ssl=context
                )
        except (OSError, TimeoutError) as error:
            raise ConnectionLost(f"{origin.host}:{origin.port} cannot be reached: {error or 'time-out'}") from error
        return exchange


def xapi_headers(username: str, password: str, version: str) -> dict[str, str]:
    """The headers that every request to a statements resource carries (Basic credentials, version, JSON body)."""
    secret = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {
        "authorization": f"Basic {secret}",
        "x-experience-api-version": version,
        "content-type": "application/json",
    }
