"""kill -9 of any one process while statements are sent: nothing that was acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest

from lrs_platform.local.launch import signal_group
from lrs_platform.send import ALL_ACCEPTED, send
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.samples import statement

STATEMENTS = 1500
VICTIMS = ("gateway", "redis", "postgres", "warehouse", "python", "code-server", "daemon", "dbhub")


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_killed_process_loses_and_doubles_nothing(platform: Platform, victim: str, tmp_path: Path) -> None:
    sent = [statement() for _ in range(STATEMENTS)]
    path = tmp_path / "statements.jsonl"
    path.write_text("".join(json.dumps(s) + "\n" for s in sent), encoding="utf-8")
    outcome: list[int] = []

    def sending() -> None:
        outcome.append(
            send(
                [path],
                batch=5,
                connections=2,
                endpoint=platform.endpoint,
                username=platform.username,
                password=platform.password,
            )
        )

    sender = threading.Thread(target=sending)
    conflicts = conflicts_of(platform)
    pid = platform.pid(victim)
    sender.start()
    time.sleep(random.uniform(0.05, 0.6))
    signal_group(pid, signal.SIGKILL)
    sender.join(150)
    assert outcome == [ALL_ACCEPTED]
    wait_for(lambda: platform.status().processes[victim].pid not in (None, pid), 60, f"{victim} again")
    platform.wait_until_well()
    ids = [s["id"] for s in sent]
    wait_for(lambda: stored(platform, ids) >= STATEMENTS, 60, "all statements in the tables")
    assert stored(platform, ids) == STATEMENTS
    assert conflicts_of(platform) == conflicts


def stored(platform: Platform, ids: list[str]) -> int:
    """Rows that are statement and event alike; ids are keys of both tables, so a doubled one would be a conflict."""
    with psycopg.connect(platform.admin_database_url) as connection:
        row = connection.execute(
            "select count(*) from lrs.statement join core.event using (statement_id) "
            "where statement_id = any(%s::uuid[])",
            [ids],
        ).fetchone()
    assert row is not None
    return int(row[0])


def conflicts_of(platform: Platform) -> int:
    with psycopg.connect(platform.admin_database_url) as connection:
        row = connection.execute("select count(*) from lrs.conflict").fetchone()
    assert row is not None
    return int(row[0])
