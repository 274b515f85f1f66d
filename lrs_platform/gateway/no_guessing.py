"""Every answer says that its type is to be believed: a browser that guesses may run what somebody sent as a page.

Belongs here: that one header, on pages, files, JSON and refusals alike. Not here: what a page may load (pages.py).
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = (b"x-content-type-options", b"nosniff")


class NoGuessing:
    """ASGI middleware that adds the header where an answer has none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"] = list(message.get("headers", ()))
                if not any(name == HEADER[0] for name, _ in headers):
                    headers.append(HEADER)
            await send(message)

        await self._app(scope, receive, with_header)
