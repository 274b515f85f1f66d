"""The pages: a front page, the streaming page, the catch-up page, the login link.

Belongs here: routes. Not here: what they tell (streaming.py, health.py), who may see them (login.py), how they look
(templates/).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from lrs_platform.gateway.incremental import incremental_state
from lrs_platform.gateway.login import LoggedIn, TheServices, log_in
from lrs_platform.gateway.pages import WantedFormat, answer
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
    """Sets the session cookie and goes on to /ui."""
    public = services.settings.public_url or str(request.url)
    return await log_in(services, token, secure=public.startswith("https:"))


@router.get("/ui", summary="What there is to see", responses=LOGIN_NEEDED, dependencies=[LoggedIn])
async def front(request: Request, services: TheServices, wanted: WantedFormat = None) -> Response:
    """Links to everything that can be looked at."""
    links = [
        {"path": "/ui/test-etl-streaming", "name": "Streaming", "about": "Statements on their way into the warehouse."},
        {"path": "/ui/test-etl-incremental", "name": "Catch-up", "about": "What streaming left undone; source LRSs."},
        {"path": "/ui/debug/progress", "name": "Progress", "about": "Contracts, tests, agents and MCP calls."},
        {"path": "/ui/reminders", "name": "Reminders", "about": "Who is reminded of what, and whether it helps."},
        {"path": "/ui/db-terminal", "name": "SQL terminal", "about": "Queries, charts, what others have saved."},
        {"path": "/health", "name": "Health", "about": "Every component, its latency and its version."},
        {"path": "/metrics", "name": "Metrics", "about": "For Prometheus."},
        {"path": "/openapi.json", "name": "API", "about": "Every endpoint, as an OpenAPI document."},
    ]
    if services.settings.dagster_url:
        dagster = {
            "path": services.settings.dagster_url,
            "name": "Dagster",
            "about": "Assets, runs, sensors and checks.",
        }
        links.insert(1, dagster)
    endpoint = f"{services.settings.public_url or str(request.base_url).rstrip('/')}/xAPI"
    return answer(request, "front.html", {"endpoint": endpoint, "links": links}, wanted=wanted)


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
