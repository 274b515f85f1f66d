"""/api/debug and /ui/debug: what is built, tested and running, and what became of a statement. Module b.04 of the plan.

Belongs here: routes. Not here: facts and judgement (gateway/debug). One helper gives each subject its JSON, its page
and its events. All of it is for the admin's login. An answer is made beside the requests; it carries an ETag, and 304
says that nothing has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from lrs_platform.contracts.probing import OF_THE_BOARD
from lrs_platform.gateway.debug.agents import Wanted
from lrs_platform.gateway.debug.board import Board, Page
from lrs_platform.gateway.debug.trace import trace_of
from lrs_platform.gateway.login import LoggedIn, TheServices
from lrs_platform.gateway.pages import Format, WantedFormat, answer, preferred

# A stream of events ends after this, and the browser comes back by itself: a gateway that is told to stop waits for
# requests under way, and one that never ends would hold it up to its last second.
STREAM_SECONDS = 5.0
RETRY_MS = 250

router = APIRouter(tags=["debug"], dependencies=[LoggedIn])
NO_LOGIN: dict[int | str, dict[str, Any]] = {401: {"description": "No login."}}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing has changed since the answer whose ETag was sent."},
    **NO_LOGIN,
}
BAD: dict[int | str, dict[str, Any]] = {400: {"description": "A parameter is not what it should be; it says which."}}


def board_of(request: Request) -> Board:
    """The board of the process that answers."""
    board: Board = request.app.state.board
    return board


async def page_for(request: Request, name: str) -> Page:
    """A page of the board for whoever asks: people, programs, or the board itself, which asks every endpoint."""
    header, value = OF_THE_BOARD
    return await board_of(request).page(name, watched=request.headers.get(header) != value)


def both(name: str, summary: str) -> None:
    """Routes of a subject that the board keeps: /api/debug/NAME, /ui/debug/NAME, /api/debug/NAME/events."""
    template = f"debug_{name.replace('-', '_')}.html"

    async def as_json(request: Request, wanted: WantedFormat = None) -> Response:
        return debug_answer(request, template, await page_for(request, name), wanted or Format.JSON)

    async def as_page(request: Request, wanted: WantedFormat = None) -> Response:
        return debug_answer(request, template, await page_for(request, name), wanted or preferred(request))

    _routes(name, summary, as_json, as_page)


def _routes(name: str, summary: str, as_json: Callable[..., Any], as_page: Callable[..., Any]) -> None:
    async def events(request: Request) -> Response:
        return _events(board_of(request), name)

    router.add_api_route(f"/api/debug/{name}", as_json, summary=summary, responses=NOT_MODIFIED | BAD)
    router.add_api_route(f"/ui/debug/{name}", as_page, summary=f"{summary}, as a page", responses=NOT_MODIFIED | BAD)
    router.add_api_route(
        f"/api/debug/{name}/events", events, summary=f"{summary}: an event when it changes", responses=NO_LOGIN
    )


def debug_answer(request: Request, template: str, page: Page, form: Format, *, status: int = 200) -> Response:
    """The page in the form that is wanted, or 304 where the sender has it."""
    tag = page.etag if form is Format.JSON else f'W/"html-{page.etag[1:]}'
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "accept"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if form is Format.JSON:
        return Response(page.body, status_code=status, headers=headers, media_type="application/json")
    made = answer(request, template, page.data, wanted=form, status=status)
    made.headers.update(headers)
    return made


both("progress", "Every contract with its status, and the evidence for it")
both("test-report", "What the last test runs have shown")


async def _active_agents(
    request: Request,
    server: Annotated[str, Query(max_length=64, description="Recent calls of this MCP server only.")] = "",
    tool: Annotated[str, Query(max_length=64)] = "",
    agent: Annotated[str, Query(max_length=64)] = "",
    error: Annotated[str, Query(max_length=64, description="any, or a class: data, transient, unavailable ...")] = "",
    wanted: WantedFormat = None,
) -> Response:
    """Agents with heartbeat, run, contract, last call and rates; live calls with their age; recent calls."""
    board, filters = board_of(request), Wanted(server, tool, agent, error)
    page = await (page_for(request, "active-agents") if filters == Wanted() else board.agents(filters))
    form = wanted or (preferred(request) if request.url.path.startswith("/ui/") else Format.JSON)
    return debug_answer(request, "debug_active_agents.html", page, form)


_routes("active-agents", "Who is at work, and the MCP calls they make", _active_agents, _active_agents)


async def _trace(
    request: Request,
    services: TheServices,
    statement_id: Annotated[UUID, Path(description="Id of a statement.")],
    wanted: WantedFormat = None,
) -> Response:
    """What became of a statement, step by step with times; 404 where nobody has ever seen it."""
    page = Page.of(await trace_of(services, str(statement_id)))
    form = wanted or (preferred(request) if request.url.path.startswith("/ui/") else Format.JSON)
    return debug_answer(
        request, "debug_trace.html", page, form, status=404 if page.data["state"] == "never seen" else 200
    )


for _path in ("/api/debug/trace/{statement_id}", "/ui/debug/trace/{statement_id}"):
    router.add_api_route(_path, _trace, summary="What became of a statement", responses=NOT_MODIFIED | BAD | {404: {}})


def _events(board: Board, name: str) -> Response:
    """Server-sent events: the tag of the page, when it has changed."""

    async def tags() -> AsyncIterator[str]:
        end = asyncio.get_running_loop().time() + STREAM_SECONDS
        etag = (await board.page(name)).etag
        yield f"retry: {RETRY_MS}\nevent: changed\ndata: {etag}\n\n"
        while (left := end - asyncio.get_running_loop().time()) > 0:
            newer = await board.changed(name, etag, seconds=left)
            if newer != etag:
                etag = newer
                yield f"event: changed\ndata: {etag}\n\n"

    return StreamingResponse(tags(), media_type="text/event-stream", headers={"cache-control": "no-store"})
