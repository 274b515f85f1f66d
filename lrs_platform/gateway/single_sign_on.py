"""Login to the pages by OpenID Connect: accounts that people have already, the authorization code flow with PKCE.

Belongs here: going to the provider, coming back, which roles an account has. Not here: the session that follows
(login.py), Bearer tokens of xAPI clients (bearer.py). Authlib checks state, nonce, signature, issuer, audience and time
of the id token. What it has to remember between going and coming is in a signed cookie of ten minutes, not in a store.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import httpx
from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from lrs_platform.gateway.access import Role, Viewer, roles_of
from lrs_platform.gateway.login import TheServices, begin_session, end_session, is_https, signed, verified
from lrs_platform.gateway.pages import answer
from lrs_platform.gateway.same_origin import is_from_our_pages
from lrs_platform.settings import Settings

if TYPE_CHECKING:
    from authlib.integrations.starlette_client import StarletteOAuth2App

log = logging.getLogger(__name__)

COOKIE = "lrs_signing_on"
SECONDS = 600
CALLBACK = "/login/oidc/callback"

router = APIRouter(tags=["pages"])
ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"description": "The provider did not say who this is; says why."},
    403: {"description": "The account has no role here."},
    404: {"description": "OpenID Connect is not configured."},
    503: {"description": "The provider does not answer."},
}


def is_configured(settings: Settings) -> bool:
    """Whether people log in at an OpenID provider."""
    return bool(settings.oidc_issuer and settings.oidc_client_id)


@router.get(
    "/login/oidc", summary="Log in at the OpenID provider", status_code=303, responses=ANSWERS, response_class=Response
)
async def go(
    request: Request,
    services: TheServices,
    to: Annotated[str, Query(max_length=500, description="The page to see afterwards.")] = "/ui",
) -> Response:
    """To the provider, and from there back to the callback."""
    settings = services.settings
    client = _client(settings)
    session: dict[str, Any] = {"to": to if _is_page(to) else "/ui"}
    request.scope["session"] = session  # where Authlib puts state, nonce and code verifier
    base = settings.public_url or str(request.base_url)
    try:
        await _check_issuer(client, settings)
        redirect: Response = await client.authorize_redirect(request, base.rstrip("/") + CALLBACK)
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return _away(request, error)
    redirect.status_code = 303
    redirect.set_cookie(
        COOKIE,
        signed(settings, "signing on", session, SECONDS),
        max_age=SECONDS,
        path=CALLBACK,
        httponly=True,
        samesite="lax",
        secure=is_https(request, settings),
    )
    return redirect


@router.get(
    CALLBACK, summary="Back from the OpenID provider", status_code=303, responses=ANSWERS, response_class=Response
)
async def come_back(request: Request, services: TheServices) -> Response:
    """Begins a session where the provider says who this is and the account has a role."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    settings = services.settings
    client = _client(settings)
    session = verified(settings, "signing on", request.cookies.get(COOKIE, ""))
    request.scope["session"] = session
    try:
        token = await client.authorize_access_token(request)
        claims = token["userinfo"]
        if not _named_roles(claims, settings.oidc_role_claim):  # some tell roles at the userinfo endpoint only
            claims = {**claims, **await _userinfo(client, token, str(claims["sub"]))}
    except (AuthlibBaseError, JoseError, KeyError, TypeError) as error:
        log.warning("refused a login by OpenID Connect: %s", type(error).__name__)
        return _failed(request, f"The provider's answer is refused ({type(error).__name__}): log in again.", 401)
    except (httpx.HTTPError, ValueError) as error:
        return _away(request, error)
    roles = roles_of(_named_roles(claims, settings.oidc_role_claim))
    if not roles:
        known = ", ".join(Role)
        told = f"Your account has no role here: its claim {settings.oidc_role_claim} has to name one of {known}."
        return _failed(request, told, 403)
    user = f"{claims['sub']}@{settings.oidc_issuer}"
    name = str(claims.get("name") or claims.get("preferred_username") or claims.get("email") or "you")[:80]
    to = str(session["to"]) if session else "/ui"
    begun = begin_session(settings, Viewer(user, name, roles), to, secure=is_https(request, settings))
    begun.delete_cookie(COOKIE, path=CALLBACK, httponly=True, samesite="lax")
    return begun


@router.post("/logout", summary="Log out", status_code=303, response_class=Response)
async def log_out(request: Request, services: TheServices) -> Response:
    """Ends the session in this browser; the one at the provider goes on."""
    if not is_from_our_pages(request, services.settings.public_url):
        return RedirectResponse("/ui", status_code=303)
    return end_session()


def _client(settings: Settings) -> StarletteOAuth2App:
    from authlib.integrations.starlette_client import OAuth

    if not is_configured(settings):
        raise HTTPException(404, "LRS_OIDC_ISSUER and LRS_OIDC_CLIENT_ID are not set: use the login link")
    issuer = str(settings.oidc_issuer)
    secret = settings.oidc_client_secret
    registry = OAuth()
    registry.register(
        "oidc",
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": settings.oidc_scope, "code_challenge_method": "S256", "timeout": 10.0},
    )
    return registry.create_client("oidc")


async def _check_issuer(client: StarletteOAuth2App, settings: Settings) -> None:
    """ValueError where the provider is another one than the one that is meant (OpenID Connect Discovery, 4.3)."""
    if (await client.load_server_metadata()).get("issuer") != settings.oidc_issuer:
        raise ValueError("another issuer")


async def _userinfo(client: StarletteOAuth2App, token: dict[str, Any], subject: str) -> dict[str, Any]:
    """What the userinfo endpoint says of the same account; nothing where there is none (OpenID Connect Core, 5.3.2)."""
    if "userinfo_endpoint" not in await client.load_server_metadata():
        return {}
    told: dict[str, Any] = await client.userinfo(token=token)
    return told if told.get("sub") == subject else {}


def _named_roles(claims: Mapping[str, Any], path: str) -> list[str]:
    """What stands in the claim, a text or a list; `path` leads into objects by dots, as in realm_access.roles."""
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return value.replace(",", " ").split()
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _is_page(to: str) -> bool:
    """Whether `to` is a page of ours: anything else would make this an open redirect."""
    return to.startswith("/ui") and not any(sign in to for sign in "\\\r\n") and "//" not in to.partition("?")[0]


def _away(request: Request, error: Exception) -> Response:
    log.warning("the OpenID provider does not answer: %s", type(error).__name__)
    return _failed(request, f"The provider cannot be reached ({type(error).__name__}): see LRS_OIDC_ISSUER.", 503)


def _failed(request: Request, told: str, status: int) -> Response:
    data = {"error": told, "how": "Log in again, or ask whoever runs the platform.", "sign_on": ""}
    return answer(request, "login_needed.html", data, status=status)
