"""The login to the pages of a single machine: a link with the admin token, then a signed cookie; or the token as
Bearer.

Belongs here: who may see /ui and /api. Not here: xAPI credentials (auth.py). The cookie holds the time it ends and a
signature by a key made from the token, so every gateway knows it, a restart keeps it and a new token ends it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from lrs_platform.gateway.services import Services

log = logging.getLogger(__name__)

COOKIE = "lrs_session"
SESSION_SECONDS = 12 * 3600
WRONG_TOKEN_SECONDS = 0.5


class LoginNeeded(Exception):
    """A page was asked for without a login."""


def services_of(request: Request) -> Services:
    """The services of the process that answers this request."""
    services: Services = request.app.state.services
    return services


TheServices = Annotated[Services, Depends(services_of)]


async def require_login(request: Request, services: TheServices) -> None:
    """Raises LoginNeeded unless the request carries the cookie or the admin token as Bearer."""
    token = _token(services)
    if token and (await _bearer(request, token) or _session(request, token)):
        return
    raise LoginNeeded


LoggedIn = Depends(require_login)


async def log_in(services: Services, token: str, *, secure: bool) -> Response:
    """The answer to the login link: cookie and redirect to the pages, so that the token leaves the address bar."""
    expected = _token(services)
    if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
        log.warning("refused a login with a wrong token")
        await asyncio.sleep(WRONG_TOKEN_SECONDS)
        raise LoginNeeded
    ends = int(time.time()) + SESSION_SECONDS
    answer = RedirectResponse("/ui", status_code=303)
    answer.set_cookie(
        COOKIE,
        f"{ends}.{_signature(expected, ends)}",
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return answer


def _token(services: Services) -> str:
    token = services.settings.admin_token
    return token.get_secret_value() if token else ""


async def _bearer(request: Request, token: str) -> bool:
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not sent:
        return False
    if hmac.compare_digest(sent.strip().encode(), token.encode()):
        return True
    log.warning("refused a wrong bearer token for %s", request.url.path[:80])
    await asyncio.sleep(WRONG_TOKEN_SECONDS)
    return False


def _session(request: Request, token: str) -> bool:
    ends, _, signature = request.cookies.get(COOKIE, "").partition(".")
    if not (ends.isascii() and ends.isdigit() and len(ends) < 12) or int(ends) < time.time():
        return False
    return hmac.compare_digest(signature.encode(), _signature(token, int(ends)).encode())


def _signature(token: str, ends: int) -> str:
    return hmac.new(token.encode(), f"lrs session until {ends}".encode(), hashlib.sha256).hexdigest()
