"""A whole platform of the first release, upgraded under load as operators do it: down, the new code, up, one home.
Senders go on all the while, as they may: what is not answered is sent again.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from lrs_platform.local.control import start, stop
from lrs_platform.local.credentials import Credentials, admin_database_url, load_credentials
from lrs_platform.local.instance import Instance, free_block
from lrs_platform.local.postgres import remove_state
from lrs_platform.local.state import is_running
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


def test_an_upgrade_under_load_loses_nothing(first_release: OldRelease, home: Instance) -> None:
    places = {"LRS_HOME": str(home.home), "LRS_PORT": str(home.port)}
    up = first_release.run("-m", "lrs_platform.cli", "up", "--detach", **places)
    assert up.returncode == 0, up.stdout + up.stderr
    senders = Senders(load_credentials(home))
    try:
        wait_for(lambda: len(senders.acknowledged) > 20 * BATCH, 120, "the old release takes statements")
        down = first_release.run("-m", "lrs_platform.cli", "down", **places)
        assert down.returncode == 0, down.stderr
        assert not is_running(home)
        before = len(senders.acknowledged)
        assert start(home.home, None, detach=True, demo=False, addresses=False) == 0
        wait_for(lambda: len(senders.acknowledged) > before + 20 * BATCH, 120, "this release takes statements")
    finally:
        senders.stop()
    with psycopg.connect(admin_database_url(home), autocommit=True) as connection:

        def stored() -> set[str]:
            return {str(row[0]) for row in connection.execute("select statement_id from lrs.statement")}

        wait_for(lambda: set(senders.acknowledged) <= stored(), 120, "everything that was acknowledged is stored")
        assert len(set(senders.acknowledged)) == len(senders.acknowledged)
        assert connection.execute("select count(*) from lrs.rejected").fetchone() == (0,)
        assert connection.execute("select count(*) from lrs.conflict").fetchone() == (0,)
        newest = connection.execute("select max(version) from lrs.schema_change").fetchone()
        assert newest == (changes()[-1].version,)
