"""Homes and ports: where an instance lies, what it keeps, what its secrets look like."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from lrs_platform.local.credentials import load_credentials, make_credentials, make_secrets
from lrs_platform.local.diagnosis import known_cause, last_words
from lrs_platform.local.instance import Instance, StartError, free_block, open_instance, owner_of_port, port_is_free


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path / "home", 20150)
    made.lay_out()
    return made


def test_secrets_are_made_once_and_readable_by_their_owner_alone(instance: Instance) -> None:
    first, credentials = make_secrets(instance), make_credentials(instance)
    for path in (instance.secrets_file, instance.credentials_file):
        assert path.stat().st_mode & 0o777 == 0o600
    assert make_secrets(instance) == first
    assert make_credentials(instance) == credentials
    values = [*vars(first).values(), credentials.password, credentials.admin_token]
    assert len(set(values)) == len(values)
    assert all(len(value) >= 32 for value in values)


def test_two_instances_share_no_secret(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        instance = Instance(tmp_path / name, 20150)
        instance.lay_out()
        made.append(set(vars(make_secrets(instance)).values()))
    assert not made[0] & made[1]


def test_addresses_follow_the_port_and_secrets_stay(instance: Instance) -> None:
    before = make_credentials(instance)
    after = make_credentials(Instance(instance.home, 20160))
    assert (after.username, after.password, after.admin_token) == (before.username, before.password, before.admin_token)
    assert after.endpoint == "http://127.0.0.1:20160/xAPI"
    assert after.urls["dagster"] == "http://127.0.0.1:20161"


def test_the_credential_file_has_what_clients_are_promised(instance: Instance) -> None:
    make_credentials(instance)
    content = json.loads(instance.credentials_file.read_text())
    assert {"endpoint", "username", "password", "admin_token", "urls"} <= content.keys()


def test_an_instance_keeps_its_port_until_another_is_asked_for(instance: Instance) -> None:
    assert open_instance(instance.home).port == 8000
    make_credentials(instance)
    assert open_instance(instance.home).port == 20150
    assert open_instance(instance.home, 20170).port == 20170


def test_a_home_that_never_ran_is_said_with_what_to_do(instance: Instance) -> None:
    with pytest.raises(StartError, match="sh lrs up"):
        load_credentials(instance)


def test_who_holds_a_port_is_named() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not port_is_free(port)
        assert f"(pid {os.getpid()})" in owner_of_port(port)
    assert port_is_free(port)


def test_a_block_with_one_port_taken_is_passed_over() -> None:
    start = free_block(20110)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", start + 7))
        listener.listen()
        assert free_block(start) > start


def test_a_missing_library_is_named_with_debian_s_package() -> None:
    output = (
        "redis-server: error while loading shared libraries: libatomic.so.1: cannot open shared object file: No such"
    )
    cause = known_cause("redis", output)
    assert cause is not None
    assert "libatomic.so.1" in cause
    assert "apt-get install libatomic1" in cause


def test_a_full_disk_is_named() -> None:
    cause = known_cause("postgres", 'PANIC:  could not write to file "pg_wal/x": No space left on device')
    assert cause is not None
    assert "disk is full" in cause
    assert known_cause("postgres", "LOG:  database system is ready to accept connections") is None


def test_the_last_words_are_the_error_not_what_follows_it(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("starting\nFATAL:  invalid value\nHINT:  another one\n")
    assert last_words(log) == "FATAL:  invalid value"
    assert last_words(tmp_path / "none.log") == "it printed nothing"
