"""Requests that change something come from our own pages, or from a program that holds the token itself.

Belongs here: the check against cross-site request forgery, which every request with the session's cookie passes
(login.py). The cookie is SameSite=Lax already; this is the second lock: what the browser itself says of a request's
origin (Fetch Metadata, and Origin for browsers without it).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_from_our_pages(request: Request, public_url: str | None, method: str | None = None) -> bool:
    """Whether nothing is changed, or a browser says that a page of ours asks.

    `public_url` is our address outside; `method` that of a request which a proxy asks about.
    """
    if (method or request.method) in SAFE:
        return True
    site = request.headers.get("sec-fetch-site")
    return site in ("same-origin", "none") if site is not None else is_ours(request, public_url)


def is_ours(request: Request, public_url: str | None) -> bool:
    """Whether Origin names this server. A cookie without Origin is no browser's doing: it sends one with every POST."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    hosts = {request.headers.get("host", "")}
    if public_url:
        hosts.add(urlsplit(public_url).netloc)
    return urlsplit(origin).netloc in hosts
