"""The queries that the terminal begins with: SQLPad's seed files, so that both show the same ones.

Belongs here: reading them. Not here: the queries (deploy/sqlpad/seed/queries). A chart is written as SQLPad writes it
(`chartType`, `fields`) and turned into what our page draws.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec

log = logging.getLogger(__name__)

_KINDS = {"line": "line", "bar": "bar", "verticalbar": "bar", "bubble": "point"}


class _SqlPadChart(msgspec.Struct, rename="camel"):
    chart_type: str = ""
    fields: dict[str, Any] = {}


class _Seed(msgspec.Struct, rename="camel"):
    id: str
    name: str
    query_text: str
    chart: _SqlPadChart | None = None


def prebuilt_queries(directory: Path) -> list[dict[str, Any]]:
    """The queries of a directory, by file name: query_id, name, sql, chart. What is no query is told and left out."""
    found = []
    for file in sorted(directory.glob("*.json")):
        try:
            seed = msgspec.json.decode(file.read_bytes(), type=_Seed)
        except msgspec.MsgspecError as error:
            log.warning("%s is no query of SQLPad: %s", file.name, error)
            continue
        found.append({"query_id": seed.id, "name": seed.name, "sql": seed.query_text, "chart": _chart(seed.chart)})
    return found


def _chart(chart: _SqlPadChart | None) -> dict[str, Any] | None:
    """What the page keeps of a chart: kind, and the columns on its axes."""
    if chart is None or chart.chart_type not in _KINDS:
        return None
    fields = chart.fields
    if chart.chart_type in ("bar", "verticalbar"):
        x, y = fields.get("barlabel"), fields.get("barvalue")
    else:
        x, y = fields.get("x"), fields.get("y")
    if not x or not y:
        return None
    return {"kind": _KINDS[chart.chart_type], "x": x, "y": y, "colour": fields.get("split") or ""}
