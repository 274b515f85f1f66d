"""The page of credentials: who may use /xAPI, and for what; make one, give it a new password, revoke it.

Belongs here: forms, for admins. Not here: what is stored (credential_store.py), checking requests (auth.py), the
command (lrs_platform/credentials_cli.py). A new password stands in the one answer that made it, and nowhere afterwards.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from redis.exceptions import RedisError
from starlette.responses import RedirectResponse, Response

from lrs_platform.gateway.credential_store import (
    SCOPES,
    list_credentials,
    make_credential,
    remove_credential,
    rotate_password,
)
from lrs_platform.gateway.forms import described_form, read_form, texts
from lrs_platform.gateway.login import LoggedIn, TheServices
from lrs_platform.gateway.pages import Format, WantedFormat, answer, preferred
from lrs_platform.gateway.services import Services

router = APIRouter(tags=["pages"], dependencies=[LoggedIn])
PAGE = "credentials.html"
LONGEST_NAME = 200
AWAY = "The log is away, and credentials lie there. Try again when /health shows it."

ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"description": "That cannot be made; says why."},
    401: {"description": "No login."},
    404: {"description": "There is no such credential."},
    503: {"description": "The log, where credentials lie, is away."},
}
SHOWN = {"description": "With the password, shown this once."}
MADE: dict[int | str, dict[str, Any]] = {201: SHOWN, **ANSWERS}
RENEWED: dict[int | str, dict[str, Any]] = {200: SHOWN, **ANSWERS}
REVOKED: dict[int | str, dict[str, Any]] = {303: {"description": "To the page, where a browser asked."}, **ANSWERS}


@router.get("/ui/credentials", summary="Credentials of xAPI clients", responses=ANSWERS)
async def credentials(request: Request, services: TheServices, wanted: WantedFormat = None, done: str = "") -> Response:
    """Every credential with its scopes and what it is for; never a password."""
    return await _page(request, services, wanted=wanted, message=done[:300])


@router.post(
    "/ui/credentials",
    summary="Make a credential",
    status_code=201,
    responses=MADE,
    openapi_extra=described_form(
        username="By which the client logs in; without a colon.",
        scope="One or more of " + ", ".join(sorted(SCOPES)) + "; the field may be repeated.",
        name="What it is for.",
    ),
)
async def make(request: Request, services: TheServices) -> Response:
    """A credential with a random password, which this answer shows and nothing afterwards."""
    form = await read_form(request)
    fields = texts(form)
    username, name = fields.get("username", "").strip(), fields.get("name", "").strip()
    scopes = [str(scope) for scope in form.getlist("scope")]
    if max(len(username), len(name)) > LONGEST_NAME:
        return await _page(request, services, failed=f"a name has at most {LONGEST_NAME} characters", status=400)
    try:
        password = await make_credential(_redis_url(services), username=username, scopes=scopes, name=name)
    except ValueError as error:
        return await _page(request, services, failed=str(error), status=400)
    except (RedisError, OSError):
        return await _page(request, services, failed=AWAY, status=503)
    return await _page(request, services, made={"username": username, "password": password}, status=201)


@router.post(
    "/ui/credentials/rotate",
    summary="Give a credential a new password",
    responses=RENEWED,
    openapi_extra=described_form(username="Whose."),
)
async def rotate(request: Request, services: TheServices) -> Response:
    """A new password; scopes and authority stay. The old one ends within LRS_VERDICT_TTL_SECONDS."""
    username = texts(await read_form(request)).get("username", "")
    try:
        password = await rotate_password(_redis_url(services), username)
    except LookupError as error:
        return await _page(request, services, failed=str(error.args[0]), status=404)
    except (RedisError, OSError):
        return await _page(request, services, failed=AWAY, status=503)
    return await _page(request, services, made={"username": username, "password": password})


@router.post(
    "/ui/credentials/revoke",
    summary="Revoke a credential",
    responses=REVOKED,
    openapi_extra=described_form(username="Whose."),
)
async def revoke(request: Request, services: TheServices) -> Response:
    """It ends within LRS_VERDICT_TTL_SECONDS; its statements stay."""
    username = texts(await read_form(request)).get("username", "")
    try:
        found = await remove_credential(_redis_url(services), username)
    except (RedisError, OSError):
        return await _page(request, services, failed=AWAY, status=503)
    if not found:
        return await _page(request, services, failed=f"there is no credential {username}", status=404)
    words = f"{username} is revoked."
    if preferred(request) is Format.JSON:
        return await _page(request, services, message=words)
    return RedirectResponse(f"/ui/credentials?done={quote(words)}", status_code=303)


def _redis_url(services: Services) -> str:
    return services.settings.require("redis_url")


async def _page(
    request: Request,
    services: Services,
    *,
    wanted: Format | None = None,
    message: str = "",
    failed: str = "",
    made: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    stored = {}
    try:
        stored = await list_credentials(_redis_url(services))
    except (RedisError, OSError):
        failed, status = failed or AWAY, 503
    data = {
        "credentials": [
            {"username": username, "scopes": credential.scopes, "name": credential.name}
            for username, credential in sorted(stored.items())
        ],
        "scopes": sorted(SCOPES),
        "seconds": services.settings.verdict_ttl_seconds,
        "made": made,
        "message": message,
        "failed": failed,
    }
    return answer(request, PAGE, data, wanted=wanted, status=status)
