"""Mapping stored statements again: with the script in force, or another one; what comes of it put into the tables.

Belongs here: statement lines to events by way of the sandbox, the search for the one line that spoils a call. Not here:
loading new statements (etl_streaming.py), choosing which ones are mapped again (etl_incremental.py, replaying.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from lrs_platform.mappings.composing import Composed, current
from lrs_platform.mcp_client import McpToolError
from lrs_platform.mcp_servers.python.result import return_value


class McpServer(Protocol):
    """The part of the MCP client that mapping needs."""

    async def call(self, tool: str, arguments: dict[str, Any], *, safe_to_retry: bool = False) -> str: ...

    async def call_json(self, tool: str, arguments: dict[str, Any], *, safe_to_retry: bool = False) -> Any: ...


@dataclass(slots=True)
class Remapped:
    """Counts of statements: mapped, those whose event changed, those that had none, those that cannot be mapped."""

    mapped: int = 0
    changed: int = 0
    added: int = 0
    rejected: int = 0

    def add(self, told: dict[str, int]) -> None:
        """Count what the warehouse answered for one call."""
        for name in ("mapped", "changed", "added", "rejected"):
            setattr(self, name, getattr(self, name) + told[name])


async def map_lines(python: McpServer, lines: Sequence[str], mapping: Composed) -> list[str]:
    """What `mapping` makes of statement lines, a line each: an event, or an object with `error`.

    Raises McpToolError where the script as a whole fails or gives another number of lines, McpUnavailable.
    """
    reply = await python.call(
        "run_python_code",
        {"python_code": mapping.text, "global_variables": {"payload": "\n".join(lines)}},
        safe_to_retry=True,
    )
    made = str(return_value(reply)).split("\n")
    if len(made) != len(lines):
        raise McpToolError(f"data: mapping {mapping.version} gave {len(made)} rows for {len(lines)} statements")
    return made


@dataclass(slots=True)
class Remapping:
    """Maps stored statements again and replaces their events."""

    python: McpServer
    warehouse: McpServer
    mapping: Composed = field(default_factory=current)
    done: Remapped = field(default_factory=Remapped)

    async def run(self, lines: Sequence[str]) -> None:
        """Map `lines` again, one transaction; where the data of some is at fault, its halves one after the other.

        Raises McpUnavailable, or McpToolError that is transient: nothing of the call that failed was stored then.
        """
        try:
            made = await map_lines(self.python, lines, self.mapping)
            pairs = list(zip(lines, made, strict=True))
            events = [event for _, event in pairs if not event.startswith("{")]
            refused = [
                rejected_line(line, "map", json.loads(event)["error"], self.mapping.version)
                for line, event in pairs
                if event.startswith("{")
            ]
            await self._put(events, refused)
        except McpToolError as error:
            if error.transient:
                raise
            if len(lines) > 1:
                half = len(lines) // 2
                await self.run(lines[:half])
                await self.run(lines[half:])
                return
            await self._put([], [rejected_line(lines[0], "load", str(error), self.mapping.version)])

    async def _put(self, events: Sequence[str], rejected: Sequence[str]) -> None:
        told = await self.warehouse.call_json(
            "remap", {"events": "\n".join(events), "rejected": "\n".join(rejected)}, safe_to_retry=True
        )
        self.done.add(told)


def rejected_line(line: str, stage: str, reason: str, mapping: str) -> str:
    """The rejected line of a statement line (docs/architecture.md, "Shapes")."""
    log_id, statement_id, _, _, raw = line.split("\t", 4)
    return json.dumps(
        {
            "log_id": log_id,
            "statement_id": statement_id,
            "stage": stage,
            "reason": reason[:2000],
            "mapping": mapping,
            "raw": raw,
        }
    )
