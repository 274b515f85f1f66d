"""What comes from outside about mail: the link in a mail that ends it, and reports of bounces and complaints.

Belongs here: /unsubscribe (RFC 2369, RFC 8058) and the webhook. Nobody is logged in here: the link is its own proof,
and the webhook has a token. Opening a link changes nothing, because scanners open links; only a POST does.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from lrs_platform.gateway.login import LoginNeeded, TheServices, require_login
from lrs_platform.gateway.pages import RETRY_SECONDS, answer
from lrs_platform.gateway.refusals import status_of_failure
from lrs_platform.gateway.services import Services
from lrs_platform.mcp_client import McpToolError, McpUnavailable

router = APIRouter(tags=["mail"])
LONGEST_REPORT = 1024 * 1024
MOST_REPORTS = 1000
Token = Annotated[str, Path(max_length=200, description="Of the link in a mail.")]

_EVENT = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {"type": "string", "enum": ["bounce", "soft_bounce", "complaint"]},
        "id": {"type": "string", "description": "Of the report; the same counts once."},
        "message_id": {"type": "string", "description": "Message-ID of the mail that it is about."},
        "recipient": {"type": "string", "description": "Its recipient, where the Message-ID is not known."},
        "detail": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
    },
}
_EVENTS = {"requestBody": {"required": True, "content": {"application/json": {"schema": {
    "type": "object", "required": ["events"],
    "properties": {"events": {"type": "array", "items": _EVENT, "maxItems": MOST_REPORTS}},
}}}}}  # fmt: skip


class Event(msgspec.Struct):
    """One report, as the webhook takes it."""

    kind: Literal["bounce", "soft_bounce", "complaint"]
    id: str = ""
    message_id: str = ""
    recipient: str = ""
    detail: str = ""
    at: str | None = None


class Events(msgspec.Struct):
    """The body of a report."""

    events: list[Event]


@router.get("/unsubscribe/{token}", summary="Ask whether mail shall end", responses={400: {}, 503: {}})
async def ask(request: Request, token: Token) -> Response:
    """A page with one button; opening it changes nothing."""
    return answer(request, "unsubscribe.html", {"token": token, "done": False, "failed": ""})


@router.post("/unsubscribe/{token}", summary="End mail to one address", responses={400: {}, 503: {}})
async def unsubscribe(request: Request, services: TheServices, token: Token) -> Response:
    """By the button, or by the mail program's one click (RFC 8058): no login, no redirect."""
    try:
        done = await services.warehouse.client.call_json(
            "choose_by_link", {"token": token, "choice": "opted_out"}, safe_to_retry=True
        )
    except (McpToolError, McpUnavailable):
        data = {"token": token, "done": False, "failed": "This cannot be written down just now; please try again."}
        return answer(request, "unsubscribe.html", data, status=503)
    if not done["known"]:
        data = {"token": token, "done": False, "failed": "This link is not one of ours, or it is cut off."}
        return answer(request, "unsubscribe.html", data, status=400)
    return answer(request, "unsubscribe.html", {"token": token, "done": True, "failed": ""})


@router.post(
    "/api/reminders/events", summary="Report bounces and complaints", openapi_extra=_EVENTS,
    responses={400: {}, 401: {}, 413: {}, 503: {}},
)  # fmt: skip
async def events(request: Request, services: TheServices) -> Response:
    """Whoever is reported as unreachable, or complained, gets no more mail. The same report again changes nothing."""
    await _may_report(request, services)
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LONGEST_REPORT:
        return JSONResponse({"error": f"say how long it is, at most {LONGEST_REPORT} bytes"}, status_code=413)
    try:
        told = msgspec.json.decode(await request.body(), type=Events).events
    except msgspec.MsgspecError as error:
        return JSONResponse({"error": str(error)[:300]}, status_code=400)
    if len(told) > MOST_REPORTS:
        return JSONResponse({"error": f"more than {MOST_REPORTS} events"}, status_code=413)
    reports = [{**msgspec.structs.asdict(event), "mark": _mark(event)} for event in told]
    try:
        kept = await services.warehouse.client.call_json(
            "mail_came_back",
            {"reports": msgspec.json.encode(reports).decode(), "source": "webhook"},
            safe_to_retry=True,
        )
    except (McpToolError, McpUnavailable) as error:
        status, reason = status_of_failure(error)
        retry = {"retry-after": RETRY_SECONDS} if status == 503 else {}
        return JSONResponse({"error": reason}, status_code=status, headers=retry)
    return JSONResponse({"kept": kept})


async def _may_report(request: Request, services: Services) -> None:
    """The token of the webhook, or the admin's. Raises LoginNeeded."""
    expected = services.settings.mail_events_token
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if (
        expected
        and expected.get_secret_value()
        and scheme.lower() == "bearer"
        and hmac.compare_digest(sent.strip().encode(), expected.get_secret_value().encode())
    ):
        return
    if scheme.lower() != "bearer":  # a cookie is no proof here: a page of another site could send it
        raise LoginNeeded
    await require_login(request, services)


def _mark(event: Event) -> str:
    said: dict[str, Any] = {"id": event.id} if event.id else msgspec.structs.asdict(event)
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()
