"""/xAPI/about (Communication 2.8; 2.0: 4.1.6.7), and what is answered to paths below /xAPI that no resource has.

Belongs here: resources that need neither credentials nor a version header.
"""

from __future__ import annotations

import msgspec
from starlette.types import Receive, Scope, Send

from lrs_platform.gateway import metrics
from lrs_platform.gateway.refusals import JSON, Refused
from lrs_platform.gateway.resource import Answer, respond
from lrs_platform.xapi.versions import Version


class AboutResource:
    """ASGI endpoint of /xAPI/about: the versions spoken here."""

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
