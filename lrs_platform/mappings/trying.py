"""A mapping tried on stored statements, before it is in force: which rows would be others, and how.

Belongs here: the trial and its result as values. Not here: showing it (commands.py), replacing rows (replaying.py).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lrs_platform.mappings.composing import Composed
from lrs_platform.mappings.remapping import McpServer, map_lines
from lrs_platform.mcp_client import McpToolError
from lrs_platform.mcp_servers.python.result import return_value

LINES_AT_ONCE = 1000


@dataclass(slots=True)
class Trial:
    """What a mapping makes of a sample, beside the events that stand.

    `rows` are those that differ: statement_id, verb_id, object_id, added, mapping, changes: {column: [standing, new]}.
    `rejected` are statements that it cannot digest: statement_id, error, and whether an event of them `stands` now.
    `chosen` counts statements by mapping.
    """

    version: str
    statements: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    chosen: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        """Statements that have an event now and would have none."""
        return sum(each["stands"] for each in self.rejected)

    @property
    def columns(self) -> Counter[str]:
        """Rows that differ, by column."""
        return Counter(column for row in self.rows for column in row["changes"])

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "version": self.version,
            "statements": self.statements,
            "differing": len(self.rows),
            "columns": dict(self.columns),
            "chosen": dict(self.chosen),
            "rejected": self.rejected,
            "lost": self.lost,
            "rows": self.rows,
        }


async def try_on_sample(python: McpServer, warehouse: McpServer, mapping: Composed, sample: int) -> Trial:
    """Try `mapping` on about `sample` stored statements. Changes nothing.

    Raises McpToolError where the script as a whole fails: its traceback is the message; McpUnavailable.
    """
    found = await warehouse.call("sampled_lines", {"limit": sample}, safe_to_retry=True)
    lines = found.split("\n") if found else []
    trial = Trial(mapping.version)
    for start in range(0, len(lines), LINES_AT_ONCE):
        await _try_on(python, warehouse, mapping, lines[start : start + LINES_AT_ONCE], trial)
    return trial


async def _try_on(
    python: McpServer, warehouse: McpServer, mapping: Composed, lines: Sequence[str], trial: Trial
) -> None:
    made = await map_lines(python, lines, mapping)
    ids = [line.split("\t", 2)[1] for line in lines]
    chosen = dict(zip(ids, await choices(python, lines, mapping), strict=True))
    differing, refused = await _compare(warehouse, [event for event in made if not event.startswith("{")])
    refused += [json.loads(event) for event in made if event.startswith("{")]
    trial.statements += len(lines)
    trial.chosen.update(chosen.values())
    trial.rows += [{**row, "mapping": chosen[row["statement_id"]]} for row in differing]
    if refused:
        ids = [each["statement_id"] for each in refused]
        standing = set(await warehouse.call_json("standing_events", {"statement_ids": ids}, safe_to_retry=True))
        trial.rejected += [{**each, "stands": each["statement_id"] in standing} for each in refused]


async def _compare(warehouse: McpServer, events: Sequence[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Events that differ from those that stand, and those that the database does not take, found by halving."""
    if not events:
        return [], []
    try:
        return (
            await warehouse.call_json("mapped_otherwise", {"events": "\n".join(events)}, safe_to_retry=True),
            [],
        )
    except McpToolError as error:
        if error.transient:
            raise
        if len(events) == 1:
            return [], [{"statement_id": json.loads(events[0])[0], "error": str(error)}]
    half = len(events) // 2
    first, last = await _compare(warehouse, events[:half]), await _compare(warehouse, events[half:])
    return first[0] + last[0], first[1] + last[1]


async def choices(python: McpServer, lines: Sequence[str], mapping: Composed) -> list[str]:
    """The name of the mapping that the rules choose for each statement line, "" where it cannot be read."""
    reply = await python.call(
        "run_python_code",
        {"python_code": mapping.choices, "global_variables": {"payload": "\n".join(lines)}},
        safe_to_retry=True,
    )
    return str(return_value(reply)).split("\n")
