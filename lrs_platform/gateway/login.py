"""The login to the pages: who asks, and whether that page is for them.

Belongs here: the session's cookie, the login link of a single machine, the admin token as Bearer. Not here: which page
is for whom (access.py), OpenID Connect (single_sign_on.py), xAPI credentials (auth.py). The cookie is a token (JWT)
signed with a key made from the secrets that the gateway holds: every gateway knows it, a restart keeps it, and a new
secret ends all sessions.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from typing import Annotated, Any

import jwt
from fastapi import Depends, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from lrs_platform.gateway.access import Role, Viewer, roles_of
from lrs_platform.gateway.same_origin import is_from_our_pages
from lrs_platform.gateway.services import Services
from lrs_platform.settings import Settings

log = logging.getLogger(__name__)

COOKIE = "lrs_session"
SESSION_SECONDS = 12 * 3600
WRONG_TOKEN_SECONDS = 0.5
ADMIN = Viewer("admin", "admin", frozenset({Role.ADMIN}))


class LoginNeeded(Exception):
    """A page was asked for without a login."""


class NotForYou(Exception):
    """Somebody is logged in, and the page at `path` is for other roles."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def services_of(request: Request) -> Services:
    """The services of the process that answers this request."""
    services: Services = request.app.state.services
    return services


TheServices = Annotated[Services, Depends(services_of)]


async def require_login(request: Request, services: TheServices) -> Viewer:
    """Who asks, also kept as `request.state.viewer`.

    Raises LoginNeeded without a login, NotForYou where the page is for other roles, HTTPException 403 where another
    site's page makes the request.
    """
    viewer = await _bearer(request, services)
    if viewer is None:
        viewer = session_of(request, services.settings)
        if viewer is None:
            raise LoginNeeded
        if not is_from_our_pages(request, services.settings.public_url):
            raise HTTPException(403, "this request comes from another site: use the page of this server")
    request.state.viewer = viewer
    if not viewer.may_open(request.url.path):
        raise NotForYou(request.url.path)
    return viewer


async def viewer_of(request: Request, services: Services) -> Viewer | None:
    """Who asks, by the admin token or by the session; None without a login."""
    return await _bearer(request, services) or session_of(request, services.settings)


LoggedIn = Depends(require_login)
TheViewer = Annotated[Viewer, LoggedIn]


async def log_in(services: Services, token: str, *, secure: bool) -> Response:
    """The answer to the login link: cookie and redirect to the pages, so that the token leaves the address bar."""
    expected = _token(services.settings)
    if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
        log.warning("refused a login with a wrong token")
        await asyncio.sleep(WRONG_TOKEN_SECONDS)
        raise LoginNeeded
    return begin_session(services.settings, ADMIN, "/ui", secure=secure)


def begin_session(settings: Settings, viewer: Viewer, to: str, *, secure: bool) -> Response:
    """A redirect to `to` that sets the cookie."""
    claims = {"sub": viewer.user, "name": viewer.name, "roles": sorted(viewer.roles)}
    answer = RedirectResponse(to, status_code=303)
    answer.set_cookie(
        COOKIE,
        signed(settings, "session", claims, SESSION_SECONDS),
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return answer


def end_session() -> Response:
    """A redirect to the start that takes the cookie away."""
    answer = RedirectResponse("/ui", status_code=303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


def session_of(request: Request, settings: Settings) -> Viewer | None:
    """Whom the cookie stands for; None where there is none, or it has ended, or is not of our making."""
    claims = verified(settings, "session", request.cookies.get(COOKIE, ""))
    if claims is None:
        return None
    return Viewer(claims["sub"], claims["name"], roles_of(claims["roles"]))


def signed(settings: Settings, purpose: str, claims: dict[str, Any], seconds: int) -> str:
    """`claims` as a token for `purpose`, good for `seconds`."""
    return jwt.encode({**claims, "aud": purpose, "exp": int(time.time()) + seconds}, _key(settings), "HS256")


def verified(settings: Settings, purpose: str, token: str) -> dict[str, Any] | None:
    """The claims of `token`; None where it is not ours, for something else, or has ended."""
    if not token or not any(_secrets(settings)):
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            token, _key(settings), algorithms=["HS256"], audience=purpose, options={"require": ["exp", "aud"]}
        )
    except jwt.InvalidTokenError:
        return None
    return claims


def is_https(request: Request, settings: Settings) -> bool:
    """Whether browsers reach us by TLS, so that cookies are for TLS alone."""
    return (settings.public_url or str(request.url)).startswith("https:")


def _token(settings: Settings) -> str:
    return settings.admin_token.get_secret_value() if settings.admin_token else ""


def _secrets(settings: Settings) -> tuple[str, str]:
    client_secret = settings.oidc_client_secret
    return _token(settings), client_secret.get_secret_value() if client_secret else ""


def _key(settings: Settings) -> bytes:
    return hmac.new("\n".join(_secrets(settings)).encode(), b"cookies of the pages", hashlib.sha256).digest()


async def _bearer(request: Request, services: Services) -> Viewer | None:
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    expected = _token(services.settings)
    if scheme.lower() != "bearer" or not sent or not expected:
        return None
    if hmac.compare_digest(sent.strip().encode(), expected.encode()):
        return ADMIN
    log.warning("refused a wrong bearer token for %s", request.url.path[:80])
    await asyncio.sleep(WRONG_TOKEN_SECONDS)
    return None
