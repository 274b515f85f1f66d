"""Running a report: values, rows of one page, rows of its chart, and names for those who may see them.

Belongs here: what is asked of the database for a report. Every query goes the way of people's queries (asking.py):
guarded, estimated, bounded, as the role that may read nothing but schema report. Names and texts come afterwards, from
the warehouse server, and only for the rows that are shown.
"""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lrs_platform.asking import Answer, Database, DatabaseAway
from lrs_platform.mcp_client import McpClient, McpToolError, McpUnavailable
from lrs_platform.reports.catalogue import Figure, Report
from lrs_platform.reports.parameters import Parameter, ParameterRefused, Value, bound
from lrs_platform.sql_files import sql_alone

CHOICES_SECONDS = 20.0  # that the choices of a parameter are believed
FIGURES_SECONDS = 15.0
MOST_CHART_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a report. `more` says that there are others behind them; `sql` is what was asked."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    more: bool
    took_ms: float
    sql: str


@dataclass(slots=True)
class Reports:
    """Runs reports in one process. `warehouse` knows the names."""

    database: Database
    warehouse: McpClient
    _choices: dict[str, tuple[float, tuple[str, ...]]] = field(default_factory=dict)
    _figures: tuple[float, dict[str, int]] = (0.0, {})
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def values(self, report: Report, given: Mapping[str, str]) -> dict[str, Value]:
        """The checked value of each parameter, the default where none is given. Raises ParameterRefused."""
        known = {parameter.name for parameter in report.parameters}
        for name in given:
            if name not in known:
                has = f"has {', '.join(sorted(known))}" if known else "has none"
                raise ParameterRefused(name[:50], f"is no parameter of this report, which {has}")
        today = datetime.datetime.now(datetime.UTC).date()
        return {
            each.name: each.parse(
                given.get(each.name),
                today=today,
                offered=await self.choices(each) if each.default == "first" and each.name not in given else (),
            )
            for each in report.parameters
        }

    async def choices(self, parameter: Parameter) -> tuple[str, ...]:
        """What can be chosen for a parameter, at most a minute old. Raises DatabaseAway, DatabaseBusy, SqlRefused."""
        if not parameter.choices_sql:
            return parameter.choices
        until, known = self._choices.get(parameter.choices_sql, (0.0, ()))
        if time.monotonic() < until:
            return known
        answer = await self.database.ask(parameter.choices_sql)
        known = tuple(str(row[0]) for row in answer.rows() if row[0] is not None)
        self._choices[parameter.choices_sql] = (time.monotonic() + CHOICES_SECONDS, known)
        return known

    async def rows(self, report: Report, values: Mapping[str, Value], *, limit: int, offset: int = 0) -> Table:
        """Rows of the report, `limit` of them from `offset` on. Raises SqlRefused, DatabaseAway, DatabaseBusy."""
        return await self._ask(bound(report.sql, report.parameters, values), limit=limit, offset=offset)

    async def chart(self, report: Report, values: Mapping[str, Value]) -> Table:
        """Rows for the report's chart."""
        sql = bound(report.chart_sql or report.sql, report.parameters, values)
        return await self._ask(sql, limit=MOST_CHART_ROWS, offset=0)

    async def revealed(self, report: Report, table: Table) -> Table:
        """`table` with names beside learners and, where the report has them, texts beside responses. Raises
        DatabaseAway.
        """
        if not report.reveals or not table.rows:
            return table
        asked = [self._reveal(table, "learner", "reveal_learners", "learners", ("name", "mail"))]
        if report.reveals == "responses":
            asked.append(self._reveal(table, "statement_id", "reveal_responses", "responses", ("response",)))
        for place, names, found in await asyncio.gather(*asked):
            at = table.columns.index(place)
            table = replace(
                table,
                columns=[*table.columns, *names],
                types=[*table.types, *("text" for _ in names)],
                rows=[[*row, *found.get(row[at], [None] * len(names))] for row in table.rows],
            )
        return table

    async def figures(self, wanted: tuple[Figure, ...]) -> dict[str, int]:
        """The figures of the front page by name, at most 15 seconds old, all by one query."""
        async with self._looking:
            until, known = self._figures
            if time.monotonic() >= until:
                parts = ",\n".join(f"(\n{figure.sql}\n) as {figure.name}" for figure in wanted)
                answer = await self.database.ask(f"select\n{parts}")
                known = dict(zip(answer.columns, answer.rows()[0], strict=True))
                self._figures = (time.monotonic() + FIGURES_SECONDS, known)
            return known

    async def _ask(self, sql: str, *, limit: int, offset: int) -> Table:
        """One row more is asked for, to know whether there are others."""
        page = sql_alone(__package__, "page") % {"asked": sql, "rows": limit + 1, "start": offset}
        answer: Answer = await self.database.ask(page)
        rows = answer.rows()
        more = len(rows) > limit or bool(answer.cut)
        return Table(answer.columns, answer.types, rows[:limit], more, answer.took_ms, sql)

    async def _reveal(
        self, table: Table, column: str, tool: str, key: str, names: tuple[str, ...]
    ) -> tuple[str, tuple[str, ...], dict[str, list[Any]]]:
        at = table.columns.index(column)
        wanted = sorted({row[at] for row in table.rows if row[at]})
        argument = "learners" if tool == "reveal_learners" else "statement_ids"
        try:
            told = await self.warehouse.call_json(tool, {argument: wanted}, safe_to_retry=True)
        except (McpUnavailable, McpToolError) as error:
            raise DatabaseAway("names cannot be looked up: the warehouse server does not answer") from error
        return column, names, {row[column]: [row[name] for name in names] for row in told[key]}
