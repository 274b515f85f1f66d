"""How fast GET /xAPI/statements answers by each filter, over HTTP, with so many statements stored.

Belongs here: what is asked and how it is timed. What is asked for is taken from stored statements by chance, so a
common lesson is asked for as often as it is there. One request at a time, so that a delay is the answer's own.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from lrs_platform.bench.footprint import cpu_between
from lrs_platform.bench.history import fill
from lrs_platform.bench.load_generator import quantile
from lrs_platform.bench.plain_script import sql
from lrs_platform.bench.report import Row, medians, show, tracked, write
from lrs_platform.bench.subject import Subject
from lrs_platform.http1 import Connection, Origin, xapi_headers

READERS = ("gateway", "warehouse", "redis", "postgres")
REQUESTS = 100  # of each kind in a round
WARM_UP = 5
SAMPLE = 400

Json = dict[str, Any]
Parameters = dict[str, Any]

# What a request asks for, made from a stored statement (with its id and `stored`).
KINDS: Mapping[str, Callable[[Json], Parameters]] = {
    "newest": lambda _: {},
    "statementId": lambda one: {"statementId": one["id"]},
    "agent": lambda one: {"agent": one["actor"]},
    "verb": lambda one: {"verb": one["verb"]["id"]},
    "activity": lambda one: {"activity": one["object"]["id"]},
    "registration": lambda one: {"registration": one["context"]["registration"]},
    "since": lambda one: {"since": one["stored"], "ascending": "true"},
    "until": lambda one: {"until": one["stored"]},
    "related activity": lambda one: {"activity": _course(one), "related_activities": "true"},
    "related agent": lambda one: {"agent": one["actor"], "related_agents": "true"},
    "agent and verb": lambda one: {"agent": one["actor"], "verb": one["verb"]["id"]},
    "activity and verb": lambda one: {"activity": one["object"]["id"], "verb": one["verb"]["id"]},
    "course, verb and since": lambda one: {
        "activity": _course(one),
        "related_activities": "true",
        "verb": one["verb"]["id"],
        "since": one["stored"],
    },
    "two that never meet": lambda one: {"agent": one["actor"], "verb": "http://adlnet.gov/expapi/verbs/voided"},
    "agent, as ids": lambda one: {"agent": one["actor"], "format": "ids"},
    "agent, canonical": lambda one: {"agent": one["actor"], "format": "canonical"},
}


def read(*, rounds: int, statements: int) -> int:
    """Fill the record to `statements`, then measure and report."""
    subject = Subject.running()
    subject.wait_loaded()
    added = fill(subject.admin_database_url, statements)
    stored = _sample(subject)
    measured = [asyncio.run(_round(subject, stored, number)) for number in tracked("read", rounds)]
    rows = [medians([one[kind] for one in measured]) for kind in KINDS]
    command = f"sh lrs bench read --rounds {rounds} --statements {statements}"
    facts = {"statements": statements, "added": added, "requests_of_a_kind": REQUESTS}
    path = write(subject.instance.home, "read", command, {**facts, "rounds": measured, "medians": rows})
    shown = ("p50_ms", "p95_ms", "worst_ms", "cpu_ms", "found")
    for part in (rows[:6], rows[6:11], rows[11:]):
        title = f"GET of a page of 100, {statements:,} stored, median of {rounds} rounds"
        show(title, [{"what": row["what"], **{name: row[name] for name in shown}} for row in part], path)
    return 0


async def _round(subject: Subject, stored: list[Json], number: int) -> dict[str, Row]:
    chance = random.Random(number)
    headers = xapi_headers(subject.credentials.username, subject.credentials.password, "1.0.3")
    connection = Connection(Origin.of(subject.credentials.endpoint), headers, timeout=60)
    found: dict[str, Row] = {}
    try:
        for kind in KINDS:
            asked = [_target(kind, chance.choice(stored)) for _ in range(WARM_UP + REQUESTS)]
            for target in asked[:WARM_UP]:
                await connection.request("GET", target)
            before = subject.usage(*READERS)
            delays, statements = [], 0
            for target in asked[WARM_UP:]:
                started = time.perf_counter()
                answer = await connection.request("GET", target)
                delays.append((time.perf_counter() - started) * 1000)
                if answer.status != 200:
                    raise RuntimeError(f"{target} was answered {answer.status}: {answer.body[:200]!r}")
                statements += len(json.loads(answer.body).get("statements", "1"))
            spent = cpu_between(before, subject.usage(*READERS))
            delays.sort()
            found[kind] = {
                "what": kind,
                "p50_ms": quantile(delays, 0.50),
                "p95_ms": quantile(delays, 0.95),
                "worst_ms": delays[-1],
                "cpu_ms": sum(spent.values()) / REQUESTS * 1000,
                **{f"{name}_cpu_ms": cpu / REQUESTS * 1000 for name, cpu in spent.items()},
                "found": statements / REQUESTS,
            }
    finally:
        connection.close()
    return found


def _target(kind: str, one: Json) -> str:
    sent = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in KINDS[kind](one).items()}
    return f"/statements?{urlencode(sent)}" if sent else "/statements"


def _course(one: Json) -> str:
    return str(one["context"]["contextActivities"]["parent"][0]["id"])


def _sample(subject: Subject) -> list[Json]:
    """Stored statements by chance, as they were received, with id and stored."""
    import psycopg

    with psycopg.connect(subject.admin_database_url, options="-c timezone=UTC") as connection:
        rows = connection.execute(sql("sample"), {"rows": SAMPLE}).fetchall()
    if not rows:
        raise ValueError("too few statements with a registration and a parent to measure with: 20,000 at least")
    return [{**json.loads(raw), "id": name, "stored": stored.isoformat()} for name, stored, raw in rows]
