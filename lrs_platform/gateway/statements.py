"""The resource /xAPI/statements over HTTP: PUT, POST, GET, HEAD (Communication 2.1), and /xAPI/about (2.8).

Belongs here: requests to calls and outcomes to answers. A plain ASGI endpoint, not a
FastAPI one: bodies are parsed once, by xapi/, and their bytes are kept. They are documented in openapi.py.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from starlette.types import Receive, Scope, Send

from lrs_platform import tracing
from lrs_platform.gateway import metrics, queries
from lrs_platform.gateway.auth import MAY_READ, MAY_WRITE, Caller
from lrs_platform.gateway.body import Disconnected, check_statement_body, read_body
from lrs_platform.gateway.refusals import JSON, Refused
from lrs_platform.gateway.watermark import http_date
from lrs_platform.stream import LogUnavailable
from lrs_platform.xapi.versions import Version, VersionRefused, negotiate

if TYPE_CHECKING:
    from lrs_platform.gateway.services import Services

log = logging.getLogger(__name__)

ALLOWED = "GET, HEAD, POST, PUT"
BARRIER_GRACE_SECONDS = 1.0  # beyond LRS_READ_BARRIER_MS: for a log that does not even answer


@dataclass(slots=True)
class Answer:
    """Status, body and headers of an answer, before those that every answer gets."""

    status: int
    body: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=lambda: [JSON])
    consistent_through: bytes = b""  # of a read: the watermark from before its query; a newer one would claim too much


class StatementsResource:
    """ASGI endpoint of /xAPI/statements."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not tracing.is_on():
            await self._serve(scope, receive, send)
            return
        parent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        with tracing.span(f"{scope['method']} /xAPI/statements", kind="server", parent=parent):
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        services: Services = scope["app"].state.services
        headers: dict[bytes, bytes] = dict(scope["headers"])
        version = Version.V2_0_0
        try:
            caller = await services.credentials.verify(headers.get(b"authorization"))
            version = _version(headers)
            answer = await self._answer(services, scope, headers, receive, version, caller)
        except Refused as refused:
            metrics.REFUSED.labels(refused.reason).inc()
            extra = [(name.encode(), value.encode()) for name, value in refused.headers.items()]
            answer = Answer(refused.status, refused.body(), [JSON, *extra])
        except Disconnected:
            metrics.REFUSED.labels("disconnected").inc()
            return
        answer.headers += [
            (b"x-experience-api-version", version.value.encode()),
            (b"x-experience-api-consistent-through", answer.consistent_through or services.watermark.known()),
        ]
        await respond(answer, scope["method"], send)
        if answer.status < 300 and scope["method"] in ("PUT", "POST"):
            metrics.ACCEPT_SECONDS.observe(time.perf_counter() - started)
        metrics.REQUESTS.labels("/xAPI/statements", scope["method"], str(answer.status)).inc()

    async def _answer(
        self,
        services: Services,
        scope: Scope,
        headers: dict[bytes, bytes],
        receive: Receive,
        version: Version,
        caller: Caller,
    ) -> Answer:
        method, query = scope["method"], scope["query_string"]
        if method == "POST":
            caller.require(MAY_WRITE)
            queries.no_parameters(query)
            check_statement_body(headers)
            body = await read_body(headers, receive, services.settings.max_body_bytes)
            ids = await services.accepting.post(body, version, caller)
            return Answer(200, msgspec.json.encode(ids))
        if method == "PUT":
            caller.require(MAY_WRITE)
            statement_id = queries.statement_id(query)
            check_statement_body(headers)
            body = await read_body(headers, receive, services.settings.max_body_bytes)
            await services.accepting.put(body, statement_id, version, caller)
            return Answer(204, b"", [])
        if method in ("GET", "HEAD"):
            caller.require(MAY_READ)
            return await self._read(services, queries.read_query(query), version)
        raise Refused(405, f"{method} is not allowed here", reason="method", headers={"allow": ALLOWED})

    async def _read(self, services: Services, wanted: queries.Page | queries.One, version: Version) -> Answer:
        newest = await _barrier(services)
        watermark = services.watermark.known()
        if isinstance(wanted, queries.Page):
            body = await services.warehouse.page(wanted, newest=newest, version=version)
            return Answer(200, body, consistent_through=watermark)
        found = await services.warehouse.one(wanted.statement_id)
        if found is None:
            raise Refused(404, f"no statement {wanted.statement_id} is stored", reason="not_found")
        modified = (b"last-modified", http_date(found.stored).encode())
        return Answer(200, found.composed(version), [JSON, modified], consistent_through=watermark)


class AboutResource:
    """ASGI endpoint of /xAPI/about: the versions spoken here; needs neither credentials nor a version header."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            body = {"version": [version.value for version in Version], "extensions": {}}
            answer = Answer(200, msgspec.json.encode(body))
        else:
            refused = Refused(405, f"{scope['method']} is not allowed here", reason="method")
            answer = Answer(405, refused.body(), [JSON, (b"allow", b"GET, HEAD")])
        await _respond_as(answer, "/xAPI/about", scope["method"], send)


class UnknownResource:
    """ASGI endpoint of every other path below /xAPI: 404, and it says that this server does not know the resource."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = Refused(404, f"{scope['path'][:80]} is not supported here", reason="unknown_resource")
        metrics.REFUSED.labels(refused.reason).inc()
        await _respond_as(Answer(404, refused.body()), "/xAPI", scope["method"], send)


async def _respond_as(answer: Answer, route: str, method: str, send: Send) -> None:
    answer.headers.append((b"x-experience-api-version", Version.V2_0_0.value.encode()))
    await respond(answer, method, send)
    metrics.REQUESTS.labels(route, method, str(answer.status)).inc()


async def respond(answer: Answer, method: str, send: Send) -> None:
    """Send an answer; a HEAD gets the headers of its GET."""
    if answer.status != 204:
        answer.headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})


def _version(headers: dict[bytes, bytes]) -> Version:
    sent = headers.get(b"x-experience-api-version")
    try:
        return negotiate(sent.decode("latin-1") if sent is not None else None)
    except VersionRefused as error:
        raise Refused(400, str(error), reason="version", section="Communication 3.3") from error


async def _barrier(services: Services) -> str:
    """Wait, for LRS_READ_BARRIER_MS at most, until what the log holds now is loaded; its newest entry id ("" if the
    log is away).
    """
    started = time.perf_counter()
    limit_ms = services.settings.read_barrier_ms
    newest, outcome = "", "log_away"
    try:
        async with asyncio.timeout(limit_ms / 1000 + BARRIER_GRACE_SECONDS):
            newest = (await services.log.position(max_age_ms=0)).newest
            outcome = "loaded" if await services.log.wait_loaded(newest, timeout_ms=limit_ms) else "timeout"
            await services.watermark.look()
    except (LogUnavailable, TimeoutError) as error:
        log.warning("read without the barrier: %s", str(error) or "the log does not answer")
    metrics.BARRIER_SECONDS.labels(outcome).observe(time.perf_counter() - started)
    return newest
