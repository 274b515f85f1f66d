"""The SQL terminal: its page and the API behind it (module b.06 of the plan).

Belongs here: routes, statuses, who owns a saved query. Not here: asking the database (lrs_platform/asking.py), what may
be asked (sql_guard), SQLPad (sqlpad.py), the page (gateway/templates/terminal.html, gateway/static/terminal).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter, Body, HTTPException, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from lrs_platform.asking import Database, DatabaseAway, DatabaseBusy
from lrs_platform.call_log import at_work
from lrs_platform.gateway.access import Viewer
from lrs_platform.gateway.login import LoggedIn, TheServices
from lrs_platform.gateway.pages import RETRY_SECONDS, SECURITY_HEADERS, WantedFormat, answer
from lrs_platform.gateway.services import Services
from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform.sql_guard import Refusal, SqlRefused
from lrs_platform.sql_guard.functions import FUNCTIONS
from lrs_platform.ui.prebuilt import prebuilt_queries
from lrs_platform.ui.sqlpad import pass_on, passing

router = APIRouter(tags=["sql"], lifespan=passing)

View = Literal["terminal", "sqlpad", "superset"]
UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
AWAY: dict[int | str, dict[str, Any]] = {
    401: {"description": "No login: follow the link that `sh lrs status` prints, or send the admin token."},
    503: {"description": "The database or a server before it does not answer; try again after Retry-After."},
}
REFUSED: dict[int | str, dict[str, Any]] = {
    403: {"description": "Another site's page made this request."},
    422: {"description": "The query is not run; `refused` says by which rule, why, and what to do."},
    429: {"description": "Too many queries at once."},
    **AWAY,
}


class Question(BaseModel):
    """A query to run."""

    sql: Annotated[str, Field(max_length=2_000_000, description="One query that reads.")]


class QueryToSave(BaseModel):
    """A query to keep."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    sql: Annotated[str, Field(min_length=1, max_length=50_000)]
    chart: Annotated[dict[str, Any] | None, Field(description="Its chart, as the page keeps it.")] = None
    shared: Annotated[bool, Field(description="Whether others see it.")] = False


def owner_of(request: Request) -> str:
    """Whose queries these are."""
    viewer: Viewer = request.state.viewer
    return viewer.user


def database_of(services: Services) -> Database:
    """The database as readers see it. 503 where the gateway has no DBHub."""
    if services.database is None:
        reason = "LRS_MCP_DBHUB_URL is not set for the gateway: no queries can be run"
        raise HTTPException(503, reason, headers={"retry-after": RETRY_SECONDS})
    return services.database


NOT_CONFIGURED: dict[int | str, dict[str, Any]] = {404: {"description": "That view is not configured."}}


@router.get("/ui/db-terminal", summary="The SQL terminal", responses=AWAY | NOT_CONFIGURED, dependencies=[LoggedIn])
async def terminal(
    request: Request,
    services: TheServices,
    view: Annotated[View | None, Query(description="Which terminal; without it SQLPad where there is one.")] = None,
    q: Annotated[str, Query(max_length=200, description="Id of a saved or prebuilt query to open.")] = "",
    wanted: WantedFormat = None,
) -> Response:
    """SQLPad where it is configured, else our own page; `?q=` opens a query in the latter."""
    settings = services.settings
    views: list[View] = ["terminal"]
    views += ["sqlpad"] if settings.sqlpad_url else []
    views += ["superset"] if settings.superset_url else []
    if view is None:
        view = "sqlpad" if settings.sqlpad_url and not q else "terminal"
    if view not in views:
        raise HTTPException(404, f"LRS_{view.upper()}_URL is not set")
    frames = {"sqlpad": "/sqlpad/", "superset": settings.superset_url}
    data = {
        "view": view,
        "views": views,
        "frame": frames.get(view),
        "max_rows": settings.sql_max_rows,
        "seconds": settings.dbhub_query_seconds,
    }
    page = answer(request, "terminal.html", data, wanted=wanted)
    if view != "terminal" and "content-security-policy" in page.headers:
        origin = "'self'"
        if view == "superset":
            parts = urlsplit(str(settings.superset_url))
            origin = f"{parts.scheme}://{parts.netloc}"
        page.headers["content-security-policy"] = f"{SECURITY_HEADERS['content-security-policy']}; frame-src {origin}"
    return page


@router.post("/api/sql", summary="Run a query", responses=REFUSED, dependencies=[LoggedIn])
async def run(request: Request, services: TheServices, question: Annotated[Question, Body()]) -> Response:
    """Columns, types and rows of one query that reads. It is cancelled in the database when the caller goes away."""
    with at_work("sql_terminal", contract="b06_ui"):
        return await _answer_to(request, database_of(services), question.sql)


async def _answer_to(request: Request, database: Database, sql: str) -> Response:
    asked = asyncio.create_task(database.ask(sql))
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            asked.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asked
            return Response(status_code=499)  # nobody reads it; nginx's number for a caller who went away
        return Response(asked.result().as_json(), media_type="application/json", headers={"cache-control": "no-store"})
    except SqlRefused as error:
        return _refused(error.refusal, sql)
    except DatabaseBusy as error:
        return JSONResponse({"error": str(error)}, status_code=429, headers={"retry-after": RETRY_SECONDS})
    except DatabaseAway as error:
        return _away(error)
    finally:
        gone.cancel()


async def _gone(request: Request) -> None:
    """Return when the caller has closed the connection."""
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return


@router.get("/api/sql/schema", summary="What can be asked", responses=AWAY, dependencies=[LoggedIn])
async def schema(services: TheServices) -> Response:
    """Views of schema report with their columns, and the functions that queries may use."""
    try:
        views = await database_of(services).views()
    except DatabaseAway as error:
        return _away(error)
    told = {"schema": "report", "views": views, "functions": sorted(FUNCTIONS)}
    return Response(msgspec.json.encode(told), media_type="application/json")


@router.get("/api/sql/queries", summary="Saved and prebuilt queries", responses=AWAY, dependencies=[LoggedIn])
async def queries(request: Request, services: TheServices) -> Response:
    """One's own, those that others share, and the prebuilt ones."""
    prebuilt = prebuilt_queries(services.settings.prebuilt_queries)
    try:
        saved = await services.warehouse.client.call_json(
            "list_saved_queries", {"owner": owner_of(request)}, safe_to_retry=True
        )
    except (McpUnavailable, McpToolError) as error:
        return _away(error)
    return JSONResponse({"prebuilt": prebuilt, "saved": saved["queries"]}, headers={"cache-control": "no-store"})


@router.post("/api/sql/queries", summary="Save a query", status_code=201, responses=REFUSED, dependencies=[LoggedIn])
async def save(request: Request, services: TheServices, query: Annotated[QueryToSave, Body()]) -> Response:
    """Keeps it under its name, over what one has under that name already."""
    return await _kept(services, request, query, query_id="", status=201)


@router.get("/api/sql/queries/{query_id}", summary="One saved query", responses=AWAY, dependencies=[LoggedIn])
async def saved(request: Request, services: TheServices, query_id: Annotated[str, Path(max_length=200)]) -> Response:
    """A saved query by its id, one's own or shared; or a prebuilt one."""
    for one in prebuilt_queries(services.settings.prebuilt_queries):
        if one["query_id"] == query_id:
            return JSONResponse({**one, "owner": "", "shared": True, "mine": False})
    return await _one(services, "get_saved_query", {"owner": owner_of(request), "query_id": query_id})


@router.put(
    "/api/sql/queries/{query_id}",
    summary="Change a saved query",
    responses=REFUSED,
    dependencies=[LoggedIn],
)
async def change(
    request: Request,
    services: TheServices,
    query_id: Annotated[str, Path(pattern=f"^{UUID}$")],
    query: Annotated[QueryToSave, Body()],
) -> Response:
    """Changes one's own query; 404 where it is not one's own."""
    return await _kept(services, request, query, query_id=query_id, status=200)


@router.delete(
    "/api/sql/queries/{query_id}",
    summary="Remove a saved query",
    status_code=204,
    responses=REFUSED,
    dependencies=[LoggedIn],
)
async def remove(
    request: Request, services: TheServices, query_id: Annotated[str, Path(pattern=f"^{UUID}$")]
) -> Response:
    """Removes one's own query; 404 where it is not one's own."""
    wanted = {"owner": owner_of(request), "query_id": query_id}
    try:
        done = await services.warehouse.client.call_json("delete_saved_query", wanted, safe_to_retry=True)
    except (McpUnavailable, McpToolError) as error:
        return _away(error)
    if not done["deleted"]:
        raise HTTPException(404, "there is no such query of yours")
    return Response(status_code=204)


@router.api_route(
    "/sqlpad/{path:path}",
    methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    include_in_schema=False,
    dependencies=[LoggedIn],
)
async def sqlpad(request: Request, services: TheServices) -> Response:
    """SQLPad, signed in as whoever is logged in here."""
    base = services.settings.sqlpad_url
    if not base:
        raise HTTPException(404, "LRS_SQLPAD_URL is not set")
    return await pass_on(request, base, services.settings.sqlpad_email)


async def _kept(services: Services, request: Request, query: QueryToSave, *, query_id: str, status: int) -> Response:
    chart = msgspec.json.encode(query.chart).decode() if query.chart else ""
    wanted = {
        "owner": owner_of(request),
        "name": query.name,
        "query": query.sql,
        "chart": chart,
        "shared": query.shared,
        "query_id": query_id,
    }
    return await _one(services, "save_query", wanted, status=status)


async def _one(services: Services, tool: str, wanted: dict[str, Any], *, status: int = 200) -> Response:
    """The answer of a tool that gives one saved query; 404 where it gives none, 400 where it refuses what is sent."""
    try:
        found = (await services.warehouse.client.call_json(tool, wanted, safe_to_retry=True))["query"]
    except McpToolError as error:
        if error.kind != "data":
            return _away(error)
        if tool == "get_saved_query":  # no UUID: there is nothing under such an id
            raise HTTPException(404, "there is no such query, or it is not shared") from error
        raise HTTPException(400, str(error).removeprefix("data: ")) from error
    except McpUnavailable as error:
        return _away(error)
    if found is None:
        raise HTTPException(404, "there is no such query, or it is not shared")
    return JSONResponse(found, status_code=status)


def _refused(refusal: Refusal, sql: str) -> Response:
    nothing: dict[str, Any] = {"columns": [], "types": [], "rows": [], "row_count": 0, "truncated": False}
    return JSONResponse({**nothing, "refused": refusal.as_json(sql)}, status_code=422)


def _away(error: Exception) -> Response:
    return JSONResponse({"error": str(error)[:300]}, status_code=503, headers={"retry-after": RETRY_SECONDS})
