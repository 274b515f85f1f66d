"""Statement, event and rejected lines for tests, as the loader makes them (docs/architecture.md, "Shapes")."""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

AUTHORITY = {"objectType": "Agent", "account": {"homePage": "https://lrs.example.com", "name": "sender"}}
FIRST_MS = 1_750_000_000_000
_next = itertools.count()


def next_log_id() -> str:
    """A log id later than all before; no test stores under another's."""
    return f"{FIRST_MS + next(_next)}-0"


@dataclass
class Line:
    """One statement as it lies in the log, and the event that a mapping would make of it."""

    statement_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    log_id: str = field(default_factory=next_log_id)
    version: str = "1.0.3"
    raw: str = ""
    event: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.raw = self.raw or json.dumps(
            {
                "id": self.statement_id,
                "actor": {"mbox": "mailto:anna@example.com"},
                "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
                "object": {"id": "https://example.com/lesson/1"},
            }
        )
        self.event = self.event or self.event_of()

    def event_of(self, **changes: Any) -> list[Any]:
        """The event row, in the order of EVENT_COLUMNS, with some columns changed."""
        values: dict[str, Any] = {
            "statement_id": self.statement_id,
            "occurred_at": "2025-06-15T10:00:00+02:00",
            "actor_key": "mailto:anna@example.com",
            "verb_id": "http://adlnet.gov/expapi/verbs/completed",
            "object_type": "Activity",
            "object_id": "https://example.com/lesson/1",
        } | changes
        from lrs_platform.mappings import EVENT_COLUMNS

        return [values.get(column) for column in EVENT_COLUMNS]

    @property
    def text(self) -> str:
        return "\t".join((self.log_id, self.statement_id, self.version, json.dumps(AUTHORITY), self.raw))

    def again(self, **changes: Any) -> Line:
        """The same statement under another log entry, or changed."""
        return Line(**({"statement_id": self.statement_id, "raw": self.raw} | changes))


def call_of(
    *lines: Line, without_event: tuple[Line, ...] = (), rejected: list[dict[str, Any]] | None = None
) -> dict[str, str]:
    """Arguments of load_statements."""
    return {
        "statements": "\n".join(line.text for line in lines),
        "events": "\n".join(json.dumps(line.event) for line in lines if line not in without_event),
        "rejected": "\n".join(json.dumps(one) for one in rejected or []),
    }


def rejected_of(line: Line, stage: str = "map", **changes: Any) -> dict[str, Any]:
    """The rejected line of a statement."""
    return {
        "log_id": line.log_id,
        "statement_id": line.statement_id,
        "stage": stage,
        "reason": "KeyError: 'verb'",
        "mapping": "canonical@0",
        "raw": line.raw,
    } | changes
