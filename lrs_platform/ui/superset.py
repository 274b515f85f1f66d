"""Superset's datasets and one dashboard, made from the semantic model: a bundle that Superset imports.

Belongs here: what of the model becomes which asset, in the form that Superset's import knows (version 1.0.0: a ZIP of
YAML, assets told apart by UUID). Not here: Superset itself (docker-compose.yml, deploy/superset), how the terminal
shows it (admin.py). The bundle holds no password: whoever runs Superset gives it one for the role lrs_reader.
"""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlglot
import yaml
from sqlglot import exp

from lrs_platform.semantic_model import Column, Mart, Metric, semantic_model

VERSION = "1.0.0"  # of the form of the bundle
FOLDER = "lrs_platform"
DATABASE = "Learning records (read only)"
DATABASE_URI = "postgresql+psycopg2://lrs_reader@postgres:5432/lrs"
DASHBOARD = "Learning"
EVERYBODY = 0  # the cohort of marts by cohort that stands for all learners
ROWS = 50  # of a chart
CARDS = 12  # of a chart of cards, of which a company has hundreds: the worst
COLUMNS_OF_GRID = 12
HEIGHT = 50  # of a chart, in Superset's units
_HIDDEN = ("text", "data")  # meanings of columns that the views leave out
_NAMED = ("lesson_id", "cohort_id", "card_id", "last_card_id")  # columns beside which the views have a name
_FORMATS = {"share": ".1%", "hours": ",.1f", "seconds": ",.0f", "score": ".2f", "correlation": ".2f"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One chart of the dashboard: a figure, `mart.metric`, and what it is broken down by: "", week or a dimension."""

    figure: str
    by: str = ""
    width: int = 4
    title: str = ""  # where it shows the worst only; else made from the two


# Rows of the dashboard: who learned, how lessons go, where they fail, what to do.
LAYOUT: tuple[tuple[Shown, ...], ...] = (
    (
        Shown("engagement_segments.learners", width=3),
        Shown("lesson_progress.completions", width=3),
        Shown("learner_days.active_learners", "week", 6),
    ),
    (Shown("lesson_progress.completion_rate", "lesson", 6), Shown("lesson_progress.completion_rate", "cohort", 6)),
    (
        Shown("card_drop_off.worst_drop_off", "card", title="Cards with the highest drop-off"),
        Shown("quiz_items.mean_difficulty", "card", title="Questions with the fewest right answers"),
        Shown("time_on_task.median_time", "lesson"),
    ),
    (
        Shown("stalled_learners.stalled", "reason"),
        Shown("cohort_retention.retention_rate", "week_no"),
        Shown("engagement_segments.learners_in_segment", "segment"),
    ),
)


def bundle(uri: str = DATABASE_URI) -> Mapping[str, str]:
    """The files of the bundle by path. `uri` is the database as Superset reaches it, without a password."""
    made = datetime.now(UTC).isoformat()
    assets = {
        "metadata": {"version": VERSION, "type": "Dashboard", "timestamp": made},
        "databases/learning_records": _database(uri),
        **{f"datasets/learning_records/{mart.name}": _dataset(mart) for mart in _asked()},
        **{f"charts/{_slug(shown)}": _chart(shown) for row in LAYOUT for shown in row},
        f"dashboards/{DASHBOARD.lower()}": _dashboard(),
    }
    return {
        f"{FOLDER}/{path}.yaml": yaml.safe_dump(asset, sort_keys=False, allow_unicode=True, width=120)
        for path, asset in assets.items()
    }


def write(path: Path, uri: str = DATABASE_URI) -> int:
    """Write the bundle as a ZIP; the number of its files. Raises OSError."""
    files = bundle(uri)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return len(files)


def _asked() -> Iterator[Mart]:
    return (mart for mart in semantic_model().marts.values() if mart.metrics)


def _id(*parts: str) -> str:
    """The same asset has the same UUID in every release, so that a later import takes the place of an earlier one."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("urn:lrs-platform:superset", *parts))))


def _database(uri: str) -> dict[str, Any]:
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": uri,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"allows_virtual_table_explore": True, "schema_options": {"expand_rows": False}},
        "uuid": _id("database"),
        "version": VERSION,
    }


def _dataset(mart: Mart) -> dict[str, Any]:
    times = [metric.time for metric in mart.metrics if metric.time]
    return {
        "table_name": mart.name,
        "main_dttm_col": times[0] if times else None,
        "description": mart.description,
        "schema": "report",
        "filter_select_enabled": True,
        "columns": [column for each in mart.columns for column in _columns(each)],
        "metrics": [_metric(metric) for metric in mart.metrics],
        "uuid": _id("dataset", mart.name),
        "database_uuid": _id("database"),
        "version": VERSION,
    }


def _columns(column: Column) -> Iterator[dict[str, Any]]:
    """The columns of the view for one of the mart: learners by pseudonym, other things by number and by name."""
    if column.meaning in _HIDDEN:
        return
    if column.name == "learner_id":
        yield _column("learner", "text", column.description)
        return
    yield _column(column.name, column.type, column.description)
    if column.name in _NAMED:
        yield _column(column.name.removesuffix("_id"), "text", column.description)


def _column(name: str, kind: str, description: str) -> dict[str, Any]:
    return {
        "column_name": name,
        "type": kind.upper(),
        "is_dttm": kind in ("date", "timestamptz"),
        "groupby": True,
        "filterable": True,
        "is_active": True,
        "description": description,
    }


def _metric(metric: Metric) -> dict[str, Any]:
    expression = sqlglot.parse_one(metric.sql, read="postgres")
    for column in expression.find_all(exp.Column):
        if column.name == "learner_id":
            column.replace(exp.column("learner"))
    return {
        "metric_name": metric.name,
        "verbose_name": metric.description.partition(":")[0],
        "metric_type": "expression",
        "expression": expression.sql(dialect="postgres"),
        "description": metric.description,
        "d3format": _FORMATS.get(metric.unit, ",d"),
    }


def _of(shown: Shown) -> tuple[Mart, Metric]:
    mart = semantic_model().marts[shown.figure.partition(".")[0]]
    return mart, next(metric for metric in mart.metrics if metric.name == shown.figure.partition(".")[2])


def _slug(shown: Shown) -> str:
    return "_".join(filter(None, (shown.figure.replace(".", "_"), shown.by)))


def _title(shown: Shown) -> str:
    if shown.title:
        return shown.title
    _, metric = _of(shown)
    by = {"week_no": "week since the beginning"}.get(shown.by, shown.by.replace("_", " "))
    return metric.description.partition(":")[0] + (f" by {by}" if by else "")


def _chart(shown: Shown) -> dict[str, Any]:
    mart, _ = _of(shown)
    params = _look(shown)
    return {
        "slice_name": _title(shown),
        "description": mart.description,
        "viz_type": params["viz_type"],
        "params": {
            **params,
            "adhoc_filters": _filters(mart, shown),
            "row_limit": CARDS if shown.by == "card" else ROWS,
            "time_range": "No filter",
        },
        "uuid": _id("chart", _slug(shown)),
        "dataset_uuid": _id("dataset", mart.name),
        "version": VERSION,
    }


def _look(shown: Shown) -> dict[str, Any]:
    """A number, a line along time, a ring of few kinds, else bars."""
    _, metric = _of(shown)
    number = _FORMATS.get(metric.unit, ",d")
    if not shown.by:
        return {"viz_type": "big_number_total", "metric": metric.name, "y_axis_format": number}
    if shown.by in ("reason", "segment"):
        return {"viz_type": "pie", "metric": metric.name, "groupby": [shown.by], "donut": True, "number_format": number}
    along = {"week": {"x_axis": metric.time, "time_grain_sqla": "P1W", "x_axis_time_format": "%d %b"}}.get(
        shown.by, {"x_axis": shown.by}
    )
    kind = "line" if shown.by in ("week", "week_no") else "bar"
    whole = (
        {"truncateYAxis": True, "y_axis_bounds": [0, 1]} if metric.unit == "share" and metric.better == "high" else {}
    )
    sideways = {"orientation": "horizontal", **_worst_first(metric)} if kind == "bar" else {}
    return {
        "viz_type": f"echarts_timeseries_{kind}",
        "metrics": [metric.name],
        "groupby": [],
        "y_axis_format": number,
        "show_legend": False,
        **along,
        **sideways,
        **whole,
    }


def _worst_first(metric: Metric) -> dict[str, Any]:
    """The order of bars: what is bad on top, which is the last of a chart that lies, and the first of a query."""
    low_is_bad = metric.better == "high"
    return {"order_desc": not low_is_bad, "x_axis_sort": metric.name, "x_axis_sort_asc": not low_is_bad}


def _filters(mart: Mart, shown: Shown) -> list[dict[str, Any]]:
    """A mart by cohort holds everybody as one more cohort: one or the other, never both."""
    if "cohort_id" not in {column.name for column in mart.columns}:
        return []
    return [
        {
            "expressionType": "SIMPLE",
            "clause": "WHERE",
            "subject": "cohort_id",
            "operator": ">" if shown.by == "cohort" else "==",
            "comparator": EVERYBODY,
        }
    ]


def _dashboard() -> dict[str, Any]:
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": DASHBOARD}},
    }
    for number, row in enumerate(LAYOUT, 1):
        name = f"ROW-{number}"
        above = ["ROOT_ID", "GRID_ID"]
        charts = {f"CHART-{_slug(shown)}": shown for shown in row}
        position["GRID_ID"]["children"].append(name)
        position[name] = {
            "type": "ROW",
            "id": name,
            "children": list(charts),
            "parents": above,
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for place, shown in charts.items():
            position[place] = {
                "type": "CHART",
                "id": place,
                "children": [],
                "parents": [*above, name],
                "meta": {
                    "chartId": 0,
                    "uuid": _id("chart", _slug(shown)),
                    "sliceName": _title(shown),
                    "width": shown.width,
                    "height": HEIGHT,
                },
            }
    return {
        "dashboard_title": DASHBOARD,
        "description": "Made from the semantic model; an import of a later release takes its place.",
        "slug": DASHBOARD.lower(),
        "uuid": _id("dashboard"),
        "position": position,
        "metadata": {"color_scheme": "supersetColors", "refresh_frequency": 0, "cross_filters_enabled": True},
        "published": True,
        "version": VERSION,
    }
