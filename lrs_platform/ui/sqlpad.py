"""SQLPad behind our login: what is asked of /sqlpad/* is passed on to it, signed in by a header that only we can set.

Belongs here: the proxy. SQLPad believes X-WEBAUTH-EMAIL (SQLPAD_AUTH_PROXY_HEADERS), so every such header that a
browser sends is taken away, under any spelling, and SQLPad itself must be reachable through here alone. Our own cookie
and token stay here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.cookies import CookieError, SimpleCookie
from typing import TypedDict
from urllib.parse import unquote

import httpx
from fastapi import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from lrs_platform.gateway.login import COOKIE

PREFIX = "/sqlpad"
SIGNED_IN_BY = "x-webauth-email"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0  # a query of SQLPad may take a minute
CHUNK = 65_536

# RFC 9110, 7.6.1, and what is said anew for the next hop.
_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade"}
)  # fmt: skip
_OURS = frozenset({"authorization", "cookie", "host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"})


class Passing(TypedDict):
    """What the application's state holds for this module."""

    sqlpad: httpx.AsyncClient


@asynccontextmanager
async def passing(_: object) -> AsyncIterator[Passing]:
    """A client that keeps no cookies: they are each browser's own."""
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    async with httpx.AsyncClient(cookies=jar, timeout=timeout, trust_env=False, follow_redirects=False) as client:
        yield {"sqlpad": client}


async def pass_on(request: Request, base: str, email: str) -> Response:
    """SQLPad's answer to this request, streamed both ways. 502 where it does not answer."""
    path = request.scope["raw_path"].decode("latin-1").removeprefix(PREFIX)
    if ".." in unquote(unquote(path)).replace("\\", "/").split("/"):
        return JSONResponse({"error": "the path leads out of SQLPad"}, status_code=400)
    query = request.scope["query_string"].decode("latin-1")
    client: httpx.AsyncClient = request.state.sqlpad
    sent = client.build_request(
        request.method,
        base.rstrip("/") + path + (f"?{query}" if query else ""),
        headers=_request_headers(request, email),
        content=request.stream() if _has_body(request) else None,
    )
    try:
        answer = await client.send(sent, stream=True)
    except httpx.HTTPError as error:
        told = f"SQLPad does not answer ({type(error).__name__}): see LRS_SQLPAD_URL, or use the terminal here"
        return JSONResponse({"error": told}, status_code=502)
    response = StreamingResponse(_body(answer), status_code=answer.status_code)
    response.raw_headers = _response_headers(answer)
    return response


def _request_headers(request: Request, email: str) -> list[tuple[str, str]]:
    named = {name.strip().lower() for name in request.headers.get("connection", "").split(",")}
    headers = [
        (name, value)
        for name, value in request.headers.items()
        if name not in _HOP | _OURS | named and not name.replace("_", "-").startswith("x-webauth")
    ]
    if cookies := _theirs(request.headers.get("cookie", "")):
        headers.append(("cookie", cookies))
    headers.append((SIGNED_IN_BY, email))
    return headers


def _theirs(cookies: str) -> str:
    """Cookies without our own."""
    kept = [pair.strip() for pair in cookies.split(";") if pair.strip()]
    return "; ".join(pair for pair in kept if pair.partition("=")[0].strip() != COOKIE)


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _response_headers(answer: httpx.Response) -> list[tuple[bytes, bytes]]:
    headers = []
    for name, value in answer.headers.raw:
        lower = name.decode("latin-1").lower()
        if lower in _HOP or (lower == "set-cookie" and _sets_ours(value.decode("latin-1"))):
            continue
        headers.append((name.lower(), value))
    return headers


def _sets_ours(header: str) -> bool:
    try:
        return COOKIE in SimpleCookie(header)
    except CookieError:
        return True


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw(CHUNK):
            yield chunk
    finally:
        await answer.aclose()
