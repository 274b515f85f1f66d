"""The front page: today's figures, each with the way to what is behind it, and links to everything else.

Belongs here: the route and its links. Not here: the figures' queries (warehouse/reports/figures).
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from lrs_platform.asking import DatabaseAway, DatabaseBusy
from lrs_platform.call_log import at_work
from lrs_platform.gateway.access import Viewer
from lrs_platform.gateway.login import TheServices, TheViewer
from lrs_platform.gateway.pages import WantedFormat, answer
from lrs_platform.gateway.services import Services
from lrs_platform.reports.catalogue import figures
from lrs_platform.sql_guard import SqlRefused
from lrs_platform.ui.sql_link import link_to_terminal

router = APIRouter(tags=["pages"])

LINKS = (
    ("/ui/reports", "Reports", "Charts and tables, to filter and to download."),
    ("/ui/nlp-query", "Ask", "Questions in plain words, answered with the query behind the answer."),
    ("/ui/db-terminal", "SQL terminal", "Queries, charts, what others have saved."),
    ("/ui/test-etl-streaming", "Streaming", "Statements on their way into the warehouse."),
    ("/ui/test-etl-incremental", "Catch-up", "What streaming left undone; source LRSs."),
    ("/ui/reminders", "Reminders", "Who is reminded of what, and whether it helps."),
    ("/ui/import", "Import", "Rosters, course files, responses."),
    ("/ui/learners", "Learners", "Who is who; merges."),
    ("/ui/debug/progress", "Progress", "Contracts, tests, agents and MCP calls."),
    ("/health", "Health", "Every component, its latency and its version."),
    ("/metrics", "Metrics", "For Prometheus."),
    ("/openapi.json", "API", "Every endpoint, as an OpenAPI document."),
)
OPEN = frozenset({"/health", "/metrics", "/openapi.json"})


@router.get("/ui", summary="Today's figures, and what there is to see", responses={401: {"description": "No login."}})
async def front(request: Request, services: TheServices, viewer: TheViewer, wanted: WantedFormat = None) -> Response:
    """Figures of today and links to everything that one may look at."""
    known, unknown = await _figures(services)
    links = [
        {"path": path, "name": name, "about": about}
        for path, name, about in LINKS
        if path in OPEN or viewer.may_open(path)
    ]
    dagster = services.settings.dagster_public_url or services.settings.dagster_url
    if dagster and viewer.may_open("/ui/debug"):
        about = "Assets, runs, sensors and checks."
        links.insert(3, {"path": dagster, "name": "Dagster", "about": about})
    data = {
        "endpoint": f"{services.settings.public_url or str(request.base_url).rstrip('/')}/xAPI",
        "figures": _told(viewer, known),
        "unknown": unknown,
        "links": links,
    }
    return answer(request, "front.html", data, wanted=wanted)


async def _figures(services: Services) -> tuple[dict[str, int], str]:
    """The figures, or why there are none."""
    if services.reports is None:
        return {}, "LRS_MCP_DBHUB_URL is not set for the gateway"
    try:
        with at_work("reports", contract="b06_ui"):
            return await services.reports.figures(figures()), ""
    except (DatabaseAway, DatabaseBusy, SqlRefused) as error:
        return {}, str(error)


def _told(viewer: Viewer, known: dict[str, int]) -> list[dict[str, Any]]:
    """Each figure with its report and with the query that produced it, as far as the viewer may open them."""
    told = []
    for figure in figures():
        query = link_to_terminal(figure.sql) if viewer.may_open("/ui/db-terminal") else ""
        report = f"/ui/reports/{figure.report}" if figure.report else ""
        told.append(
            {
                "name": figure.name,
                "title": figure.title,
                "about": figure.about,
                "value": known.get(figure.name),
                "report": report,
                "query": query,
            }
        )
    return told
