"""GET /auth/forward: a proxy asks whether it may pass a request on to a server that has no login of its own.

Belongs here: that question, as Caddy's forward_auth and Traefik's ForwardAuth ask it: the request's method and address
in X-Forwarded-Method and X-Forwarded-Uri, its cookies and headers as they were. 204 lets it pass, with the header by
which SQLPad knows who it is; anything else is what the browser gets to see. The proxy must take that header away from
what browsers send (deploy/caddy/Caddyfile does). Not here: who may open what (access.py), who asks (login.py).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from lrs_platform.gateway.login import LoginNeeded, NotForYou, TheServices, viewer_of
from lrs_platform.gateway.same_origin import SAFE, is_from_our_pages, is_ours
from lrs_platform.gateway.single_sign_on import is_configured
from lrs_platform.ui.sqlpad import PREFIX as SQLPAD
from lrs_platform.ui.sqlpad import SIGNED_IN_BY

GUARDED = ("/dagster", SQLPAD)  # what stands behind a proxy beside the gateway

router = APIRouter(tags=["pages"])
ANSWERS: dict[int | str, dict[str, Any]] = {
    303: {"description": "No login, and there is an OpenID provider: to its login."},
    400: {"description": "The proxy does not say which address was asked for."},
    401: {"description": "No login."},
    403: {"description": "The page is for other roles, or another site makes the request."},
}


@router.get(
    "/auth/forward",
    summary="Whether a proxy may pass a request on",
    status_code=204,
    responses=ANSWERS,
    response_class=Response,
)
async def forward(request: Request, services: TheServices) -> Response:
    """204 where whoever asks may open the address that the proxy names."""
    method, path = _asked_for(request)
    viewer = await viewer_of(request, services)
    if viewer is None:
        if is_configured(services.settings) and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/login/oidc", status_code=303)
        raise LoginNeeded
    public_url = services.settings.public_url
    # A WebSocket is a GET, and browsers open it for any site: they say which in Origin.
    allowed = is_ours(request, public_url) if method in SAFE else is_from_our_pages(request, public_url, method)
    if not allowed:
        raise HTTPException(403, "this request comes from another site: use the page of this server")
    if not viewer.may_open(path):
        raise NotForYou(path)
    headers = {SIGNED_IN_BY: services.settings.sqlpad_email} if path.startswith(f"{SQLPAD}/") else {}
    return Response(status_code=204, headers=headers)


def _asked_for(request: Request) -> tuple[str, str]:
    """Method and path of the request that the proxy holds back. HTTPException where they cannot be meant."""
    path = urlsplit(request.headers.get("x-forwarded-uri", "")).path
    if not path:
        raise HTTPException(400, "X-Forwarded-Uri is missing: this address is for proxies")
    plain = unquote(unquote(path)).replace("\\", "/")
    if ".." in plain.split("/") or not any(plain == each or plain.startswith(f"{each}/") for each in GUARDED):
        raise HTTPException(403, "nothing is guarded at this address")
    return request.headers.get("x-forwarded-method", "GET").upper(), path
