"""The parts of a backup, each by itself: places, checksums, secrets, attachments, configuration, the log."""

from __future__ import annotations

import hashlib
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from lrs_platform.backup import attachments, log, own_files
from lrs_platform.backup.manifest import LogPart
from lrs_platform.backup.store import Checked, Store
from lrs_platform.local.instance import StartError
from lrs_platform.settings import Settings
from lrs_platform.stream.shards import names
from lrs_platform_tests.gateway.conftest import free_port, running_redis

STREAM, GROUP = "xapi:statements", "warehouse"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[redis.Redis]:
    directory = tmp_path / "redis"
    directory.mkdir()
    with running_redis(directory, free_port()) as url, log.connect(url) as connected:
        yield connected


def filled(client: redis.Redis, count: int = 5, *, loaded: int = 3, acknowledged: int = 2) -> list[str]:
    """Entries, of which the loader took `loaded` and finished `acknowledged`."""
    ids = []
    for n in range(count):
        fields: Any = {"i": f"id-{n}", "v": "1.0.3", "a": "{}", "s": '{"ü": 1}'}
        ids.append(str(client.xadd(STREAM, fields, id=f"{1000 + n}-0")))
    client.xgroup_create(STREAM, GROUP, id="0")
    client.xreadgroup(GROUP, "loader", {STREAM: ">"}, count=loaded)
    for entry in ids[:acknowledged]:
        client.xack(STREAM, GROUP, entry)
    return ids


def test_a_file_is_closed_to_others_and_read_back_with_its_checksum(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "place"))
    assert store.is_empty()
    with store.writing("deep/name") as file:
        file.write(b"one ")
        file.write(b"two")
    assert not store.is_empty()
    assert (tmp_path / "place").stat().st_mode & 0o777 == 0o700
    assert (file.size, file.sha256) == (7, hashlib.sha256(b"one two").hexdigest())
    with store.reading("deep/name") as read:
        checked = Checked(read)
        assert checked.read(3) == b"one"
        assert checked.finish() == file.sha256


@pytest.mark.parametrize(("entry", "before"), [("5-3", "5-2"), ("5-0", f"4-{2**64 - 1}")])
def test_the_entry_before_one_is_the_greatest_that_is_less(entry: str, before: str) -> None:
    assert log.before(entry) == before


def test_the_loader_begins_behind_what_is_surely_in_the_database(client: redis.Redis) -> None:
    assert log.loaded_through(client, STREAM, GROUP) == "0-0"
    ids = filled(client)
    assert log.loaded_through(client, STREAM, GROUP) == log.before(ids[2])  # taken, and not finished
    client.xack(STREAM, GROUP, ids[2])
    assert log.loaded_through(client, STREAM, GROUP) == ids[2]


def test_a_log_comes_back_with_ids_index_and_group(client: redis.Redis, tmp_path: Path) -> None:
    ids = filled(client)
    before = client.xrange(STREAM)
    store = Store(str(tmp_path / "place"))
    part = LogPart("log", STREAM, GROUP, 0, log.newest(client, STREAM), log.loaded_through(client, STREAM, GROUP))
    with store.writing("log") as file:
        part = log.copy(client, part, file)
    client.xadd(STREAM, {"i": "later", "v": "", "a": "", "s": ""})
    log.clear(client, STREAM)
    assert not log.holds_anything(client, STREAM)
    with store.reading("log") as source:
        assert log.write_back(client, part, source, index=STREAM, retention_hours=24) == len(ids)
    assert client.xrange(STREAM) == before
    assert client.hgetall(f"{STREAM}:ids:1970-01-01") == {f"id-{n}": entry for n, entry in enumerate(ids)}
    assert 86_400 < client.ttl(f"{STREAM}:ids:1970-01-01") <= 2 * 86_400
    delivered: Any = client.xreadgroup(GROUP, "loader", {STREAM: ">"})
    assert [entry for entry, _ in delivered[0][1]] == ids[2:]


def test_a_log_of_several_streams_keeps_one_index(client: redis.Redis, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "place"))
    first, second = names(STREAM, 2)
    fields: Any = {"v": "1.0.3", "a": "{}", "s": "{}"}
    client.xadd(first, {"i": "one", **fields}, id="1000-0")
    client.xadd(second, {"i": "two", **fields}, id="1001-0")
    parts = []
    for number, stream in enumerate((first, second)):
        part = LogPart(log.file_of(number), stream, GROUP, 0, log.newest(client, stream), "0-0")
        with store.writing(part.file) as file:
            parts.append(log.copy(client, part, file))
    log.clear(client, STREAM)
    assert not client.exists(second)
    for part in parts:
        with store.reading(part.file) as source:
            assert log.write_back(client, part, source, index=STREAM, retention_hours=24) == 1
    assert client.hgetall(f"{STREAM}:ids:1970-01-01") == {"one": "1000-0", "two": "1001-0"}
    assert [client.xlen(stream) for stream in (first, second)] == [1, 1]


def test_an_empty_log_that_once_had_entries_goes_on_behind_them(client: redis.Redis, tmp_path: Path) -> None:
    filled(client, 2, loaded=2, acknowledged=2)
    client.xtrim(STREAM, maxlen=0)
    newest = log.newest(client, STREAM)
    store = Store(str(tmp_path / "place"))
    part = LogPart("log", STREAM, GROUP, 0, newest, log.loaded_through(client, STREAM, GROUP))
    with store.writing("log") as file:
        part = log.copy(client, part, file)
    log.clear(client, STREAM)
    with store.reading("log") as source:
        assert log.write_back(client, part, source, index=STREAM, retention_hours=24) == 0
    assert log.newest(client, STREAM) == newest == "1001-0"


def test_entries_that_were_trimmed_are_counted(client: redis.Redis) -> None:
    filled(client)
    assert log.removed_so_far(client, STREAM) == 0
    client.xtrim(STREAM, maxlen=2, approximate=False)
    assert log.removed_so_far(client, STREAM) == 3
    assert log.oldest(client, STREAM) == "1003-0"


def test_a_log_that_is_cut_off_is_damaged(client: redis.Redis, tmp_path: Path) -> None:
    filled(client)
    store = Store(str(tmp_path / "place"))
    with store.writing("log") as file:
        log.copy(client, LogPart("log", STREAM, GROUP, 0, "1004-0", "0-0"), file)
    path = tmp_path / "place" / "log"
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(StartError, match="damaged"), store.reading("log") as source:
        list(log.read(source))


def test_secrets_are_kept_only_encrypted(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text('{"password": "correct horse"}')
    sealed = own_files.seal(tmp_path, "battery staple")
    assert b"correct horse" not in sealed
    assert own_files.unseal(sealed, "battery staple") == {"credentials.json": '{"password": "correct horse"}'}
    with pytest.raises(StartError, match="passphrase"):
        own_files.unseal(sealed, "other")


def test_configuration_and_the_ledger_of_mails_come_back(tmp_path: Path) -> None:
    home, new, elsewhere = tmp_path / "home", tmp_path / "new", tmp_path / "keep.yaml"
    (home / "mappings" / "scripts").mkdir(parents=True)
    (home / "mappings" / "scripts" / "ours.py").write_text("payload")
    (home / "sources.yaml").write_text("sources: []")
    (home / "secrets.json").write_text("never")
    elsewhere.write_text("lrs.rejected: 30")
    (home / "mail").mkdir()
    with closing(sqlite3.connect(home / "mail" / "ledger.sqlite")) as ledger:
        ledger.execute("pragma journal_mode = wal")
        ledger.execute("create table mail (key text)")
        ledger.execute("insert into mail values ('sent')")
        ledger.commit()
        settings = Settings.model_validate({"home": home, "retention_file": elsewhere})
        store = Store(str(tmp_path / "place"))
        with store.writing("files") as file:
            assert own_files.pack(settings, home, file) == 4
    new.mkdir()
    with store.reading("files") as source:
        names = own_files.unpack(new, source)
    assert sorted(names) == ["mail/ledger.sqlite", "mappings/scripts/ours.py", "retention.yaml", "sources.yaml"]
    assert own_files.settings_to_set(names) == {"LRS_RETENTION_FILE": "retention.yaml"}
    with closing(sqlite3.connect(new / "mail" / "ledger.sqlite")) as ledger:
        assert ledger.execute("select key from mail").fetchall() == [("sent",)]
        ledger.execute("insert into mail values ('sent since')")
        ledger.commit()
    with store.reading("files") as source:
        own_files.unpack(new, source)  # over a newer ledger, which would forget what was sent since
    with closing(sqlite3.connect(new / "mail" / "ledger.sqlite")) as ledger:
        assert len(ledger.execute("select key from mail").fetchall()) == 2


def test_a_tar_that_leads_out_of_the_home_is_refused(tmp_path: Path) -> None:
    evil = tmp_path / "evil.tar.gz"
    (tmp_path / "file").write_text("x")
    with tarfile.open(evil, "w:gz") as tar:
        tar.add(tmp_path / "file", "../outside")
    (tmp_path / "home").mkdir()
    with pytest.raises(tarfile.FilterError), evil.open("rb") as source:
        own_files.unpack(tmp_path / "home", source)
    assert not (tmp_path / "outside").exists()


def test_attachments_are_copied_by_their_hashes_and_damage_shows(tmp_path: Path) -> None:
    content = b"attached"
    sha2 = hashlib.sha256(content).hexdigest()
    place = tmp_path / "attachments" / sha2[:2]
    place.mkdir(parents=True)
    (place / sha2).write_bytes(content)
    (tmp_path / "attachments" / ".arriving").mkdir()
    (tmp_path / "attachments" / ".arriving" / "part").write_bytes(b"half")
    source = attachments.Attachments((tmp_path / "attachments").as_uri())
    listed = source.listed()
    assert listed == {sha2: len(content)} == attachments.from_text(attachments.as_text(listed))
    store = Store(str(tmp_path / "place"))
    source.copy_to(store, sha2)
    assert list(attachments.damaged(store, listed)) == []
    target = attachments.Attachments((tmp_path / "new").as_uri())
    target.copy_from(store, sha2)
    assert (tmp_path / "new" / sha2[:2] / sha2).read_bytes() == content
    (tmp_path / "place" / "attachments" / sha2[:2] / sha2).write_bytes(b"attackes")
    assert list(attachments.damaged(store, listed)) == [sha2]
    (place / sha2).write_bytes(b"rotten")
    with pytest.raises(StartError, match="damaged in its store"):
        source.copy_to(Store(str(tmp_path / "other")), sha2)
