"""A whole platform of the first release, upgraded under load in both ways that docs/upgrade.md names: process by
process, the two releases side by side, and then as on one machine: down, the new code, up. One platform for all of it,
because its first start is what takes long. Senders go on all the while: what is not answered is sent again.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from lrs_platform.local.control import start, stop
from lrs_platform.local.credentials import Credentials, admin_database_url, load_credentials
from lrs_platform.local.instance import ROOT, Instance, free_block
from lrs_platform.local.postgres import remove_state
from lrs_platform.local.state import ProcessState, is_running, read_state
from lrs_platform.warehouse.schema_changes import changes
from lrs_platform_tests.conftest import wait_for
from lrs_platform_tests.upgrade.old_release import OldRelease

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]
BATCH = 10


@pytest.fixture
def home() -> Iterator[Instance]:
    directory = Path(tempfile.mkdtemp(prefix="lrs-upgraded-"))
    directory.chmod(0o755)
    instance = Instance(directory, free_block(22000))
    yield instance
    stop(instance)
    remove_state(instance)
    shutil.rmtree(directory, ignore_errors=True)


class Senders:
    """Two senders that repeat a request until it is answered."""

    def __init__(self, credentials: Credentials) -> None:
        self.acknowledged: list[str] = []
        self._credentials = credentials
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(120)

    def _send(self) -> None:
        known = self._credentials
        with httpx.Client(auth=(known.username, known.password), timeout=20, trust_env=False) as client:
            while not self._end.is_set():
                batch = [_statement() for _ in range(BATCH)]
                while not self._answered(client, batch):
                    if self._end.wait(0.2):
                        return
                self.acknowledged += [each["id"] for each in batch]

    def _answered(self, client: httpx.Client, batch: list[dict[str, Any]]) -> bool:
        headers = {"X-Experience-API-Version": "1.0.3"}
        url = f"{self._credentials.endpoint}/statements"
        with suppress(httpx.TransportError):
            return client.post(url, json=batch, headers=headers).status_code == 200
        return False


def _statement() -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": "mailto:learner@example.com"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://example.com/lessons/upgrade"},
    }


@dataclass
class Rolling:
    """A platform of the first release whose processes are started anew, one by one, with the code of either."""

    release: OldRelease
    home: Instance
    senders: Senders

    def restart(self, *names: str, old: bool = False) -> None:
        """End these processes in an orderly way; the supervisor starts them, with the new code or the old."""
        tree = self.release.tree if old else ROOT
        self.release.now_runs(tree)
        before = self._processes()
        for name in names:
            os.kill(before[name].pid or 0, signal.SIGTERM)
        wait_for(lambda: self._run(names, tree, before), 180, f"{names} are started anew")

    def _processes(self) -> dict[str, ProcessState]:
        state = read_state(self.home)
        assert state is not None
        return state.processes

    def _run(self, names: tuple[str, ...], tree: Path, before: dict[str, ProcessState]) -> bool:
        now = self._processes()
        new = all(now[name].well and now[name].pid != before[name].pid for name in names)
        if new:
            for name in names:
                assert self.release.is_run_by(now[name].pid or 0, tree), f"{name} runs another release than {tree}"
        return new

    def go_on(self, who: str) -> None:
        """Statements are taken, and loaded, for a while."""
        taken = len(self.senders.acknowledged)
        wait_for(lambda: len(self.senders.acknowledged) >= taken + 10 * BATCH, 180, f"{who}: statements are taken")
        latest = self.senders.acknowledged[-1]
        wait_for(lambda: latest in stored(self.home), 180, f"{who}: they are loaded")


def stored(home: Instance) -> set[str]:
    """Ids of all statements in the record."""
    with psycopg.connect(admin_database_url(home)) as connection:
        return {str(row[0]) for row in connection.execute("select statement_id from lrs.statement")}


def roll(platform: Rolling) -> None:
    """The order of docs/upgrade.md, with both mixtures of gateway and loader on the way."""
    platform.restart("warehouse")
    with psycopg.connect(admin_database_url(platform.home)) as connection:
        newest = connection.execute("select max(version) from lrs.schema_change").fetchone()
    assert newest == (changes()[-1].version,)
    platform.go_on("old gateway and loader on the new schema")
    platform.restart("gateway")
    platform.go_on("new gateway, old loader")
    platform.restart("gateway", old=True)
    platform.restart("code-server", "daemon", "webserver")
    platform.go_on("old gateway, new loader")
    platform.restart("gateway", "python", "dbhub")
    platform.go_on("all new")


def test_an_upgrade_under_load_loses_nothing(first_release: OldRelease, home: Instance) -> None:
    places = {"LRS_HOME": str(home.home), "LRS_PORT": str(home.port)}
    up = first_release.run("-m", "lrs_platform.cli", "up", "--detach", **places)
    assert up.returncode == 0, up.stdout + up.stderr
    senders = Senders(load_credentials(home))
    try:
        wait_for(lambda: len(senders.acknowledged) > 20 * BATCH, 120, "the old release takes statements")
        roll(Rolling(first_release, home, senders))
        first_release.now_runs(first_release.tree)
        down = first_release.run("-m", "lrs_platform.cli", "down", **places)
        assert down.returncode == 0, down.stderr
        assert not is_running(home)
        before = len(senders.acknowledged)
        assert start(home.home, None, detach=True, demo=False, addresses=False) == 0
        wait_for(lambda: len(senders.acknowledged) > before + 20 * BATCH, 120, "this release takes statements")
    finally:
        senders.stop()
    wait_for(lambda: set(senders.acknowledged) <= stored(home), 120, "everything that was acknowledged is stored")
    assert len(set(senders.acknowledged)) == len(senders.acknowledged)
    with psycopg.connect(admin_database_url(home)) as connection:
        assert connection.execute("select count(*) from lrs.rejected").fetchone() == (0,)
        assert connection.execute("select count(*) from lrs.conflict").fetchone() == (0,)
        events = "select count(*) - count(distinct statement_id), count(*) - (select count(*) from lrs.statement)"
        assert connection.execute(f"{events} from core.event").fetchone() == (0, 0)
