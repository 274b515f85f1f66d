"""The gateway's ASGI application: routes, and what holds for all of them.

Belongs here: putting the parts together, and answers to what no route takes. `/xAPI/*` are plain ASGI endpoints
(resource.py) that requests come to directly (direct.py), the rest FastAPI.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from lrs_platform import __version__, tracing
from lrs_platform.api import orchestrator
from lrs_platform.gateway import (
    credentials,
    forward_auth,
    health,
    learners,
    loader_pages,
    metrics,
    reminders,
    single_sign_on,
    unsubscribing,
    uploads,
)
from lrs_platform.gateway.about import AboutResource, UnknownResource
from lrs_platform.gateway.access import roles_for
from lrs_platform.gateway.debug.board import open_board
from lrs_platform.gateway.direct import DirectFastAPI
from lrs_platform.gateway.documents import SHAPES, DocumentResource
from lrs_platform.gateway.entities import ActivitiesResource, AgentsResource
from lrs_platform.gateway.login import LoginNeeded, NotForYou
from lrs_platform.gateway.no_guessing import HEADER, NoGuessing
from lrs_platform.gateway.openapi import document
from lrs_platform.gateway.pages import HERE, answer
from lrs_platform.gateway.refusals import JSON, Refused
from lrs_platform.gateway.services import open_services
from lrs_platform.gateway.statements import StatementsResource
from lrs_platform.questions import page as questions
from lrs_platform.settings import Settings, get_settings
from lrs_platform.ui import admin, front, reports

# What a page of another origin may send and see (Fetch); cookies are not among it, so the pages' login stays out of
# reach.
CORS_HEADERS = ["Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Experience-API-Version"]
CORS_EXPOSED = [
    "ETag",
    "Last-Modified",
    "X-Experience-API-Version",
    "X-Experience-API-Consistent-Through",
    "Retry-After",
]
PROXIES = "127.0.0.1"  # whose word on scheme and address of a request is believed


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; without `settings` those of the environment."""
    chosen = settings or get_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _end_with_parent()
        tracing.set_up("gateway")
        async with open_services(chosen) as services, open_board(services) as board:
            app.state.services, app.state.board = services, board
            services.orchestrator.warm_up()
            gc.collect()
            gc.freeze()  # what is there now stays: the collector need not walk it again under load
            yield

    app = DirectFastAPI(
        title="lrs_platform",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,  # Swagger UI comes from a CDN
        redoc_url=None,
        redirect_slashes=False,  # a redirected PUT loses its body with many clients
        # Spans would carry the login link's token in url.query.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.direct = _xapi(chosen)
    app.router.routes.append(Route("/xAPI/{resource:path}", endpoint=_guarded(UnknownResource(), chosen)))
    app.add_middleware(NoGuessing)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=PROXIES)
    app.include_router(health.router)
    app.include_router(loader_pages.router)
    app.include_router(forward_auth.router)
    app.include_router(single_sign_on.router)
    app.include_router(front.router)
    app.include_router(reports.router)
    app.include_router(admin.router)
    app.include_router(questions.router)
    app.include_router(uploads.router)
    app.include_router(learners.router)
    app.include_router(credentials.router)
    app.include_router(reminders.router)
    app.include_router(unsubscribing.router)
    app.include_router(orchestrator.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_exception_handler(LoginNeeded, _login_needed)
    app.add_exception_handler(NotForYou, _not_for_you)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(Exception, _fault)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return app


def _xapi(settings: Settings) -> dict[str, ASGIApp]:
    """The resources of xAPI by path, each with and without a slash at its end: clients join addresses either way."""
    resources = [StatementsResource(), ActivitiesResource(), AgentsResource(), *map(DocumentResource, SHAPES)]
    endpoints: dict[str, ASGIApp] = {resource.route: resource for resource in resources}
    endpoints["/xAPI/about"] = AboutResource()
    endpoints["/statements"] = resources[0]  # senders that were given the address of the host alone
    guarded = {path: _guarded(endpoint, settings) for path, endpoint in endpoints.items()}
    return {path + slash: endpoint for path, endpoint in guarded.items() for slash in ("", "/")}


def _guarded(endpoint: ASGIApp, settings: Settings) -> ASGIApp:
    """An endpoint whose faults are answered, and that pages of the origins in LRS_CORS_ORIGINS may ask."""
    guarded: ASGIApp = ServerErrorMiddleware(endpoint, handler=_fault)
    if origins := [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]:
        guarded = CORSMiddleware(
            guarded,
            allow_origins=origins,
            allow_methods=["GET", "HEAD", "PUT", "POST", "DELETE"],
            allow_headers=CORS_HEADERS,
            expose_headers=CORS_EXPOSED,
            max_age=3600,
        )
    return guarded


async def _login_needed(request: Request, _: Exception) -> Response:
    how = "Follow the login link that `sh lrs status` prints, or send Authorization: Bearer with the admin token."
    sign_on = ""
    if single_sign_on.is_configured(request.app.state.services.settings):
        how = f"Log in at /login/oidc. {how}"
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        sign_on = f"/login/oidc?to={quote(wanted, safe='/')}"
    return answer(
        request, "login_needed.html", {"error": "a login is needed", "how": how, "sign_on": sign_on}, status=401
    )


async def _not_for_you(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotForYou)
    roles = " or ".join(sorted(roles_for(error.path)))
    told = {"error": f"this is for the role {roles}", "how": "Ask whoever gives out roles at your login provider."}
    return answer(request, "not_for_you.html", told, status=403)


async def _http_error(request: Request, error: Exception) -> Response:
    """404 and 405 of paths outside /xAPI."""
    assert isinstance(error, HTTPException)
    metrics.REFUSED.labels("not_found" if error.status_code == 404 else "method").inc()
    body = {"error": f"{request.method} {request.url.path[:80]}: {error.detail}"}
    return JSONResponse(body, status_code=error.status_code, headers=error.headers)


async def _bad_request(request: Request, error: Exception) -> Response:
    """400 naming the parameter; FastAPI's own 422 is not in xAPI's vocabulary and repeats what was sent in full."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name, rule = ".".join(str(part) for part in first["loc"][1:]), first["msg"]
    return JSONResponse({"error": f"{name}: {rule}", "property": name, "rule": rule}, status_code=400)


async def _fault(request: Request, error: Exception) -> Response:
    """A fault of ours, logged with its traceback by uvicorn. The sender learns that, and nothing about our insides."""
    refused = Refused(500, "a fault of this server; it is in its log", reason="fault")
    metrics.REFUSED.labels(refused.reason).inc()
    return Response(
        refused.body(), status_code=500, headers={name.decode(): value.decode() for name, value in [JSON, HEADER]}
    )


def _end_with_parent() -> None:
    """Let a worker end when the process that started it is killed: uvicorn's workers would go on without a
    supervisor.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        loop = asyncio.get_running_loop()
        loop.add_reader(parent.sentinel, os.kill, os.getpid(), signal.SIGTERM)
