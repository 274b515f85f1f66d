"""Requests that change something come from our own pages, or from a program that holds the token itself.

Belongs here: the check against cross-site request forgery. The session cookie is SameSite=Lax already; this is the
second lock: what the browser itself says of a request's origin (Fetch Metadata, and Origin for browsers without it).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request

from lrs_platform.gateway.login import COOKIE, TheServices

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def require_same_origin(request: Request, services: TheServices) -> None:
    """403 where a browser says that another site's page makes this request."""
    if request.method in SAFE or COOKIE not in request.cookies:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = _ours(request, services.settings.public_url)
    if not allowed:
        raise HTTPException(403, "this request comes from another site: use the page of this server")


def _ours(request: Request, public_url: str | None) -> bool:
    """Whether Origin names this server. A cookie without Origin is no browser's doing: it sends one with every POST."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    hosts = {request.headers.get("host", "")}
    if public_url:
        hosts.add(urlsplit(public_url).netloc)
    return urlsplit(origin).netloc in hosts


SameOrigin = Depends(require_same_origin)
