"""The resource /xAPI/statements over HTTP: PUT, POST, GET, HEAD (Communication 2.1; 2.0: 4.1.6.1).

Belongs here: requests to calls and outcomes to answers. Not here: what every resource does (resource.py), accepting
(accepting.py), reading (reading.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from lrs_platform.gateway import metrics, queries
from lrs_platform.gateway.auth import Scopes
from lrs_platform.gateway.barrier import wait_for_loader
from lrs_platform.gateway.body import is_multipart
from lrs_platform.gateway.bringing import Brought
from lrs_platform.gateway.multipart import arriving, boundary_of, compose_mixed, read_mixed
from lrs_platform.gateway.reading import Reader
from lrs_platform.gateway.refusals import JSON, Refused, bad_parameter
from lrs_platform.gateway.resource import Answer, Call, Headers, Resource
from lrs_platform.gateway.unloaded import find_one
from lrs_platform.gateway.watermark import http_date

if TYPE_CHECKING:
    from lrs_platform.gateway.services import Services


class StatementsResource(Resource):
    """ASGI endpoint of /xAPI/statements."""

    route: ClassVar[str] = "/xAPI/statements"
    allowed: ClassVar[str] = "GET, HEAD, POST, PUT"

    async def answer(self, call: Call) -> Answer:
        if call.method == "POST":
            call.caller.require(Scopes.WRITE_STATEMENTS)
            if queries.partial_success(call.parameters):
                return await self._write_partly(call)
            return await self._write(call, None)
        if call.method == "PUT":
            call.caller.require(Scopes.WRITE_STATEMENTS)
            return await self._write(call, queries.statement_id(call.parameters))
        if call.method in ("GET", "HEAD"):
            call.caller.require(Scopes.READ_STATEMENTS)
            return await self._read(call, queries.read_query(call.parameters, call.version))
        raise self.not_allowed(call.method)

    def finish(self, services: Services, answer: Answer) -> None:
        watermark = answer.consistent_through or services.watermark.known()
        answer.headers.append((b"x-experience-api-consistent-through", watermark))

    def count(self, method: str, status: int, seconds: float) -> None:
        if status < 300 and method in ("PUT", "POST"):
            metrics.ACCEPT_SECONDS.observe(seconds)
        super().count(method, status, seconds)

    async def _write(self, call: Call, statement_id: str | None) -> Answer:
        if not is_multipart(call.headers):
            return await self._accept(call, statement_id, await call.body(), Brought())
        services, boundary = call.services, boundary_of(call.header(b"content-type"))
        limit, json_limit = services.settings.max_attachment_bytes, services.settings.max_body_bytes
        with arriving(services.attachments) as directory:
            mixed = await read_mixed(
                boundary, call.headers, call.receive, directory, limit=limit, json_limit=json_limit
            )
            return await self._accept(call, statement_id, mixed.statements, Brought(mixed.parts, services.attachments))

    async def _write_partly(self, call: Call) -> Answer:
        """`partialSuccess=true`, beyond the standard: the good statements are stored, the others told by index."""
        if is_multipart(call.headers):
            raise bad_parameter("partialSuccess", "is for application/json only: attachments come with a whole request")
        ids, refused = await call.services.accepting.post_partly(await call.body(), call.version, call.caller)
        told = [{"error": str(one), "status": one.status, **one.details} for one in refused]
        status = 200 if not refused or any(ids) else 400
        return Answer(status, msgspec.json.encode({"ids": ids, "refused": told}))

    async def _accept(self, call: Call, statement_id: str | None, body: bytes, brought: Brought) -> Answer:
        accepting = call.services.accepting
        if statement_id is None:
            ids = await accepting.post(body, call.version, call.caller, brought)
            return Answer(200, msgspec.json.encode(ids))
        await accepting.put(body, statement_id, call.version, call.caller, brought)
        return Answer(204, b"", [])

    async def _read(self, call: Call, wanted: queries.Page | queries.One) -> Answer:
        newest = await wait_for_loader(call.services)
        watermark = call.services.watermark.known()
        reader = Reader(call.services.warehouse, call.version, wanted.format, call.header(b"accept-language"))
        only = call.caller.authority if call.caller.reads_own_only else b""
        headers: Headers = []
        if isinstance(wanted, queries.Page):
            found = await reader.page(wanted, newest=newest, authority=only)
        else:
            one = await find_one(reader, call.services.log, wanted.statement_id, authority=only)
            if one is None or one.voided is not wanted.voided:
                raise Refused(404, _missing(wanted), reason="not_found")
            found = await reader.whole(one)
            headers.append((b"last-modified", http_date(one.stored).encode()))
        if not wanted.attachments:
            return Answer(200, found.body, [JSON, *headers], consistent_through=watermark)
        mixed = await compose_mixed(found.body, found.attachments, call.services.attachments)
        headers.append((b"content-type", mixed.content_type))
        return Answer(200, mixed.pieces, headers, mixed.length, watermark)


def _missing(wanted: queries.One) -> str:
    return f"no {'voided ' if wanted.voided else ''}statement {wanted.statement_id} is stored"
