"""Statements for the journey, and every answer of the platform about them; the standard library only."""

from __future__ import annotations

import base64
import json
import sys
import urllib.request
import uuid
from pathlib import Path
from typing import Any

HOME = Path.home() / ".local" / "share" / "lrs"


def make(count: int) -> None:
    """Print statements with ids that are the same every time."""
    for number in range(count):
        statement = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"journey {number}")),
            "actor": {"mbox": f"mailto:learner{number % 20}@example.com"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
            "object": {"id": f"https://example.com/lessons/{number % 7}"},
            "timestamp": f"2026-02-{1 + number % 28:02}T10:00:00Z",
        }
        sys.stdout.write(json.dumps(statement) + "\n")


def ask() -> None:
    """Print every statement that the instance in the default home answers, page after page."""
    known = json.loads((HOME / "credentials.json").read_text(encoding="utf-8"))
    login = base64.b64encode(f"{known['username']}:{known['password']}".encode()).decode()
    more = "/xAPI/statements?limit=200&ascending=true"
    while more:
        request = urllib.request.Request(
            known["urls"]["gateway"] + more,
            headers={"Authorization": f"Basic {login}", "X-Experience-API-Version": "1.0.3"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            page: dict[str, Any] = json.load(answer)
        for statement in page["statements"]:
            sys.stdout.write(json.dumps(statement, sort_keys=True) + "\n")
        more = page.get("more", "")


if __name__ == "__main__":
    make(int(sys.argv[2])) if sys.argv[1] == "make" else ask()
