"""Reports for people and programs: the list, one report as a page, and its rows as JSON, CSV or Parquet (module b.06).

Belongs here: routes, forms of the answer, pages of rows, statuses. Not here: the reports (warehouse/reports), running
them (lrs_platform/reports), who may open them (gateway/access.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.responses import JSONResponse, Response

from lrs_platform.asking import DatabaseAway, DatabaseBusy
from lrs_platform.call_log import at_work
from lrs_platform.gateway.access import Viewer
from lrs_platform.gateway.login import TheServices, TheViewer
from lrs_platform.gateway.pages import RETRY_SECONDS, Format, WantedFormat, answer, preferred
from lrs_platform.gateway.services import Services
from lrs_platform.reports.catalogue import Report, reports
from lrs_platform.reports.files import CSV, PARQUET, to_csv, to_parquet
from lrs_platform.reports.parameters import Parameter, ParameterRefused, Value
from lrs_platform.reports.running import Reports, Table
from lrs_platform.sql_guard import SqlRefused
from lrs_platform.ui.sql_link import link_to_terminal

router = APIRouter(tags=["reports"])

OURS = frozenset({"format", "page", "page_size"})  # parameters of every report
ROWS_OF_A_PAGE = 50
CONTRACT = "b06_ui"
ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"description": "A parameter does not fit: `property` says which, `rule` why."},
    401: {"description": "No login: follow the link that `sh lrs status` prints, or send the admin token."},
    403: {"description": "Not for this role."},
    404: {"description": "There is no such report."},
    406: {"description": "None of the formats that Accept names."},
    422: {"description": "The database would need too long for it; `refused` says why."},
    429: {"description": "Too many queries at once."},
    503: {"description": "The database or a server before it does not answer; try again after Retry-After."},
}


class FileFormat(StrEnum):
    """The forms of a report's rows."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


TYPES = {
    "application/json": FileFormat.JSON,
    "text/csv": FileFormat.CSV,
    "application/vnd.apache.parquet": FileFormat.PARQUET,
}
Name = Annotated[str, Path(max_length=100, description="Name of the report.")]
Page = Annotated[int, Query(ge=1, le=100_000, description="Which page of rows.")]
Size = Annotated[int | None, Query(ge=1, le=10_000, description="Rows of a page.")]


@router.get("/api/reports", summary="All reports", responses=ANSWERS)
async def listed(viewer: TheViewer) -> dict[str, Any]:
    """Each report with its title, description and typed parameters."""
    return {"reports": [report.described() for report in reports().values()]}


@router.get("/api/reports/{name}", summary="Rows of a report", responses=ANSWERS)
async def rows(
    request: Request,
    services: TheServices,
    viewer: TheViewer,
    name: Name,
    wanted: Annotated[
        FileFormat | None, Query(alias="format", description="json, csv or parquet; else Accept decides.")
    ] = None,
    page: Page = 1,
    page_size: Size = None,
) -> Response:
    """Rows of one page; the report's own parameters stand beside `page` and `page_size`. In CSV and Parquet a page is
    as long as a query may be. A Link header names the next page.
    """
    report = _report(name)
    form = wanted or _accepted(request)
    if form is None:
        raise HTTPException(406, f"a report is one of {', '.join(TYPES)}")
    most = services.settings.sql_max_rows - 1
    size = min(page_size or (1_000 if form is FileFormat.JSON else most), most)
    try:
        with at_work("reports", contract=CONTRACT):
            running = _running(services)
            values = await running.values(report, _given(request))
            table = await running.rows(report, values, limit=size, offset=(page - 1) * size)
            if viewer.sees_names and services.settings.reveal_names:
                table = await running.revealed(report, table)
    except (ParameterRefused, SqlRefused, DatabaseBusy, DatabaseAway) as error:
        return _problem(error)
    headers = {"cache-control": "no-store", "vary": "accept"}
    following = None
    if table.more:
        following = f"/api/reports/{name}?" + urlencode({**dict(request.query_params), "page": page + 1})
        headers["link"] = f'<{following}>; rel="next"'
    if form is FileFormat.JSON:
        told = _as_json(report, values, table)
        return JSONResponse({**told, "page": page, "page_size": size, "next": following}, headers=headers)
    write, media = (to_csv, CSV) if form is FileFormat.CSV else (to_parquet, PARQUET)
    headers["content-disposition"] = f'attachment; filename="{name}.{form}"'
    return Response(await asyncio.to_thread(write, table), media_type=media, headers=headers)


@router.get("/ui/reports", summary="All reports, as a page", responses=ANSWERS)
async def overview(request: Request, viewer: TheViewer, wanted: WantedFormat = None) -> Response:
    """The reports by subject."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for report in reports().values():
        groups.setdefault(report.group, []).append(report.described())
    return answer(request, "reports.html", {"groups": groups}, wanted=wanted)


@router.get("/ui/reports/{name}", summary="A report, as a page", responses=ANSWERS)
async def report_page(
    request: Request,
    services: TheServices,
    viewer: TheViewer,
    name: Name,
    wanted: WantedFormat = None,
    page: Page = 1,
) -> Response:
    """Chart first, the table under it; filters are in the address."""
    report = _report(name)
    given = _given(request)
    problem, status = "", 200
    refused: ParameterRefused | None = None
    table = chart = None
    values: dict[str, Value] = {}
    choices: dict[str, tuple[str, ...]] = {}
    try:
        with at_work("reports", contract=CONTRACT):
            running = _running(services)
            choices = await _all_choices(running, report)
            values = await running.values(report, given)
            table, chart = await asyncio.gather(
                running.rows(report, values, limit=ROWS_OF_A_PAGE, offset=(page - 1) * ROWS_OF_A_PAGE),
                running.chart(report, values),
            )
            if viewer.sees_names and services.settings.reveal_names:
                table = await running.revealed(report, table)
    except ParameterRefused as error:
        refused, problem, status = error, str(error), 400
    except (SqlRefused, DatabaseBusy, DatabaseAway) as error:
        problem, status = str(error), _status(error)
    if (wanted or preferred(request)) is Format.JSON and problem:
        return JSONResponse({"error": problem}, status_code=status)
    data = {
        "report": report.described(),
        "fields": [_field(each, given, values, choices, refused) for each in report.parameters],
        "table": _shown(table),
        "chart": _drawn(report, chart),
        "page": page,
        "problem": problem,
        "query": _query(request, page=None),
        "earlier": _query(request, page=page - 1) if page > 1 else None,
        "later": _query(request, page=page + 1) if table is not None and table.more else None,
        "sql_link": _sql_link(viewer, table),
    }
    return answer(request, "report.html", data, wanted=wanted, status=status)


def _report(name: str) -> Report:
    found = reports().get(name)
    if found is None:
        raise HTTPException(404, "there is no such report: GET /api/reports lists them")
    return found


def _running(services: Services) -> Reports:
    if services.reports is None:
        raise DatabaseAway("LRS_MCP_DBHUB_URL is not set for the gateway: no report can be run")
    return services.reports


def _given(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if name not in OURS}


async def _all_choices(running: Reports, report: Report) -> dict[str, tuple[str, ...]]:
    found = await asyncio.gather(*(running.choices(parameter) for parameter in report.parameters))
    return {parameter.name: each for parameter, each in zip(report.parameters, found, strict=True)}


def _accepted(request: Request) -> FileFormat | None:
    """The first format that Accept names, in its order; JSON where it takes anything."""
    header = request.headers.get("accept", "*/*")
    for part in header.split(","):
        media = part.partition(";")[0].strip().lower()
        if media in TYPES:
            return TYPES[media]
    return FileFormat.JSON if "*/*" in header or "application/*" in header else None


def _as_json(report: Report, values: Mapping[str, Value], table: Table) -> dict[str, Any]:
    columns = [
        {"name": name, "type": type_, **({"description": report.columns[name]} if name in report.columns else {})}
        for name, type_ in zip(table.columns, table.types, strict=True)
    ]
    return {
        "report": report.name,
        "title": report.title,
        "parameters": {name: str(value) if value is not None else None for name, value in values.items()},
        "columns": columns,
        "rows": [dict(zip(table.columns, row, strict=True)) for row in table.rows],
        "row_count": len(table.rows),
        "took_ms": table.took_ms,
    }


def _field(
    parameter: Parameter,
    given: Mapping[str, str],
    values: Mapping[str, Value],
    choices: Mapping[str, tuple[str, ...]],
    refused: ParameterRefused | None,
) -> dict[str, Any]:
    """A field of the form: what is chosen now, and what is wrong with it."""
    value = values.get(parameter.name)
    shown = "" if value is None else str(value)
    if refused is not None:
        shown = given.get(parameter.name, "")
    wrong = refused.rule if refused is not None and refused.parameter == parameter.name else ""
    offered = list(choices.get(parameter.name, ()))
    if shown and parameter.kind == "choice" and shown not in offered:
        offered.append(shown)
    return {**parameter.described(), "choices": offered, "value": shown, "wrong": wrong}


def _shown(table: Table | None) -> dict[str, Any] | None:
    if table is None:
        return None
    columns = [
        {
            "name": name.replace("_", " "),
            "type": type_,
            "share": name.endswith("_share") or name in SHARES,
            "decimals": _decimals([row[at] for row in table.rows]) if type_ == "double precision" else 0,
        }
        for at, (name, type_) in enumerate(zip(table.columns, table.types, strict=True))
    ]
    return {"columns": columns, "rows": table.rows, "took_ms": table.took_ms}


def _decimals(values: list[Any]) -> int:
    """How many decimals a column is shown with: none for whole numbers, fewer for large ones."""
    numbers = [value for value in values if value is not None]
    if all(value == int(value) for value in numbers):
        return 0
    return 2 if max(map(abs, numbers)) < 10 else 1


SHARES = frozenset({"drop_off", "drop_off_low", "drop_off_high", "difficulty", "retention", "stickiness"})


def _drawn(report: Report, table: Table | None) -> dict[str, Any] | None:
    if table is None or not report.chart or not table.rows:
        return None
    return {"choice": report.chart, "columns": table.columns, "types": table.types, "rows": table.rows}


def _query(request: Request, *, page: int | None) -> str:
    kept = {name: value for name, value in request.query_params.items() if name not in OURS}
    return urlencode({**kept, **({"page": page} if page else {})})


def _sql_link(viewer: Viewer, table: Table | None) -> str:
    return link_to_terminal(table.sql) if table is not None and viewer.may_open("/ui/db-terminal") else ""


def _status(error: Exception) -> int:
    return 422 if isinstance(error, SqlRefused) else 429 if isinstance(error, DatabaseBusy) else 503


def _problem(error: Exception) -> Response:
    if isinstance(error, ParameterRefused):
        return JSONResponse({"error": str(error), "property": error.parameter, "rule": error.rule}, status_code=400)
    told: dict[str, Any] = {"error": str(error)[:300]}
    if isinstance(error, SqlRefused):
        told["refused"] = {"rule": str(error.refusal.rule), "reason": error.refusal.reason}
        return JSONResponse(told, status_code=422)
    return JSONResponse(told, status_code=_status(error), headers={"retry-after": RETRY_SECONDS})
