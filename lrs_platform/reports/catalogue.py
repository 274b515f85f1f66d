"""The reports there are: warehouse/reports/*.sql, each a query with its description in front of it.

Belongs here: reading and checking them. A report is one file whose first comment is YAML: title, description, group,
parameters, chart, reveals, columns. A second file NAME.chart.sql with the same parameters gives the chart rows of its
own. They stand beside the warehouse's other SQL and are read as files, because the gateway imports nothing of the
warehouse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from lrs_platform.reports.parameters import Parameter, places_of

PLACE = Path(__file__).parents[1] / "warehouse" / "reports"
Reveals = Literal["", "learners", "responses"]


class ReportFault(ValueError):
    """A report's file contradicts itself; the message says which and how."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `chart` is what static/charts draws: kind, x, y, colour, ...; `reveals` says what is added for those
    who may see names: who the learners are, or also what they wrote. `columns` says what columns mean.
    """

    name: str
    title: str
    description: str
    sql: str
    parameters: tuple[Parameter, ...] = ()
    group: str = "Learning"
    chart: Mapping[str, Any] | None = None
    chart_sql: str = ""
    reveals: Reveals = ""
    columns: Mapping[str, str] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """As the API tells of it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "group": self.group,
            "parameters": [parameter.described() for parameter in self.parameters],
            "columns": dict(self.columns),
            "shows_learners": bool(self.reveals),
        }


@cache
def reports() -> Mapping[str, Report]:
    """All reports by name, in the order of their titles. Raises ReportFault."""
    found = [_report(file) for file in sorted(PLACE.glob("*.sql")) if not file.stem.endswith(".chart")]
    return {report.name: report for report in sorted(found, key=lambda report: report.title)}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the front page: `sql` answers with one number. `report` is the one that says more, "" for none."""

    name: str
    title: str
    about: str
    sql: str
    report: str
    order: int


@cache
def figures() -> tuple[Figure, ...]:
    """The figures of the front page, in their order. Raises ReportFault."""
    found = []
    for file in PLACE.glob("figures/*.sql"):
        head, sql = front_matter(file)
        try:
            found.append(
                Figure(file.stem, head["title"], head["about"], sql, head.get("report", ""), int(head["order"]))
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ReportFault(f"{file.name}: {error}") from error
    return tuple(sorted(found, key=lambda figure: figure.order))


def front_matter(file: Path) -> tuple[dict[str, Any], str]:
    """The YAML in the comment that a file begins with, and the SQL behind it. Raises ReportFault."""
    lines = file.read_text(encoding="utf-8").splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    try:
        head = yaml.safe_load("\n".join(line.removeprefix("--").removeprefix(" ") for line in lines[:end]))
    except yaml.YAMLError as error:
        raise ReportFault(f"{file.name}: its first comment is no YAML: {error}") from error
    if not isinstance(head, dict):
        raise ReportFault(f"{file.name}: its first comment has to name title and description")
    return head, "\n".join(lines[end:]).strip()


def _report(file: Path) -> Report:
    head, sql = front_matter(file)
    chart_file = file.with_suffix(".chart.sql")
    chart_sql = front_matter(chart_file)[1] if chart_file.exists() else ""
    try:
        report = Report(
            name=file.stem,
            title=head.pop("title"),
            description=head.pop("description").strip(),
            sql=sql,
            parameters=tuple(_parameter(name, told) for name, told in head.pop("parameters", {}).items()),
            chart_sql=chart_sql,
            **head,
        )
    except (KeyError, TypeError) as error:
        raise ReportFault(f"{file.name}: {error}") from error
    declared = {parameter.name for parameter in report.parameters}
    for text in (sql, chart_sql):
        if text and places_of(text) != declared:
            raise ReportFault(f"{file.name}: parameters and places differ: {sorted(places_of(text) ^ declared)}")
    return report


def _parameter(name: str, told: dict[str, Any]) -> Parameter:
    return Parameter(
        name=name,
        kind=told["type"],
        label=told["label"],
        description=told.get("description", ""),
        default=str(told.get("default", "")),
        least=told.get("minimum"),
        most=told.get("maximum"),
        choices=tuple(told.get("choices", ())),
        choices_sql=told.get("choices_sql", ""),
    )
