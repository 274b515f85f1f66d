"""What every xAPI resource does with a request: who asks, which version, the alternate syntax, refusals, common
headers.

Belongs here: what holds for all of them. Not here: what a resource does (statements.py, documents.py, entities.py).
Plain ASGI endpoints, not FastAPI ones: bodies are parsed once, by xapi/, and their bytes are kept. They are
documented in openapi.py.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from starlette.types import Receive, Scope, Send

from lrs_platform import tracing
from lrs_platform.gateway import metrics, no_guessing, queries
from lrs_platform.gateway.alternate import unfold
from lrs_platform.gateway.auth import Caller
from lrs_platform.gateway.body import Disconnected, read_body
from lrs_platform.gateway.refusals import JSON, Refused
from lrs_platform.xapi.versions import Version, VersionRefused, negotiate

if TYPE_CHECKING:
    from lrs_platform.gateway.services import Services

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Answer:
    """Status, body and headers of an answer, before those that every answer gets. A body that comes in pieces has a
    `length` in bytes.
    """

    status: int
    body: bytes | AsyncIterator[bytes] = b""
    headers: Headers = field(default_factory=lambda: [JSON])
    length: int | None = None
    consistent_through: bytes = b""  # of a read: the watermark from before its query; a newer one would claim too much


@dataclass(slots=True)
class Call:
    """A request whose sender and version are known."""

    services: Services
    method: str
    query: bytes
    headers: Mapping[bytes, bytes]
    receive: Receive
    version: Version
    caller: Caller

    @property
    def parameters(self) -> dict[str, str]:
        """Query parameters. Raises Refused for a repeated one or for bytes that are no UTF-8."""
        return queries.parameters(self.query)

    def header(self, name: bytes) -> str:
        """The value of a header, "" where it is absent."""
        return self.headers.get(name, b"").decode("latin-1")

    async def body(self) -> bytes:
        """The whole body. Raises Refused (413, 408) or Disconnected."""
        return await read_body(self.headers, self.receive, self.services.settings.max_body_bytes)


class Resource:
    """ASGI endpoint of one resource of xAPI."""

    route: ClassVar[str]
    allowed: ClassVar[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not tracing.is_on():
            await self._serve(scope, receive, send)
            return
        parent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        with tracing.span(f"{scope['method']} {self.route}", kind="server", parent=parent):
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        services: Services = scope["app"].state.services
        method, query = scope["method"], scope["query_string"]
        headers: dict[bytes, bytes] = dict(scope["headers"])
        version = Version.V2_0_0
        try:
            if method == "POST" and b"method=" in query:
                method, query, headers, receive = await unfold(
                    query, headers, receive, services.settings.max_body_bytes
                )
            caller = await services.credentials.verify(headers.get(b"authorization"))
            services.rate.spend(caller.username)
            version = _version(headers)
            answer = await self.answer(Call(services, method, query, headers, receive, version, caller))
        except Refused as refused:
            metrics.REFUSED.labels(refused.reason).inc()
            extra = [(name.encode(), value.encode()) for name, value in refused.headers.items()]
            answer = Answer(refused.status, refused.body(), [JSON, *extra])
        except Disconnected:
            metrics.REFUSED.labels("disconnected").inc()
            return
        answer.headers.append((b"x-experience-api-version", version.value.encode()))
        self.finish(services, answer)
        await respond(answer, method, send)
        self.count(method, answer.status, time.perf_counter() - started)

    async def answer(self, call: Call) -> Answer:
        """What the request is answered. Raises Refused, Disconnected."""
        raise NotImplementedError

    def finish(self, services: Services, answer: Answer) -> None:
        """Add headers that every answer of this resource has."""

    def count(self, method: str, status: int, seconds: float) -> None:
        """Count an answer."""
        metrics.REQUESTS.labels(self.route, method, str(status)).inc()

    def not_allowed(self, method: str) -> Refused:
        """405 for a method that this resource does not have."""
        return Refused(405, f"{method} is not allowed here", reason="method", headers={"allow": self.allowed})


async def respond(answer: Answer, method: str, send: Send) -> None:
    """Send an answer; a HEAD gets the headers of its GET."""
    body = answer.body
    if isinstance(body, bytes):
        answer.length = len(body)
    answer.headers.append(no_guessing.HEADER)
    if answer.status not in (204, 304):
        answer.headers.append((b"content-length", str(answer.length).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    if isinstance(body, bytes):
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
        return
    if method != "HEAD":
        async for piece in body:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _version(headers: Mapping[bytes, bytes]) -> Version:
    sent = headers.get(b"x-experience-api-version")
    try:
        return negotiate(sent.decode("latin-1") if sent is not None else None)
    except VersionRefused as error:
        raise Refused(400, str(error), reason="version", section="Communication 3.3") from error
