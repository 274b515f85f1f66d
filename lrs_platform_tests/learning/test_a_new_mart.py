"""A mart is one SQL file and one entry of the model: docs/how-to/write-a-mart.md, done as it is written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lrs_platform.local.instance import ROOT
from lrs_platform_tests.learning.conftest import new_warehouse
from lrs_platform_tests.learning.history import START, Event, Warehouse
from lrs_platform_tests.mcp.conftest import Caller, Postgres, Server, caller, server_of, wait_until
from lrs_platform_tests.pages import blocks

__all__ = ["caller"]

PAGE = "how-to/write-a-mart.md"
QUERY = next(block.text for block in blocks(PAGE) if block.language == "sql" and not block.title)
MODEL = Path("lrs_platform/warehouse/semantic_model.yaml")
MONDAY, TUESDAY = START, START + timedelta(days=1)


@dataclass
class Contribution:
    """A copy of the package with the page's files, and a warehouse server that runs it."""

    root: Path
    warehouse: Warehouse
    server: Server

    def start(self) -> None:
        self.server.start()
        wait_until(lambda: self.server.health().status_code == 200, "the warehouse is healthy")

    def dagster(self, *words: str) -> str:
        """What `dagster` of the copy prints; it has to succeed."""
        home = self.root / "dagster"
        home.mkdir(exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.root),
            "HOME": str(home),
            "DAGSTER_HOME": str(home),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "LRS_HOME": str(home),
            "LRS_MCP_WAREHOUSE_URL": self.server.url,
            "LRS_MCP_WAREHOUSE_TOKEN": self.server.token,
        }
        command = [sys.executable, "-m", "dagster", *words, "-m", "lrs_platform.definitions"]
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout + done.stderr

    def rows(self) -> list[tuple[Any, ...]]:
        """The query of the page, as a reader asks it."""
        with psycopg.connect(self.warehouse.reader) as connection:
            return connection.execute(QUERY.encode()).fetchall()


def attempt(who: str, at: Any, *, completed: bool) -> list[Event]:
    events = [Event(who=who, verb="started", lesson="fire", at=at, name="Fire safety")]
    return [*events, Event(who=who, verb="completed", lesson="fire", at=at + timedelta(minutes=5))][: 1 + completed]


@pytest.fixture
def contribution(learning_postgres: Postgres, tmp_path: Path) -> Iterator[Contribution]:
    shutil.copytree(ROOT / "lrs_platform", tmp_path / "lrs_platform", ignore=shutil.ignore_patterns("__pycache__"))
    for block in blocks(PAGE):
        if block.title:
            block.write(tmp_path)
    for warehouse in new_warehouse(learning_postgres):
        values = {"LRS_DATABASE_URL": warehouse.writer, "PYTHONPATH": str(tmp_path)}
        server = server_of("warehouse", learning_postgres.instance, values)
        server.root = tmp_path
        yield Contribution(tmp_path, warehouse, server)
        server.stop()


def test_a_mart_is_one_sql_file_and_one_entry_of_the_model(contribution: Contribution, caller: Caller) -> None:
    warehouse = contribution.warehouse
    warehouse.load([*attempt("ann", MONDAY, completed=True), *attempt("bob", MONDAY, completed=False)])
    contribution.start()

    printed = contribution.dagster("job", "execute", "-j", "refresh_and_check_marts")
    assert "lesson_weekdays" in printed
    assert contribution.rows() == [("Fire safety", 1, 2, 1)]

    warehouse.load(attempt("cem", TUESDAY, completed=True))
    done = caller.json(contribution.server, "refresh_marts")
    assert done["marts"]["lesson_weekdays"]["keys"] == 1  # followed the change, not built anew
    assert contribution.rows() == [("Fire safety", 1, 2, 1), ("Fire safety", 2, 1, 1)]
    assert caller.json(contribution.server, "check_marts", marts=["lesson_weekdays"]) == {
        "lesson_weekdays": {"keys": 0, "counts": 0, "order": 0}
    }


def test_columns_that_changed_in_the_model_change_in_the_database(contribution: Contribution, caller: Caller) -> None:
    warehouse, model = contribution.warehouse, contribution.root / MODEL
    warehouse.load(attempt("ann", MONDAY, completed=True))
    contribution.start()
    caller.json(contribution.server, "refresh_marts")
    contribution.server.stop()

    text = model.read_text(encoding="utf-8")
    line = "      completed: [bigint, count, Those among them that were completed.]\n"
    assert text.count(line) == 1
    model.write_text(
        text.replace(line, line + "      learners: [bigint, count, Different learners.]\n"), encoding="utf-8"
    )
    select = contribution.root / "lrs_platform/warehouse/marts/lesson_weekdays.sql"
    wider = select.read_text(encoding="utf-8").replace(
        "as completed\n", "as completed,\n    count(distinct attempt.learner_id) as learners\n"
    )
    select.write_text(wider, encoding="utf-8")
    contribution.start()
    caller.json(contribution.server, "refresh_marts")
    row = warehouse.one("select attempts, completed, learners from report.lesson_weekdays")
    assert tuple(row.values()) == (1, 1, 1)


def test_a_type_that_does_not_exist_is_told(contribution: Contribution) -> None:
    model = contribution.root / MODEL
    text = model.read_text(encoding="utf-8")
    model.write_text(text.replace("weekday: [integer, number", "weekday: [weekday, number"), encoding="utf-8")
    contribution.server.start()
    told = partial(_reason, contribution.server)
    wait_until(lambda: "mart lesson_weekdays: Postgres has no type weekday" in told(), "the reason is told")


def _reason(server: Server) -> str:
    return str(server.health().json().get("reason"))
