"""The way of a request to a resource of xAPI: past the middleware and the routing that the pages need.

Belongs here: that way. Not here: what holds for all those resources (resource.py). Ten layers of middleware and a
table of routes cost a PUT of one statement a tenth of its CPU time (docs/performance.md); a resource reads its own
head and body, and answers its own refusals.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send


class DirectFastAPI(FastAPI):
    """FastAPI, and before it `direct`: ASGI endpoints by the path that is theirs alone."""

    direct: dict[str, ASGIApp]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (endpoint := self.direct.get(scope["path"])) is not None:
            scope["app"] = self
            await endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
