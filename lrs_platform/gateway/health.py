"""/health, /health/live, /metrics: whether the platform works, for supervisors, load balancers and people.

Belongs here: asking every component and saying what matters. All are asked at once, each with its own time limit, so
the answer takes as long as the slowest and never longer than PROBE_SECONDS. 503 where accepting or loading statements
does not work.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from fastapi import APIRouter, Request
from redis.exceptions import RedisError
from starlette.responses import Response

from lrs_platform.gateway import metrics
from lrs_platform.gateway.loader import SILENT_SECONDS, oldest_waiting_ms, stalled_for
from lrs_platform.gateway.login import TheServices
from lrs_platform.gateway.orchestrator import OrchestratorAway
from lrs_platform.gateway.pages import WantedFormat, answer
from lrs_platform.gateway.services import Services
from lrs_platform.gateway.watermark import iso
from lrs_platform.stream import LogUnavailable

PROBE_SECONDS = 2.0
HEARTBEAT_SECONDS = 120.0  # a daemon writes one every 30 s; its own limit of 1800 s hides a dead one for half an hour

LOCATIONS = """{ version workspaceOrError { ... on Workspace {
    locationEntries { name locationOrLoadError { __typename } } } } }"""  # GraphQL

Probe = Callable[[Services], Awaitable[dict[str, Any]]]
router = APIRouter(tags=["health"])


class Down(Exception):
    """A component does not work; the message says why, without secrets."""

    def __init__(self, reason: str, **told: Any) -> None:
        super().__init__(reason)
        self.told = told


@router.get("/health", summary="Every component with its latency and version", responses={503: {}})
async def health(request: Request, services: TheServices, wanted: WantedFormat = None) -> Response:
    """503 where a component that accepting or loading needs is down; `components` says which and why."""
    results = await asyncio.gather(*(_ask(probe, services) for probe in PROBES.values()))
    asked = dict(zip(PROBES, results, strict=True))
    asked["postgres"] = _behind(asked["warehouse"])
    components = {name: {"needed_for": PURPOSES[name], **asked[name]} for name in PURPOSES}
    broken = [name for name, part in components.items() if part["status"] == "down" and part["needed_for"] in CRITICAL]
    data = {
        "status": "down" if broken else "ok",
        "down": broken,
        "components": components,
        "checked_at": iso(int(time.time() * 1000)),
    }
    return answer(request, "health.html", data, wanted=wanted, status=503 if broken else 200)


@router.get("/health/live", summary="Whether this process answers; asks nobody else")
async def live() -> dict[str, str]:
    """For supervisors: a gateway whose log is away is alive, and restarting it would not help."""
    return {"status": "ok"}


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def prometheus(services: TheServices) -> Response:
    """Counters of the gateway and the state of the log, in Prometheus' text format; no personal data."""
    page = metrics.exposition(await services.watermark.look())
    return Response(page, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _ask(probe: Probe, services: Services) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            result = {"status": "up", **await probe(services)}
    except TimeoutError:
        result = {"status": "down", "reason": f"no answer within {PROBE_SECONDS:g} s"}
    except Down as down:
        result = {"status": "down", "reason": str(down), **down.told}
    return {**result, "latency_ms": round((time.perf_counter() - started) * 1000, 1)}


async def _redis(services: Services) -> dict[str, Any]:
    try:
        server = await services.redis.info("server")
        durable = None if services.settings.kafka_servers else await services.log.is_durable()
    except (RedisError, OSError) as error:
        raise Down(f"Redis does not answer: {error}") from error
    if durable is False:
        raise Down("Redis does not write to disk before it answers: set appendonly yes and appendfsync always")
    return {"version": server.get("redis_version"), "fsync_before_answer": durable}


async def _kafka(services: Services) -> dict[str, Any]:
    """The log, where it is on Kafka; Redis then has the credentials and the index of ids."""
    if not services.settings.kafka_servers:
        return {"status": "unknown", "reason": "LRS_KAFKA_SERVERS is not set: the log is in Redis"}
    try:
        position = await services.log.position()
        durable = await services.log.is_durable()
    except LogUnavailable as error:
        raise Down(str(error)) from error
    return {"requests": position.length, "replicated_before_answer": durable}


async def _loader(services: Services) -> dict[str, Any]:
    """The loader has no address: it lives if what waits in the log gets into the warehouse."""
    try:
        position = await services.log.position()
        waiting_ms = oldest_waiting_ms(position)
    except (LogUnavailable, RedisError, OSError) as error:
        raise Down("cannot be told: the log is away") from error
    told = {"backlog": position.backlog, "pending": position.pending, "oldest_waiting_ms": waiting_ms}
    if waiting_ms > SILENT_SECONDS * 1000:  # only then is Dagster worth a question
        try:
            dagster = await services.orchestrator.state(timeout_seconds=PROBE_SECONDS)
        except OrchestratorAway:
            dagster = None
        if (silent := stalled_for(waiting_ms, dagster, time.time())) is not None:
            raise Down(f"statements wait in the log and the loader has been silent for {silent:.0f} s", **told)
    return told


async def _daemon(services: Services) -> dict[str, Any]:
    try:
        state = await services.orchestrator.state(timeout_seconds=PROBE_SECONDS)
    except OrchestratorAway as error:
        raise Down(str(error)) from error
    ages = {daemon: round(time.time() - beat, 1) for daemon, beat in sorted(state.heartbeats.items())}
    told = {"version": state.version, "heartbeat_age_seconds": ages}
    if "SENSOR" not in ages:
        raise Down("Dagster's sensor daemon has never run on this instance", **told)
    if ages["SENSOR"] > HEARTBEAT_SECONDS:
        raise Down(f"the sensor daemon was last heard of {ages['SENSOR']:.0f} s ago", **told)
    return told


async def _code_location(services: Services) -> dict[str, Any]:
    """Asks Dagster's webserver, whose view of the code server is the one that people see."""
    url = services.settings.dagster_url
    if not url:
        return {"status": "unknown", "reason": "LRS_DAGSTER_URL is not set"}
    try:
        reply = await services.http.post(f"{url.rstrip('/')}/graphql", json={"query": LOCATIONS})
        data = reply.json()["data"]
        entries = data["workspaceOrError"]["locationEntries"]
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        raise Down(f"Dagster's webserver does not answer: {type(error).__name__}") from error
    failed = [at["name"] for at in entries if (at["locationOrLoadError"] or {}).get("__typename") == "PythonError"]
    told = {"version": data["version"], "locations": [at["name"] for at in entries]}
    if failed or not entries:
        raise Down(f"code location not loaded: {', '.join(failed) or 'none is configured'}", **told)
    return told


def _mcp(setting: str) -> Probe:
    """A probe of an MCP server's /health, which checks what is behind it."""

    async def probe(services: Services) -> dict[str, Any]:
        url = getattr(services.settings, setting)
        if not url:
            return {"status": "unknown", "reason": f"LRS_{setting.upper()} is not set for the gateway"}
        try:
            reply = await services.http.get(urlunsplit(urlsplit(url)._replace(path="/health", query="")))
            told = reply.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Down(f"does not answer: {type(error).__name__}") from error
        told = told if isinstance(told, dict) else {}
        told.pop("status", None)
        reason = told.pop("reason", told.pop("error", None))
        if reply.status_code != 200:
            raise Down(str(reason or f"answers {reply.status_code}"), **told)
        return told

    return probe


async def _mail(services: Services) -> dict[str, Any]:
    """The mail server, where anybody is reminded."""
    if services.settings.reminders != "on":
        return {"status": "unknown", "reason": f"LRS_REMINDERS is {services.settings.reminders}"}
    return await _mcp("mcp_mail_url")(services)


def _behind(warehouse: dict[str, Any]) -> dict[str, Any]:
    """Postgres as the warehouse server reports it: the gateway holds no database password to ask with."""
    if warehouse["status"] == "up":
        told = {"status": "up", "version": warehouse.get("postgres"), "latency_ms": warehouse.get("ms")}
    elif "Postgres" in warehouse.get("reason", ""):
        told = {"status": "down", "reason": warehouse["reason"], "version": None, "latency_ms": None}
    else:
        told = {
            "status": "unknown",
            "reason": "the warehouse server cannot be asked",
            "version": None,
            "latency_ms": None,
        }
    return told


PROBES: dict[str, Probe] = {
    "redis": _redis,
    "kafka": _kafka,
    "loader": _loader,
    "warehouse": _mcp("mcp_warehouse_url"),
    "python": _mcp("mcp_python_url"),
    "dagster daemon": _daemon,
    "dagster code location": _code_location,
    "dbhub": _mcp("mcp_dbhub_url"),
    "mail": _mail,
}
CRITICAL = frozenset({"accepting", "loading"})
PURPOSES = {  # in the order of the answer
    "redis": "accepting",
    "kafka": "accepting",
    "loader": "loading",
    "python": "loading",
    "warehouse": "loading",
    "postgres": "loading",
    "dagster daemon": "loading",
    "dagster code location": "Dagster's pages",
    "dbhub": "questions in SQL",
    "mail": "reminders",
}
