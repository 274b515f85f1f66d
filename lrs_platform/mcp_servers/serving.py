"""How every MCP server here is served: streamable HTTP on one port, a bearer token on every call, an open /health.

Belongs here: address, token, health route, uvicorn. Not here: tools.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from lrs_platform import tracing
from lrs_platform.settings import Settings

ServerName = Literal["warehouse", "python", "dbhub", "mail"]

PORT_OFFSETS: dict[ServerName, int] = {
    "warehouse": 3,
    "python": 4,
    "dbhub": 5,
    "mail": 8,
}  # docs/architecture.md, "Processes"

# 5,000 statements of 1.2 kB and their events are 9 MB; a batch of the largest bodies that the gateway takes is 16 MiB a
# statement, which the loader halves until it fits.
MAX_REQUEST_BYTES = 64 * 2**20

# A client keeps connections for less (mcp_client.IDLE_SECONDS), so it is never the server that closes one under a call.
KEEP_ALIVE_SECONDS = 75

# How the SDK's apps are made. No state outlives a call, so any server may answer, also after a restart. The check of
# Host and Origin headers guards servers that trust whoever reaches them; here each request must carry the token.
STREAMABLE_HTTP: dict[str, Any] = {
    "json_response": True,
    "stateless_http": True,
    "max_request_body_size": MAX_REQUEST_BYTES,
    "transport_security": TransportSecuritySettings(enable_dns_rebinding_protection=False),
}


@dataclass(frozen=True, slots=True)
class Health:
    """Whether what stands behind a server answers. `detail` is shown to anyone: no secrets, no addresses."""

    ok: bool
    detail: dict[str, Any] = field(default_factory=dict)


class Door:
    """ASGI application that answers /health itself and lets through only requests that carry the token."""

    def __init__(self, app: ASGIApp, token: str, health: Callable[[], Awaitable[Health]]) -> None:
        if not token:
            raise ValueError("an MCP server needs a token")
        self._app = app
        self._expected = b"Bearer " + token.encode()
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # start and stop
            await self._app(scope, receive, send)
        elif scope["path"] == "/health":
            await self._tell_health(scope, send)
        elif hmac.compare_digest(_authorization(scope), self._expected):
            await self._app(scope, receive, send)
        else:
            await _answer(send, 401, {"error": "a valid bearer token is needed"}, (b"www-authenticate", b"Bearer"))

    async def _tell_health(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, {"error": "use GET"}, (b"allow", b"GET, HEAD"))
            return
        health = await self._health()
        await _answer(
            send, 200 if health.ok else 503, {"status": "ok" if health.ok else "unavailable", **health.detail}
        )


def log_to_stderr() -> None:
    """Warnings as plain lines. To be called before an MCPServer is made, whose own set-up wraps at 80 columns."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def address(name: ServerName, settings: Settings) -> tuple[str, int]:
    """Host and port to listen on: LRS_HOST, and the port of the server's own URL or the gateway's plus its offset."""
    url: str | None = getattr(settings, f"mcp_{name}_url")
    port = urlsplit(url).port if url else None
    return settings.host, port or settings.port + PORT_OFFSETS[name]


def serve(name: ServerName, app: ASGIApp, settings: Settings, health: Callable[[], Awaitable[Health]]) -> None:
    """Serve `app` until SIGTERM. Raises SettingMissing where the token is not set."""
    import uvicorn

    tracing.set_up(name)  # the SDK makes the spans
    host, port = address(name, settings)
    uvicorn.run(
        Door(app, settings.require(f"mcp_{name}_token"), health),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=8,  # less than what the supervisor and `docker stop` wait: 10 s
    )


def _authorization(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bytes(value)
    return b""


async def _answer(send: Send, status: int, body: dict[str, Any], *headers: tuple[bytes, bytes]) -> None:
    data = json.dumps(body).encode()
    described = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(data)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": described})
    await send({"type": "http.response.body", "body": data})
