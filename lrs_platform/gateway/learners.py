"""The page of learners: find one, see whom no roster names and who they may be, merge, tell apart.

Belongs here: forms. Not here: who may be whom (lrs_platform/identity), merging (the warehouse server's tools).
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from lrs_platform.gateway.forms import described_form, read_form, texts
from lrs_platform.gateway.login import LoggedIn, TheServices
from lrs_platform.gateway.pages import Format, WantedFormat, answer, preferred
from lrs_platform.gateway.refusals import status_of_failure
from lrs_platform.gateway.services import Services
from lrs_platform.mcp_client import McpToolError, McpUnavailable

router = APIRouter(tags=["pages"], dependencies=[LoggedIn])
ORPHANS = 50


ANSWERS: dict[int | str, dict[str, Any]] = {
    303: {"description": "To the page, where a browser asked."},
    400: {"description": "There is no such learner or merge; says which."},
    401: {"description": "No login."},
    503: {"description": "The warehouse is away."},
}


@router.get("/ui/learners", summary="Who is who", responses=ANSWERS)
async def learners(
    request: Request,
    services: TheServices,
    wanted: WantedFormat = None,
    text: Annotated[str, Query(max_length=500, description="Id, mail address, actor key or pseudonym.")] = "",
    skip: Annotated[int, Query(ge=0, le=10_000_000, description="Orphans to pass over first.")] = 0,
    done: Annotated[str, Query(max_length=300, include_in_schema=False)] = "",
) -> Response:
    """Learners that a text means, learners in events whom no roster names, and merges."""
    return await _page(request, services, wanted=wanted, text=text, skip=skip, message=done)


@router.post(
    "/ui/learners/merge",
    summary="Make one learner of two",
    responses=ANSWERS,
    openapi_extra=described_form(keep="Who stays.", merge="Whose keys go over."),
)
async def merge(request: Request, services: TheServices) -> Response:
    """`keep` gets all keys of `merge`; each is an id, mail address, actor key or pseudonym."""
    fields = texts(await read_form(request))
    arguments = {name: fields.get(name, "") for name in ("keep", "merge", "note")}
    return await _change(request, services, "merge_learners", arguments, "Merged.")


@router.post(
    "/ui/learners/unmerge",
    summary="Undo a merge",
    responses=ANSWERS,
    openapi_extra=described_form(merge_id="Number of the merge."),
)
async def unmerge(request: Request, services: TheServices) -> Response:
    """The merged learner is there again, with the same keys and pseudonym."""
    number = texts(await read_form(request)).get("merge_id", "")
    merge_id = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    return await _change(request, services, "unmerge_learners", {"merge_id": merge_id}, "Told apart.")


async def _change(request: Request, services: Services, tool: str, arguments: dict[str, Any], words: str) -> Response:
    try:
        done = await services.warehouse.client.call_json(tool, {**arguments, "by": "page"})
    except (McpToolError, McpUnavailable) as error:
        status, reason = status_of_failure(error)
        if preferred(request) is Format.JSON:
            return answer(request, "learners.html", {"error": reason}, wanted=Format.JSON, status=status)
        return await _page(request, services, failed=reason, status=status)
    if preferred(request) is Format.JSON:
        return answer(request, "learners.html", done, wanted=Format.JSON)
    return RedirectResponse(f"/ui/learners?done={quote(words)}", status_code=303)


async def _page(
    request: Request,
    services: Services,
    *,
    wanted: Format | None = None,
    text: str = "",
    skip: int = 0,
    message: str = "",
    failed: str = "",
    status: int = 200,
) -> Response:
    client = services.warehouse.client
    found: list[Any] | None = None
    try:
        orphans, merges = await asyncio.gather(
            client.call_json("list_orphans", {"limit": ORPHANS, "skip": skip}, safe_to_retry=True),
            client.call_json("list_merges", {"limit": ORPHANS}, safe_to_retry=True),
        )
        if text.strip():
            found = (await client.call_json("find_learners", {"text": text}, safe_to_retry=True))["learners"]
    except (McpToolError, McpUnavailable) as error:
        orphans, merges = {"total": 0, "orphans": []}, {"merges": []}
        failed, status = failed or f"The warehouse cannot be asked: {error}"[:300], 503
    data = {
        "text": text,
        "found": found,
        "orphans": orphans["orphans"],
        "orphans_in_all": orphans["total"],
        "skip": skip,
        "merges": merges["merges"],
        "message": message,
        "failed": failed,
    }
    return answer(request, "learners.html", data, wanted=wanted, status=status)
