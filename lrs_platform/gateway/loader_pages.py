"""The pages of the loaders, streaming and catch-up, and the login link.

Belongs here: routes. Not here: what they tell (streaming.py, health.py), who may see them (login.py), how they look
(templates/).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from lrs_platform.gateway.incremental import incremental_state
from lrs_platform.gateway.login import LoggedIn, TheServices, is_https, log_in
from lrs_platform.gateway.pages import WantedFormat, answer
from lrs_platform.gateway.single_sign_on import is_configured
from lrs_platform.gateway.streaming import streaming_state

router = APIRouter(tags=["pages"])
LOGIN_NEEDED: dict[int | str, dict[str, Any]] = {
    401: {"description": "No login: follow the link that `sh lrs status` prints, or send the admin token."}
}


@router.get("/", include_in_schema=False)
async def root() -> Response:
    """To the pages."""
    return RedirectResponse("/ui", status_code=307)


@router.get("/login", summary="The login link", status_code=303, responses=LOGIN_NEEDED, response_class=Response)
async def login(request: Request, services: TheServices, token: Annotated[str, Query(max_length=512)] = "") -> Response:
    """Sets the session cookie and goes on to /ui; without a token to the OpenID provider, where there is one."""
    if not token and is_configured(services.settings):
        return RedirectResponse("/login/oidc", status_code=303)
    return await log_in(services, token, secure=is_https(request, services.settings))


@router.get(
    "/ui/test-etl-streaming",
    summary="How the streaming ETL is doing",
    responses=LOGIN_NEEDED,
    dependencies=[LoggedIn],
)
async def streaming(request: Request, services: TheServices, wanted: WantedFormat = None) -> Response:
    """Last processed statement, log, loader, last materialisation and throughput; `status` is ok, loading, stalled,
    empty or degraded.
    """
    return answer(request, "streaming.html", await streaming_state(services), wanted=wanted)


@router.get(
    "/ui/test-etl-incremental",
    summary="How the incremental ETL is doing",
    responses=LOGIN_NEEDED,
    dependencies=[LoggedIn],
)
async def incremental(request: Request, services: TheServices, wanted: WantedFormat = None) -> Response:
    """Last runs with what they did, checks, sources, next tick; `status` is ok, waiting, late, failing, missing or
    degraded.
    """
    return answer(request, "incremental.html", await incremental_state(services), wanted=wanted)
