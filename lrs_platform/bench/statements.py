"""Statements to measure with: microlearning video and quiz statements of the usual 1.2 kB, each with an id of its own.

Belongs here: what is sent in a measurement. Not here: sending it. The text is made once and cut around its id, so that
a new statement costs a concatenation and the load generator is not what is measured.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

TEMPLATES = 2000
LEARNERS = 1500
LESSONS = 40
CARDS = 12
VIDEO = "https://w3id.org/xapi/video"
ADL = "http://adlnet.gov/expapi"
ID_PLACE = "00000000-0000-4000-8000-000000000000"


def templates(data: Path | None = None, *, seed: int = 1) -> list[tuple[bytes, bytes]]:
    """Texts of statements, each cut into what stands before and behind its id; of the file `data`, or made."""
    if data is None:
        source = _made(random.Random(seed))
        texts = [json.dumps(next(source), ensure_ascii=False) for _ in range(TEMPLATES)]
    else:
        texts = list(_of_file(data))
    return [(before.encode(), behind.encode()) for before, _, behind in (text.partition(ID_PLACE) for text in texts)]


def ids(seed: int | None = None) -> Iterator[str]:
    """Random version 4 UUIDs, as text; the same ones again for the same seed."""
    bits = random.Random(seed).getrandbits
    while True:
        text = f"{bits(128):032x}"
        yield f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


def _of_file(path: Path) -> Iterator[str]:
    from lrs_platform.send.source import Source

    for statement in Source(path).statements():
        if statement.fault is not None:
            raise ValueError(f"{path}, statement {statement.number}: {statement.fault}")
        yield json.dumps({**json.loads(statement.raw), "id": ID_PLACE}, ensure_ascii=False)


def _made(chance: random.Random) -> Iterator[dict[str, Any]]:
    begin = datetime(2026, 9, 1, 6, tzinfo=UTC)
    while True:
        lesson, card = chance.randrange(LESSONS), chance.randrange(CARDS)
        course = f"https://learn.example.com/courses/onboarding-{lesson:02d}"
        when = begin + timedelta(seconds=chance.uniform(0, 60 * 86400))
        verb, result = _deed(chance)
        yield {
            "id": ID_PLACE,
            "actor": {
                "objectType": "Agent",
                "name": f"Learner {(learner := chance.randrange(LEARNERS)):04d}",
                "account": {"homePage": "https://learn.example.com", "name": f"f6c5ca7f-9daa-4830-a6a7-{learner:012x}"},
            },
            "verb": verb,
            "object": {
                "objectType": "Activity",
                "id": f"{course}/cards/{card:02d}",
                "definition": {
                    "type": f"{VIDEO}/activity-type/video",
                    "name": {"en-US": f"Card {card}: when a customer asks for something unusual"},
                },
            },
            "result": result,
            "context": {
                "registration": f"abb32c5b-ab8f-4f00-9718-{learner:06x}{lesson:06x}",
                "platform": "web",
                "language": "en-US",
                "contextActivities": {
                    "category": [{"id": VIDEO}],
                    "parent": [
                        {"id": course, "objectType": "Activity", "definition": {"type": f"{ADL}/activities/course"}}
                    ],
                },
                "extensions": {
                    f"{VIDEO}/extensions/session-id": f"9b7d1660-76ce-4bfb-8d4f-{chance.getrandbits(48):012x}"
                },
            },
            "timestamp": when.isoformat(timespec="milliseconds"),
        }


def _deed(chance: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """A verb and the result that goes with it."""
    length = round(chance.uniform(60, 400), 3)
    at = round(chance.uniform(0, length), 3)
    kind = chance.choices(("played", "paused", "seeked", "answered", "completed"), (40, 30, 12, 12, 6))[0]
    if kind == "answered":
        right = chance.random() < 0.7
        score = {"scaled": float(right), "raw": float(right), "min": 0.0, "max": 1.0}
        result: dict[str, Any] = {
            "success": right,
            "response": chance.choice("abcd"),
            "score": score,
            "duration": "PT12.5S",
        }
        return {"id": f"{ADL}/verbs/answered", "display": {"en-US": "answered"}}, result
    extensions: dict[str, Any] = {f"{VIDEO}/extensions/length": length, f"{VIDEO}/extensions/time": at}
    if kind == "seeked":
        extensions |= {f"{VIDEO}/extensions/time-from": at, f"{VIDEO}/extensions/time-to": length}
    if kind in ("paused", "completed"):
        extensions |= {
            f"{VIDEO}/extensions/progress": 1.0 if kind == "completed" else round(at / length, 3),
            f"{VIDEO}/extensions/played-segments": f"0[.]{at}",
        }
    result = {"extensions": extensions}
    if kind == "completed":
        result |= {"completion": True, "duration": f"PT{length}S"}
        return {"id": f"{ADL}/verbs/completed", "display": {"en-US": "completed"}}, result
    return {"id": f"{VIDEO}/verbs/{kind}", "display": {"en-US": kind}}, result
