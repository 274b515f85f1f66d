"""A backup taken while statements come in is restored into a new home, and answers as the old one does."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from lrs_platform.backup.manifest import Manifest, load
from lrs_platform.backup.restoring import restore
from lrs_platform.backup.store import Store
from lrs_platform.local.credentials import admin_database_url, load_credentials
from lrs_platform.local.instance import Instance, StartError, free_block
from lrs_platform.local.postgres import remove_state
from lrs_platform_tests.backup.traffic import ATTACHED, STATE, Before, Traffic, all_of, fill, told
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.local.test_platform import lrs

PASSPHRASE = "a passphrase of these tests"
MARTS = ("learner_days", "learner_activity", "learner_streaks")
ROWS_OF = {
    mart: psycopg.sql.SQL(
        "select to_jsonb(row) from {} as row inner join core.learner_key using (learner_id)"
        " where actor_key = %s order by 1::text"
    ).format(psycopg.sql.Identifier("mart", mart))
    for mart in MARTS
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Taken:
    """A backup, what was there before it, and what was acknowledged until its end."""

    place: Path
    manifest: Manifest
    before: Before
    traffic: Traffic

    @property
    def acknowledged(self) -> list[str]:
        """Ids whose 2xx came before the moment that the backup promises."""
        until = datetime.fromisoformat(self.manifest.complete_until).timestamp()
        return [statement_id for statement_id, at in self.traffic.acknowledged.items() if at < until]


@pytest.fixture(scope="module")
def taken(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    place = tmp_path_factory.mktemp("backups") / "first"
    before = fill(platform)
    wait_for(lambda: all(marts_of(platform.admin_database_url, before.learner).values()), 170, "the learner in marts")
    traffic = Traffic(platform.client, f"during-{before.learner}")
    traffic.start()
    try:
        wait_for(lambda: len(traffic.acknowledged) > 40, 60, "statements come in")
        with passphrase():
            done = lrs(platform, "backup", str(place), "--with-secrets")
    finally:
        traffic.stop()
    assert done.returncode == 0, told(done)
    assert "everything accepted until" in done.stdout
    return Taken(place, load(Store(str(place))), before, traffic)


@pytest.fixture(scope="module")
def home() -> Iterator[Instance]:
    """A home that nothing was ever in; not below pytest's, which Postgres' account cannot enter."""
    directory = Path(tempfile.mkdtemp(prefix="lrs-restored-"))
    directory.chmod(0o755)
    instance = Instance(directory / "home", free_block(21700))
    yield instance
    remove_state(instance)
    shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def passphrase(value: str = PASSPHRASE) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LRS_BACKUP_PASSPHRASE", value)
        yield


def marts_of(database_url: str, learner: str) -> dict[str, list[Any]]:
    """Rows about a learner, by mart."""
    with psycopg.connect(database_url) as connection:
        return {
            mart: [row[0] for row in connection.execute(query, [f"mailto:{learner}"])]
            for mart, query in ROWS_OF.items()
        }


def test_a_backup_taken_under_load_is_whole(platform: Platform, taken: Taken) -> None:
    assert len(taken.acknowledged) >= 40
    assert taken.place.stat().st_mode & 0o777 == 0o700
    done = lrs(platform, "verify-backup", str(taken.place))
    assert done.returncode == 0, told(done)
    text = (taken.place / "secrets.json").read_text() + (taken.place / "manifest.json").read_text()
    assert platform.password not in text
    assert platform.admin_token not in text


def test_a_restored_platform_answers_as_the_old_one(platform: Platform, taken: Taken, home: Instance) -> None:
    with passphrase():
        done = lrs(platform, "restore", str(taken.place), "--port", str(home.port), "--with-secrets", home=home.home)
    assert done.returncode == 0, told(done)
    up = lrs(platform, "up", "--detach", home=home.home)
    assert up.returncode == 0, told(up)
    try:
        _compare(platform, taken, home)
        on_running = lrs(platform, "restore", str(taken.place), "--replace", home=home.home)
    finally:
        down = lrs(platform, "down", home=home.home)
    assert down.returncode == 0, told(down)
    assert on_running.returncode == 2
    assert "lrs down" in on_running.stderr


def _compare(platform: Platform, taken: Taken, home: Instance) -> None:
    restored = load_credentials(home)
    assert restored.password == platform.password  # the secrets came along
    before = taken.before
    with httpx.Client(
        base_url=restored.urls["gateway"],
        auth=(before.username, before.password),  # a credential made before the backup
        headers={"X-Experience-API-Version": "1.0.3"},
        timeout=30,
    ) as client:
        for learner in (before.learner, taken.traffic.learner):
            old, new = all_of(platform.client, learner), all_of(client, learner)
            assert [each for each in new if each not in old] == []
            assert {each: old[each] for each in new} == new
        assert set(taken.acknowledged) <= new.keys()
        assert set(before.statements) <= all_of(client, before.learner).keys()
        gone = client.get("/xAPI/statements", params={"voidedStatementId": before.voided})
        assert gone.status_code == 200
        query = {"statementId": before.with_attachment, "attachments": "true"}
        assert ATTACHED in client.get("/xAPI/statements", params=query).content
        agent = json.dumps({"mbox": f"mailto:{before.learner}"})
        places = {**STATE, "agent": agent}
        documents = [each.get("/xAPI/activities/state", params=places) for each in (platform.client, client)]
        assert [each.json() for each in documents] == [{"page": 7}] * 2
        assert documents[0].headers["etag"] == documents[1].headers["etag"]
        again = client.post("/xAPI/statements", json=[new[taken.acknowledged[0]]])
        assert again.status_code == 200  # the same statement is known, and kept once
    admin = admin_database_url(home)
    assert marts_of(admin, before.learner) == marts_of(platform.admin_database_url, before.learner)
    wait_for(lambda: bool(marts_of(admin, taken.traffic.learner)["learner_days"]), 170, "marts go on after a restore")


def test_what_is_there_is_replaced_only_when_that_is_said(platform: Platform, taken: Taken, home: Instance) -> None:
    refused = lrs(platform, "restore", str(taken.place), home=home.home)
    assert refused.returncode == 2
    assert "--replace" in refused.stderr
    done = lrs(platform, "restore", str(taken.place), "--replace", home=home.home)
    assert done.returncode == 0, told(done)
    assert "has a new password" in done.stdout  # without its secrets, `sender` cannot be the old one


def test_another_passphrase_opens_nothing(platform: Platform, taken: Taken, tmp_path: Path) -> None:
    with passphrase("another one"):
        done = lrs(platform, "restore", str(taken.place), "--with-secrets", "--port", "21990", home=tmp_path / "home")
    assert done.returncode == 2
    assert "passphrase" in done.stderr
    assert not (tmp_path / "home" / "credentials.json").exists()


def test_a_place_that_holds_something_is_not_written_to(platform: Platform, taken: Taken) -> None:
    before = sorted(taken.place.iterdir())
    done = lrs(platform, "backup", str(taken.place))
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert sorted(taken.place.iterdir()) == before


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("database.dump", "database.dump"),
        ("log.jsonl.gz", "log.jsonl.gz"),
        ("attachments.txt", "attachments.txt"),
        ("manifest.json", "no whole backup"),
    ],
)
def test_a_damaged_backup_is_noticed_and_not_restored(taken: Taken, tmp_path: Path, harm: str, words: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(taken.place, copy)
    path = copy / harm
    if harm == "manifest.json":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    home = Instance(tmp_path / "home", 21990)
    with pytest.raises(StartError, match=words):
        restore(home, Store(str(copy)), replace=True, passphrase=None, tell=lambda _: None)
    assert not home.home.exists()
