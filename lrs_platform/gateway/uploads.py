"""The page of imported files: choose one, see what it would change, confirm, take it back.

Belongs here: forms. Not here: what happens to a file (lrs_platform/roster). Nothing is kept between looking and
confirming: the page with the preview carries the file, so any gateway may answer the next request.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from lrs_platform.gateway.auth import Caller
from lrs_platform.gateway.login import LoggedIn, TheServices
from lrs_platform.gateway.pages import Format, WantedFormat, answer, preferred
from lrs_platform.gateway.refusals import Refused, status_of_failure
from lrs_platform.gateway.services import Services
from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform.roster.importing import KINDS, Outcome, Upload, look, take, undo
from lrs_platform.roster.table import MAX_BYTES, FileUnreadable
from lrs_platform.xapi.versions import Version

router = APIRouter(tags=["pages"], dependencies=[LoggedIn])
BASE64_GROWTH = 4 / 3
ROOM_FOR_FIELDS = 64 * 1024
STATEMENTS_AT_ONCE = 200
SENDER = "import"  # the account in the authority of statements that came by a file

_FILE = {"type": "string", "format": "binary", "description": "CSV."}
_FIELDS = {
    "kind": {"type": "string", "enum": list(KINDS)},
    "site": {"type": "string", "description": "Put before slugs of lessons that are not known."},
    "lesson": {"type": "string", "description": "Of responses, where no column names the lesson."},
    "complete": {"type": "string", "description": "Of a roster: not empty where whoever is not in it has left."},
}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["kind", "file"], "properties": {"file": _FILE, **_FIELDS}}
            }
        },
    }
}
_NUMBER_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["import_id"],
                    "properties": {"import_id": {"type": "integer", "minimum": 1}},
                }
            }
        },
    }
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    303: {"description": "To the page, where a browser asked."},
    400: {"description": "The form or the file cannot be used; says why."},
    401: {"description": "No login."},
    413: {"description": "The file is too large."},
    503: {"description": "The warehouse is away."},
}


class Unusable(Exception):
    """A form that cannot be used; the message says why."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


@router.get("/ui/import", summary="Imported files", responses=ANSWERS)
async def imports(request: Request, services: TheServices, wanted: WantedFormat = None, done: str = "") -> Response:
    """What was imported, and a form for another file."""
    return await _page(request, services, wanted=wanted, message=done[:300])


@router.post("/ui/import/preview", summary="What a file would change", responses=ANSWERS, openapi_extra=_FORM)
async def preview(request: Request, services: TheServices) -> Response:
    """The first rows, what is wrong with which line, and the effect; nothing is stored."""
    try:
        upload = await _upload(request)
        outcome = await look(services.warehouse.client, upload)
    except (Unusable, FileUnreadable, McpToolError, McpUnavailable) as error:
        return await _failed(request, services, error)
    if preferred(request) is Format.JSON:
        return answer(request, "import.html", _told(outcome), wanted=Format.JSON)
    shown = _told(outcome) | {
        "file_name": upload.file_name,
        "site": upload.site,
        "lesson": upload.lesson,
        "complete": upload.complete,
        "content": base64.b64encode(upload.content).decode(),
    }
    return await _page(request, services, shown=shown)


@router.post("/ui/import/confirm", summary="Import a file", responses=ANSWERS, openapi_extra=_FORM)
async def confirm(request: Request, services: TheServices) -> Response:
    """Import it, without the lines that cannot be used; once more changes nothing."""
    try:
        upload = await _upload(request)
        outcome = await take(
            services.warehouse.client, upload, by="page", deliver=lambda statements: _deliver(services, statements)
        )
        if outcome.import_id is None:
            raise Unusable("no line of this file can be used")
    except (Unusable, FileUnreadable, Refused, McpToolError, McpUnavailable) as error:
        return await _failed(request, services, error)
    if preferred(request) is Format.JSON:
        return answer(request, "import.html", _told(outcome), wanted=Format.JSON)
    number = outcome.import_id
    words = f"This was imported before, as number {number}." if outcome.repeated else f"Imported as number {number}."
    return _to_page(words)


@router.post("/ui/import/undo", summary="Take an import back", responses=ANSWERS, openapi_extra=_NUMBER_FORM)
async def take_back(request: Request, services: TheServices) -> Response:
    """What the file said no longer counts; statements that it brought are voided."""
    try:
        form = await _form(request)
        number = str(form.get("import_id", ""))
        if not (number.isascii() and number.isdigit() and int(number[:18]) > 0):
            raise Unusable("import_id is the number of an import")
        effect = await undo(
            services.warehouse.client,
            int(number),
            by="page",
            actor=msgspec.json.decode(_caller(services).authority),
            deliver=lambda statements: _deliver(services, statements),
        )
    except (Unusable, Refused, McpToolError, McpUnavailable) as error:
        return await _failed(request, services, error)
    if preferred(request) is Format.JSON:
        return answer(request, "import.html", {"import_id": int(number), "effect": effect}, wanted=Format.JSON)
    return _to_page(f"Import {number} is taken back.")


async def _page(
    request: Request,
    services: Services,
    *,
    wanted: Format | None = None,
    shown: dict[str, Any] | None = None,
    message: str = "",
    failed: str = "",
    status: int = 200,
) -> Response:
    try:
        known = (await services.warehouse.client.call_json("list_imports", {}, safe_to_retry=True))["imports"]
    except (McpToolError, McpUnavailable) as error:
        known, failed, status = [], failed or f"The warehouse cannot be asked: {error}"[:300], 503
    data = {"imports": known, "preview": shown, "message": message, "failed": failed, "kinds": list(KINDS)}
    return answer(request, "import.html", data, wanted=wanted, status=status)


async def _failed(request: Request, services: Services, error: Exception) -> Response:
    """The reason, as JSON or above the form."""
    if isinstance(error, McpToolError | McpUnavailable):
        status, reason = status_of_failure(error)
    else:
        status, reason = error.status if isinstance(error, Unusable | Refused) else 400, str(error)
    if preferred(request) is Format.JSON:
        return answer(request, "import.html", {"error": reason}, wanted=Format.JSON, status=status)
    return await _page(request, services, failed=reason, status=status)


async def _form(request: Request) -> FormData:
    """The fields of a form. Raises Unusable."""
    limit = int(MAX_BYTES * BASE64_GROWTH) + ROOM_FOR_FIELDS
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Unusable("the request does not say how long it is", 411)
    if int(length) > limit:
        raise Unusable(f"the file has more than {MAX_BYTES // 2**20} MB", 413)
    return await request.form(max_files=1, max_fields=20, max_part_size=limit)


async def _upload(request: Request) -> Upload:
    """The file of a form: as a file, or as the preview carries it. Raises Unusable."""
    form = await _form(request)
    kind = form.get("kind")
    if kind not in KINDS:
        raise Unusable(f"kind is one of {', '.join(KINDS)}")
    file = form.get("file")
    if isinstance(file, UploadFile):
        name, content = file.filename or "upload.csv", await file.read()
    else:
        name = str(form.get("file_name") or "upload.csv")
        try:
            content = base64.b64decode(str(form.get("content", "")), validate=True)
        except (binascii.Error, ValueError) as error:
            raise Unusable("content is not base64") from error
    if not content:
        raise Unusable("no file was chosen")
    site, lesson = str(form.get("site", "")).strip(), str(form.get("lesson", "")).strip()
    base_name = name.replace("\\", "/").rpartition("/")[2]
    return Upload(kind, base_name, content, site=site, lesson=lesson, complete=bool(form.get("complete")))


async def _deliver(services: Services, statements: Any) -> None:
    """Accept statements as the LRS accepts those that are sent to it: checked, and on disk before this returns."""
    caller = _caller(services)
    for start in range(0, len(statements), STATEMENTS_AT_ONCE):
        body = msgspec.json.encode(list(statements[start : start + STATEMENTS_AT_ONCE]))
        await services.accepting.post(body, Version.V1_0_3, caller)


def _caller(services: Services) -> Caller:
    settings = services.settings
    home_page = settings.public_url or f"http://{settings.host}:{settings.port}"
    authority = {"objectType": "Agent", "account": {"homePage": home_page, "name": SENDER}}
    return Caller(SENDER, frozenset({"statements/write"}), msgspec.json.encode(authority))


def _told(outcome: Outcome) -> dict[str, Any]:
    return asdict(outcome) | {"problems": [asdict(problem) for problem in outcome.problems]}


def _to_page(words: str) -> Response:
    return RedirectResponse(f"/ui/import?done={quote(words)}", status_code=303)
