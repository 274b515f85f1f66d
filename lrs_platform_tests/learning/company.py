"""A simulated company in a warehouse: its statements by mapping and loader, its people and its plan beside."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg

from lrs_platform.mappings.composing import compose
from lrs_platform.mcp_servers.warehouse import loading
from lrs_platform.simulate import Simulation
from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version
from lrs_platform_tests.learning.history import Warehouse

AUTHORITY = '{"account":{"homePage":"https://lrs.example","name":"test"}}'
BATCH = 1000


def import_people_and_plan(warehouse: Warehouse, simulation: Simulation) -> None:
    """What roster, course and schedule files say, as their imports leave it in core."""
    truth = simulation.truth
    execute = warehouse.rows_changed
    for row in csv.DictReader(io.StringIO(simulation.lessons_csv())):
        execute(
            "insert into core.catalogue (iri, kind, name) values (%s, 'lesson', %s) on conflict do nothing",
            (row["Lesson URL"], row["Lesson"]),
        )
        execute(
            "insert into core.catalogue values (%s, 'card', %s, %s, %s, %s)",
            (row["Card URL"], row["Lesson URL"], int(row["Card"]), row["Card Type"], row["Card Title"]),
        )
        execute("insert into core.activity (iri) values (%s) on conflict do nothing", (row["Lesson URL"],))
    for cohort in truth["cohorts"]:
        name = f"{cohort['group']} {cohort['team']}"
        cohort_id = warehouse.cohort(name, ())
        for delivery in cohort["deliveries"]:
            execute(
                "insert into core.assignment select %s, activity_id, %s, %s from core.activity where iri = %s",
                (cohort_id, delivery["delivered_at"], delivery["day"], delivery["lesson_iri"]),
            )
    for learner in truth["learners"]:
        keys = sorted({f"mailto:{learner['email']}", *learner["actor_keys"]})
        known = learner["cohort"] is not None
        learner_id = warehouse.rows(
            "insert into core.learner (first_key, pseudonym, mail, roster_name, time_zone)"
            " values (%s, core.pseudonym(%s), %s, %s, %s) returning learner_id",
            (keys[0], keys[0], learner["email"], learner["name"], learner["time_zone"] if known else "UTC"),
        )[0]["learner_id"]
        for key in keys:
            execute("insert into core.learner_key values (%s, %s)", (key, learner_id))
        if known:
            execute(
                "insert into core.cohort_member (cohort_id, learner_id)"
                " select cohort_id, %s from core.cohort where name = %s",
                (learner_id, f"{learner['cohort']['group']} {learner['cohort']['team']}"),
            )
    for phrase, severity in truth["free_text"]["flagged_phrases"].items():
        execute("insert into core.word_list (term, severity) values (%s, %s)", (phrase, severity))
    warehouse.change("roster", marts=["flagged_responses"])


def batches(simulation: Simulation) -> Iterator[tuple[str, str]]:
    """Statement lines and event lines of what the grammar lets through, as the drain hands them to the loader."""
    lines: list[str] = []
    arrivals = simulation.arrivals()
    for number, (raw, arrived) in enumerate(zip(simulation.statements(), arrivals, strict=True)):
        try:
            parse(raw, Version.V1_0_3)
        except StatementInvalid:
            continue
        statement = json.loads(raw)
        # The sequence numbers all entries: two of one millisecond keep the order they arrived in.
        lines.append(f"{arrived}-{number}\t{statement['id'].lower()}\t1.0.3\t{AUTHORITY}\t{raw.decode()}")
        if len(lines) == BATCH:
            yield _mapped(lines)
            lines = []
    if lines:
        yield _mapped(lines)


def _mapped(lines: list[str]) -> tuple[str, str]:
    source = compose(None).text
    body, _, last = source.rstrip().rpartition("\n")
    names: dict[str, Any] = {"payload": "\n".join(lines)}
    exec(body, names)  # noqa: S102 - the project's own script, which the sandbox runs elsewhere
    return names["payload"], eval(last, names)  # noqa: S307


def load(warehouse: Warehouse, statements: str, events: str) -> loading.Loaded:
    """Load as the server does; where the loader does not say what it changed, say it."""

    async def run() -> loading.Loaded:
        async with await psycopg.AsyncConnection.connect(
            warehouse.writer, autocommit=True, options="-c timezone=UTC"
        ) as connection:
            return await loading.load(connection, statements, events, "", "")

    pending = "select count(*) as pending from core.change where from_position is not null"
    before = warehouse.one(pending)["pending"]
    loaded = asyncio.run(run())
    if warehouse.one(pending)["pending"] == before:
        positions = [_position(line) for line in statements.split("\n")]
        warehouse.change(
            "load",
            from_position=min(positions),
            upto_position=max(positions),
            statements=loaded["inserted"],
            duplicates=loaded["duplicates"],
        )
    return loaded


def _position(line: str) -> int:
    ms, _, seq = line.partition("\t")[0].partition("-")
    return int(ms) * 2**20 + int(seq)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
