"""Statements for tests that need any valid one. Not here: cases of the grammar (xapi/examples.py)."""

from __future__ import annotations

import uuid
from typing import Any


def statement(**changes: Any) -> dict[str, Any]:
    """A small valid statement under a new id."""
    return {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": "mailto:ada@example.com", "name": "Ada"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://7taps.example/safety-at-work"},
        "result": {"score": {"scaled": 0.5}, "duration": "PT1M30S"},
        "timestamp": "2026-03-01T08:00:00Z",
        **changes,
    }
