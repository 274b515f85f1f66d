"""Asking the database a question in SQL, as a reader: guarded, estimated, bounded, and cancelled with its caller.

Belongs here: the calls of DBHub that one question takes, and what their failures mean. Not here: what may be asked
(sql_guard, which is pure), who may ask and how it is shown (ui). It knows neither FastAPI nor Dagster, so the terminal,
the reports and the questions in plain language all come through here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import time
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from lrs_platform.mcp_client import McpClient, McpToolError, McpUnavailable
from lrs_platform.sql_guard import Guarded, Rule, SqlRefused, check
from lrs_platform.sql_guard.estimate import Estimate, check_cost, estimate_of
from lrs_platform.sql_guard.framing import to_explain, to_run

log = logging.getLogger(__name__)

AT_ONCE = 3  # of one process; DBHub has four connections, and one is left for what is quick
PATIENCE_SECONDS = 5.0  # that a question waits for its turn
VIEWS_SECONDS = 60.0  # that the list of views is believed
CANCEL_SECONDS = 5.0

Cut = Literal["", "rows", "bytes"]


class DatabaseAway(RuntimeError):
    """DBHub or Postgres does not answer; the same question may work later."""


class DatabaseBusy(RuntimeError):
    """Too many questions at once; the same one may work in a moment."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`rows` and `reply_bytes` of an answer, `cost` in the planner's units, `seconds` that DBHub lets a query run."""

    rows: int
    reply_bytes: int
    cost: float
    seconds: int

    @property
    def cell_bytes(self) -> int:
        """What rows may take of a reply: the rest is the query itself, which comes back with it, and names."""
        return max(self.reply_bytes - 300_000, self.reply_bytes // 2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the database answered. `cells` is JSON text: arrays of one row each, joined by commas."""

    columns: list[str]
    types: list[str]
    cells: str
    row_count: int
    cut: Cut  # why there are more rows than these; "" where there are not
    took_ms: float
    estimate: Estimate
    views: frozenset[str]

    def rows(self) -> list[list[Any]]:
        """The rows as Python values; numbers with more digits than a float has lose them."""
        decoded: list[list[Any]] = msgspec.json.decode(f"[{self.cells}]")
        return decoded

    def as_json(self) -> bytes:
        """The answer of the API. The rows pass through as Postgres wrote them."""
        head = {"columns": self.columns, "types": self.types}
        tail = {
            "row_count": self.row_count,
            "truncated": bool(self.cut),
            "cut": self.cut or None,
            "took_ms": self.took_ms,
            "cost": self.estimate.cost,
        }
        encoded = msgspec.json.encode(head)[:-1], msgspec.json.encode(tail)[1:]
        return encoded[0] + b',"rows":[' + self.cells.encode() + b"]," + encoded[1]


class Column(msgspec.Struct):
    """A column of a view, as search_objects tells of it."""

    name: str
    type: str
    description: str = ""


class View(msgspec.Struct):
    """A view of schema report."""

    name: str
    columns: list[Column] = []
    comment: str = ""


class _Statement(msgspec.Struct):
    rows: list[dict[str, Any]] = []


class _Executed(msgspec.Struct):
    statements: list[_Statement]


class _Reply(msgspec.Struct):
    data: _Executed


class _Found(msgspec.Struct):
    results: list[View]


class _Objects(msgspec.Struct):
    data: _Found


class Database:
    """The database as readers see it, through DBHub. `warehouse` can cancel what a reader began."""

    def __init__(self, dbhub: McpClient, warehouse: McpClient, limits: Limits) -> None:
        self._dbhub = dbhub
        self._warehouse = warehouse
        self.limits = limits
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._views: list[View] = []
        self._views_until = 0.0
        self._looking = asyncio.Lock()

    async def ask(self, sql: str) -> Answer:
        """The answer to one query. Raises SqlRefused, DatabaseAway, DatabaseBusy.

        Where the caller is cancelled, so is the query: it is not left to run for nobody.
        """
        started = time.perf_counter()
        guarded = await asyncio.to_thread(check, sql)
        await self._wait_for_a_turn()
        try:
            estimate = await self._estimate(sql, guarded)
            framed = await self._run(sql, guarded, estimate)
        finally:
            self._turns.release()
        found, kept = int(framed["found"]), int(framed["kept"])
        cut: Cut = "bytes" if kept < min(found, self.limits.rows) else "rows" if found > self.limits.rows else ""
        return Answer(
            columns=[name for name, _ in json.loads(framed["names"], object_pairs_hook=list)],
            types=json.loads(framed["types"]),
            cells=str(framed["cells"] or ""),
            row_count=kept,
            cut=cut,
            took_ms=round((time.perf_counter() - started) * 1000, 1),
            estimate=estimate,
            views=guarded.views,
        )

    async def views(self) -> list[View]:
        """The views of schema report with their columns, at most a minute old. Raises DatabaseAway."""
        async with self._looking:
            if time.monotonic() >= self._views_until:
                wanted = {"object_type": "view", "schema": "report", "detail_level": "full", "limit": 1000}
                try:
                    text = await self._dbhub.call("search_objects", wanted, safe_to_retry=True)
                    self._views = msgspec.json.decode(text, type=_Objects).data.results
                except (McpUnavailable, McpToolError, msgspec.MsgspecError) as error:
                    raise DatabaseAway("the views cannot be listed: DBHub does not answer") from error
                self._views_until = time.monotonic() + VIEWS_SECONDS
            return self._views

    async def _wait_for_a_turn(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._turns.acquire()
        except TimeoutError as error:
            raise DatabaseBusy(f"{AT_ONCE} other queries are running: try again in a moment") from error

    async def _estimate(self, sql: str, guarded: Guarded) -> Estimate:
        row = await self._execute(sql, to_explain(guarded, rows=self.limits.rows))
        try:
            estimate = estimate_of(row["QUERY PLAN"])
        except (KeyError, ValueError) as error:
            raise DatabaseAway("DBHub answered EXPLAIN with what is no plan") from error
        check_cost(estimate, most=self.limits.cost)
        return estimate

    async def _run(self, sql: str, guarded: Guarded, estimate: Estimate) -> dict[str, Any]:
        question = uuid4()
        text = to_run(
            guarded,
            columns=estimate.columns,
            rows=self.limits.rows,
            most_bytes=self.limits.cell_bytes,
            question=question,
        )
        try:
            return await self._execute(sql, text)
        except asyncio.CancelledError:
            await asyncio.shield(self._cancel(question))
            raise

    async def _cancel(self, question: UUID) -> None:
        """End a query in Postgres. It would end at its time limit anyway, so a failure is told and borne."""
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await self._warehouse.call("cancel_question", {"question": str(question)}, safe_to_retry=True)
        except (McpUnavailable, McpToolError, TimeoutError) as error:
            log.warning("a query was not cancelled, it runs until its time limit: %s", error or type(error).__name__)

    async def _execute(self, sql: str, text: str) -> dict[str, Any]:
        """The one row that `text` answers with; `sql` is what the caller wrote, for the place of an error."""
        try:
            reply = await self._dbhub.call("execute_sql", {"sql": text}, safe_to_retry=True)
        except McpUnavailable as error:
            raise DatabaseAway("DBHub does not answer") from error
        except McpToolError as error:
            raise _meant(sql, str(error), self.limits) from error
        try:
            return msgspec.json.decode(reply, type=_Reply).data.statements[0].rows[0]
        except (msgspec.MsgspecError, IndexError) as error:
            raise DatabaseAway("DBHub answered with what is no result") from error


def _meant(sql: str, said: str, limits: Limits) -> Exception:
    """A failure of execute_sql as the caller has to take it: as a fault of the query, or of the database."""
    code = ""
    with contextlib.suppress(ValueError, AttributeError):
        told = json.loads(said)
        said, code = str(told.get("error", said)), str(told.get("code", ""))
    if "statement timeout" in said or "Query read timeout" in said:
        return SqlRefused(
            Rule.TIME,
            f"The query was ended after {limits.seconds} seconds.",
            "Narrow what is read with WHERE, or ask a mart (views with fewer rows) instead of report.event.",
        )
    if "due to user request" in said:
        return SqlRefused(Rule.TIME, "The query was cancelled.", "Run it again if that was not meant.")
    if said.startswith("data:"):
        return SqlRefused(Rule.SIZE, "A single row of the result is too large.", "Name fewer columns, or shorten them.")
    if said.startswith("transient:") or code != "EXECUTION_ERROR" or "terminating connection" in said:
        return DatabaseAway("the database does not answer just now")
    return SqlRefused(
        Rule.DATABASE, f"The database says: {said}.", "Names of views and columns are listed beside the editor.",
        _place(sql, said),
    )  # fmt: skip


def _place(sql: str, said: str) -> int | None:
    """Where the name stands that the database complains of; DBHub does not pass its position on."""
    named = re.search(r'"([^"]+)"|column (\S+) does not exist', said)
    if named is None:
        return None
    name = (named[1] or named[2]).rpartition(".")[2].strip('"')
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql, re.IGNORECASE)
    return found.start() if found else None
