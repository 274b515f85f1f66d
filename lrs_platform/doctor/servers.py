"""The platform's own processes: whether each runs, answers, and finds well what is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from lrs_platform.doctor.finding import Finding, fail, ok, warn
from lrs_platform.doctor.subject import Subject
from lrs_platform.local.credentials import url_of
from lrs_platform.local.state import PlatformState

ANSWER_SECONDS = 8.0  # the gateway's /health takes up to 2 s a component


def examine(subject: Subject) -> Iterator[Finding]:
    """The supervisor's view, then that of each server itself."""
    settings = subject.settings
    if settings is None:
        return
    if subject.state is not None:
        yield from supervised_findings(subject.state)
    elif not settings.mcp_warehouse_url or not subject.given_by_environment("mcp_warehouse_url"):
        yield warn("servers", f"nothing runs in {subject.instance.home}", "`lrs up`, then this again")
        return
    addresses = {"gateway": url_of(subject.instance, "gateway", "/health")}
    if not subject.runs_here:
        addresses = {"gateway": f"{settings.public_url.rstrip('/')}/health"} if settings.public_url else {}
    for name in ("warehouse", "python", "dbhub", "mail"):
        url = getattr(settings, f"mcp_{name}_url")
        if url and (name != "mail" or settings.reminders == "on"):
            addresses[name] = urlunsplit(urlsplit(url)._replace(path="/health", query=""))
    if settings.dagster_url:
        addresses["webserver"] = f"{settings.dagster_url.rstrip('/')}/server_info"
    with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as client:
        for name, url in addresses.items():
            yield from _asked(client, name, url)


def supervised_findings(state: PlatformState) -> Iterator[Finding]:
    """What the supervisor says of its processes."""
    ill = {name: each for name, each in state.processes.items() if not each.well}
    for name, each in ill.items():
        yield fail(f"process {name}", f"{each.state}{f': {each.reason}' if each.reason else ''}", f"`lrs logs {name}`")
    if not ill:
        restarts = sum(each.restarts for each in state.processes.values())
        yield ok("processes", f"{len(state.processes)} well, {restarts} restarts since the start")


def component_findings(components: dict[str, Any]) -> Iterator[Finding]:
    """What the gateway's /health says of everything that it needs."""
    for name, component in components.items():
        if component["status"] == "down":
            told = f"down, needed for {component['needed_for']}: {component.get('reason', '')}"
            yield fail(f"gateway: {name}", told, "docs/reliability.md says what waits meanwhile; see `lrs logs`")


def _asked(client: httpx.Client, name: str, url: str) -> Iterator[Finding]:
    try:
        answer = client.get(url, headers={"accept": "application/json"})
    except httpx.HTTPError as error:
        if url.startswith("https:"):  # our address outside, which need not lead here from everywhere
            yield warn(f"server {name}", f"not reached at {url} from here", "look at that address in a browser")
            return
        yield fail(f"server {name}", f"does not answer at {url} ({type(error).__name__})", f"`lrs logs {name}`")
        return
    told = _json(answer)
    if name == "gateway" and isinstance(told.get("components"), dict):
        down = list(component_findings(told["components"]))
        yield from down
        if not down:
            yield ok("server gateway", f"answers, {len(told['components'])} components well")
    elif answer.status_code == 200:
        yield ok(f"server {name}", "answers, and what is behind it")
    else:
        reason = told.get("reason") or told.get("error") or f"answers {answer.status_code}"
        yield fail(f"server {name}", str(reason), f"`lrs logs {name}`")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
