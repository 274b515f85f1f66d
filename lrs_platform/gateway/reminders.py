"""The page of reminders: what was decided and why, each mail to look at, its effect, the stop button; and the same in
short as JSON, which the contract asks for.

Belongs here: forms and what is told. Not here: who is reminded (the warehouse), links in mails (unsubscribing.py).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import httpx
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lrs_platform.gateway.forms import described_form, read_form, texts
from lrs_platform.gateway.login import LoggedIn, TheServices
from lrs_platform.gateway.pages import Format, WantedFormat, answer, preferred
from lrs_platform.gateway.refusals import status_of_failure
from lrs_platform.gateway.services import Services
from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform.outreach.rendering import Mail, Wording, render_reminders

router = APIRouter(tags=["pages"], dependencies=[LoggedIn])
SHOWN = 50
CHOICES = {"opted_out": "no mail", "consented": "mail again", "released": "the address was put right"}
STATES = ("planned", "sent", "deferred", "unknown", "refused", "dropped", "expired", "skipped", "held_out")
# The HTML of a mail, shown alone: its own styles, and nothing from anywhere; links open nothing.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

ANSWERS: dict[int | str, dict[str, Any]] = {
    303: {"description": "To the page, where a browser asked."},
    400: {"description": "The form cannot be used; says why."},
    401: {"description": "No login."},
    404: {"description": "There is no such reminder."},
    503: {"description": "The warehouse or the sandbox is away."},
}


@router.get("/ui/reminders", summary="Reminders", responses=ANSWERS)
async def reminders(
    request: Request,
    services: TheServices,
    wanted: WantedFormat = None,
    state: Annotated[str, Query(max_length=20, description="Only decisions in this state.")] = "",
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    done: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Counts, reasons, history, effect, and the last decisions."""
    return await _page(request, services, wanted=wanted, state=state, skip=skip, message=done)


@router.get("/ui/test-reminders", summary="Reminders in short", responses={401: ANSWERS[401]})
async def test_reminders(services: TheServices) -> dict[str, Any]:
    """Mode, counts of 24 hours, the last look, the effect and whether the mail server answers."""
    mode = services.settings.reminders
    try:
        overview, mail = await asyncio.gather(_overview(services), _mail_server(services))
    except (McpToolError, McpUnavailable) as error:
        return {"status": "degraded", "reasons": [f"warehouse: {error}"[:300]], "mode": mode}
    reasons = [] if mail is None or mail.get("status") == "ok" else [f"mail server: {mail.get('reason', 'not well')}"]
    status = mode if mode != "on" else "stopped" if overview["stopped"]["stopped"] else "ok"
    told = {name: overview[name] for name in ("states", "why", "reasons", "last_look", "effect", "addresses")}
    return {
        "status": "degraded" if reasons else status,
        "reasons": reasons,
        "mode": mode,
        "stopped": overview["stopped"]["stopped"],
        **{("counts" if name == "states" else "decided_because" if name == "reasons" else name): value
           for name, value in told.items()},
        "mail_server": mail,
        "checked_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip


@router.get("/ui/reminders/{reminder_id}", summary="A mail as it is or would be", responses=ANSWERS)
async def preview(
    request: Request,
    services: TheServices,
    reminder_id: Annotated[int, Path(ge=1)],
    wanted: WantedFormat = None,
    part: Annotated[str, Query(pattern="^(|html)$", description="html: the HTML of the mail alone.")] = "",
) -> Response:
    """Subject and text; the words of now, also for a mail that went out before: no text is kept."""
    try:
        row, mail = await _rendered(services, reminder_id)
    except (McpToolError, McpUnavailable) as error:
        return await _failed(request, services, error)
    if row is None:
        return answer(request, "reminder.html", {"error": "there is no such reminder"}, wanted=Format.JSON, status=404)
    if part == "html":
        headers = {
            "content-security-policy": MAIL_POLICY,
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        }
        return HTMLResponse(mail.html, headers=headers)
    data = {
        "reminder_id": reminder_id,
        "to": row["to"],
        "language": row["language"] or services.settings.reminder_language,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "error": mail.error,
    }
    return answer(request, "reminder.html", data, wanted=wanted)


@router.post(
    "/ui/reminders/stop", summary="Press or release stop", responses=ANSWERS,
    openapi_extra=described_form(stopped="yes or no."),
)  # fmt: skip
async def stop(request: Request, services: TheServices) -> Response:
    """While stop is pressed nothing is decided and nothing further is sent."""
    wanted = texts(await read_form(request)).get("stopped", "")
    if wanted not in ("yes", "no"):
        return await _failed(request, services, McpToolError("data: stopped is yes or no"))
    words = "Stopped: nothing further is sent." if wanted == "yes" else "Goes on with the next look."
    return await _change(request, services, "stop_reminders", {"stopped": wanted == "yes", "by": "page"}, words)


@router.post(
    "/ui/reminders/contact", summary="Write down what somebody wants", responses=ANSWERS,
    openapi_extra=described_form(
        person="Mail address, key, pseudonym or id.", choice="opted_out, consented or released."
    ),
)  # fmt: skip
async def contact(request: Request, services: TheServices) -> Response:
    """A consent or refusal that came by another way than the link; kept with source and time."""
    fields = texts(await read_form(request))
    choice = fields.get("choice", "")
    if choice not in CHOICES:
        return await _failed(request, services, McpToolError(f"data: choice is one of {', '.join(CHOICES)}"))
    arguments = {"person": fields.get("person", "").strip(), "choice": choice, "source": "page"}
    words = f"Written down: {CHOICES[choice]}."
    return await _change(request, services, "choose_contact", {**arguments, "note": fields.get("note", "")}, words)


async def _overview(services: Services) -> dict[str, Any]:
    arguments = {"dry_run": services.settings.reminders != "on"}
    told: dict[str, Any] = await services.warehouse.client.call_json(
        "reminders_overview", arguments, safe_to_retry=True
    )
    return told


async def _mail_server(services: Services) -> dict[str, Any] | None:
    """What the mail server says of itself; None where mail is not on."""
    url = services.settings.mcp_mail_url
    if services.settings.reminders != "on" or not url:
        return None
    try:
        reply = await services.http.get(url.rpartition("/mcp")[0] + "/health")
        return dict(reply.json())
    except (httpx.HTTPError, ValueError) as error:
        return {"status": "unavailable", "reason": f"does not answer: {type(error).__name__}"}


async def _rendered(services: Services, reminder_id: int) -> tuple[dict[str, Any] | None, Mail]:
    rows = await services.warehouse.client.call_json(
        "reminder_fields", {"reminder_id": reminder_id}, safe_to_retry=True
    )
    if not rows:
        return None, Mail()
    if services.python is None:
        raise McpUnavailable("LRS_MCP_PYTHON_URL is not set for the gateway")
    settings = services.settings
    public_url = settings.public_url or f"http://{settings.host}:{settings.port}"
    wording = Wording(settings.reminder_templates, settings.reminder_language, public_url)
    return rows[0], (await render_reminders(services.python, rows, wording))[0]


async def _change(request: Request, services: Services, tool: str, arguments: dict[str, Any], words: str) -> Response:
    try:
        done = await services.warehouse.client.call_json(tool, arguments)
    except (McpToolError, McpUnavailable) as error:
        return await _failed(request, services, error)
    if preferred(request) is Format.JSON:
        return answer(request, "reminders.html", {"done": done}, wanted=Format.JSON)
    return RedirectResponse(f"/ui/reminders?done={quote(words)}", status_code=303)


async def _failed(request: Request, services: Services, error: McpToolError | McpUnavailable) -> Response:
    status, reason = status_of_failure(error)
    if preferred(request) is Format.JSON:
        return answer(request, "reminders.html", {"error": reason}, wanted=Format.JSON, status=status)
    return await _page(request, services, failed=reason, status=status)


async def _page(
    request: Request,
    services: Services,
    *,
    wanted: Format | None = None,
    state: str = "",
    skip: int = 0,
    message: str = "",
    failed: str = "",
    status: int = 200,
) -> Response:
    mode = services.settings.reminders
    state = state if state in STATES else ""
    arguments = {"dry_run": mode != "on", "state": state, "limit": SHOWN, "skip": skip}
    overview: dict[str, Any] | None = None
    listed: list[Any] = []
    try:
        overview, listed = await asyncio.gather(
            _overview(services), services.warehouse.client.call_json("list_reminders", arguments, safe_to_retry=True)
        )
    except (McpToolError, McpUnavailable) as error:
        failed, status = failed or f"The warehouse cannot be asked: {error}"[:300], 503
    data = {
        "mode": mode,
        "overview": overview,
        "listed": listed,
        "state": state,
        "states": STATES,
        "skip": skip,
        "next": skip + SHOWN if len(listed) == SHOWN else None,
        "choices": CHOICES,
        "message": message,
        "failed": failed,
    }
    return answer(request, "reminders.html", data, wanted=wanted, status=status)
