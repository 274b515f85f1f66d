"""Taking a file into the platform: understood, tried, stored, taken back.

Belongs here: what happens to a file in which order; the command and the page both come here. Not here: columns
(people.py, lessons.py, responses.py), tables (the warehouse server's tools), sending (`deliver`, of the caller).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from lrs_platform.mcp_client import McpClient
from lrs_platform.roster import lessons, people, responses
from lrs_platform.roster.people import Understood
from lrs_platform.roster.table import Problem, Table, read_table

Kind = Literal["roster", "lessons", "responses"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SHOWN_ROWS = 10

Deliver = Callable[[Sequence[dict[str, Any]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file and how it is to be understood.

    `site` is put before slugs of lessons that are not known; `lesson` is the lesson of all responses where no column
    names it; `complete`: whoever is not in this roster has left.
    """

    kind: Kind
    file_name: str
    content: bytes
    site: str = ""
    lesson: str = ""
    complete: bool = False


@dataclass(slots=True)
class Outcome:
    """What a file would do (`import_id` None) or did. `effect` is counts by what was changed."""

    kind: Kind
    columns: list[str]
    sample: list[list[str]]
    rows: int
    problems: list[Problem]
    left_out: int
    encoding: str
    delimiter: str
    effect: dict[str, int] = field(default_factory=dict)
    import_id: int | None = None
    repeated: bool = False


async def look(warehouse: McpClient, upload: Upload) -> Outcome:
    """What importing this file would change; nothing is stored. Raises FileUnreadable, McpToolError, McpUnavailable."""
    table, understood = await _understand(warehouse, upload)
    outcome = _outcome(upload, table, understood)
    if understood.rows:
        rows = await _rows(warehouse, upload, understood)
        _tell(outcome, await _import(warehouse, upload, rows, by="", dry_run=True), understood)
    outcome.import_id = None
    return outcome


async def take(warehouse: McpClient, upload: Upload, *, by: str, deliver: Deliver) -> Outcome:
    """Import the file; a second time it changes nothing. `deliver` sends statements to the LRS.

    Raises FileUnreadable (also where no line can be used), McpToolError, McpUnavailable, and what `deliver` raises: the
    same import again goes on then.
    """
    table, understood = await _understand(warehouse, upload)
    outcome = _outcome(upload, table, understood)
    if not understood.rows:
        return outcome
    rows = await _rows(warehouse, upload, understood)
    _tell(outcome, await _import(warehouse, upload, rows, by=by, dry_run=False), understood)
    if upload.kind == "responses":
        generations = {row["line_seed"]: row["generation"] for row in rows}
        await deliver([response.named(generations[response.seed]) for response in understood.rows])
    return outcome


async def undo(
    warehouse: McpClient, import_id: int, *, by: str, actor: dict[str, Any], deliver: Deliver
) -> dict[str, int]:
    """Take an import back; what it changed, as counts. Statements that it brought are voided, in the name of `actor`.

    Once more does no harm, and voids what an interruption has left. Raises McpToolError where there is no such import.
    """
    undone = await warehouse.call_json("undo_import", {"import_id": import_id, "by": by}, safe_to_retry=True)
    if undone["statements"]:
        await deliver([responses.voiding(statement_id, actor) for statement_id in undone["statements"]])
    effect: dict[str, int] = undone["effect"]
    return effect


async def _understand(warehouse: McpClient, upload: Upload) -> tuple[Table, Understood]:
    table = read_table(upload.content)
    if upload.kind == "roster":
        understood = people.read_roster(table)
        await _check_time_zones(warehouse, table, understood)
        return table, understood
    reads_lessons = upload.kind == "lessons"
    slugs = lessons.slugs_in(table) if reads_lessons else responses.slugs_in(table, upload.lesson)
    known = await _known(warehouse, slugs) if slugs else {}
    addresses = lessons.Addresses(upload.site, known)
    if reads_lessons:
        return table, lessons.read_lessons(table, addresses)
    return table, responses.read_responses(table, addresses, upload.lesson)


async def _known(warehouse: McpClient, slugs: list[str]) -> dict[str, str]:
    """Addresses of the lessons that one slug means and no other."""
    found = await warehouse.call_json("lessons_by_slug", {"slugs": slugs}, safe_to_retry=True)
    return {slug.lower(): iris[0] for slug, iris in found.items() if len(iris) == 1}


async def _check_time_zones(warehouse: McpClient, table: Table, understood: Understood) -> None:
    """Leave out lines whose time zone the database does not know: days could not be counted in it."""
    zones = sorted({row["time_zone"] for row in understood.rows if row["time_zone"]})
    if not zones:
        return
    unknown = set(await warehouse.call_json("unknown_time_zones", {"zones": zones}, safe_to_retry=True))
    if not unknown:
        return
    column = table.columns[table.column(*people.TIME_ZONE) or ""]
    for row in [row for row in understood.rows if row["time_zone"] in unknown]:
        understood.rows.remove(row)
        reason = f"{row['time_zone'][:60]!r} is no time zone: write a name such as Europe/Berlin"
        understood.problems.append(Problem(row["line"], column, reason))


async def _rows(warehouse: McpClient, upload: Upload, understood: Understood) -> list[dict[str, Any]]:
    """What the warehouse gets. A response whose statement was voided gets the id of the next generation."""
    if upload.kind != "responses":
        return list(understood.rows)
    waiting = list(understood.rows)
    placed: dict[str, dict[str, Any]] = {}
    generation = 0
    while waiting:
        ids = [response.statement_id(generation) for response in waiting]
        voided = set(await warehouse.call_json("taken_back_responses", {"ids": ids}, safe_to_retry=True))
        for response, statement_id in zip(waiting, ids, strict=True):
            if statement_id not in voided:
                placed[response.seed] = {
                    "line": response.line,
                    "statement_id": statement_id,
                    "line_seed": response.seed,
                    "generation": generation,
                }
        waiting = [response for response in waiting if response.seed not in placed]
        generation += 1
    return [placed[response.seed] for response in understood.rows]


async def _import(
    warehouse: McpClient, upload: Upload, rows: Sequence[dict[str, Any]], *, by: str, dry_run: bool
) -> dict[str, Any]:
    if upload.kind == "responses":
        rows = [{"line": row["line"], "statement_id": row["statement_id"]} for row in rows]
    arguments = {
        "kind": upload.kind,
        "file_name": upload.file_name[:200],
        "rows": json.dumps(list(rows), ensure_ascii=False),
        "complete": upload.complete,
        "by": by,
        "dry_run": dry_run,
    }
    reply: dict[str, Any] = await warehouse.call_json("import_file", arguments, safe_to_retry=True)
    return reply


def _outcome(upload: Upload, table: Table, understood: Understood) -> Outcome:
    columns = list(table.columns)
    return Outcome(
        kind=upload.kind,
        columns=list(table.columns.values()),
        sample=[[str(line.number), *(line.get(name) for name in columns)] for line in table.lines[:SHOWN_ROWS]],
        rows=len(understood.rows),
        problems=sorted(understood.problems, key=lambda problem: problem.line),
        left_out=understood.left_out,
        encoding=table.encoding,
        delimiter=table.delimiter,
    )


def _tell(outcome: Outcome, reply: dict[str, Any], understood: Understood) -> None:
    outcome.effect, outcome.import_id, outcome.repeated = reply["effect"], reply["import_id"], reply["repeated"]
    if outcome.kind == "responses":
        outcome.effect = {"statements": len(understood.rows)}
