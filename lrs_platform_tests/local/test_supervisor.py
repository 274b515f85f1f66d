"""The supervisor with real Postgres and Redis: what dies comes back, what stops is gone, what was written stays."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lrs_platform.local.credentials import admin_database_url, redis_url
from lrs_platform.local.instance import Instance, free_block
from lrs_platform.local.launch import start_time
from lrs_platform.local.postgres import remove_state
from lrs_platform.local.state import PlatformState, is_running, read_state
from lrs_platform_tests.conftest import wait_for

SERVERS = ("postgres", "redis")


class Servers:
    """A supervisor that runs only Postgres and Redis, in a process of its own."""

    def __init__(self, home: Path) -> None:
        self.instance = Instance(home, free_block(21200))
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self, *names: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "lrs_platform.local.supervise", str(self.instance.home)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LRS_")}
        self.instance.lay_out()
        with self.instance.log_of("supervisor").open("ab") as log:
            return subprocess.Popen(
                [*command, str(self.instance.port), *(names or SERVERS)], env=environment, stdout=log, stderr=log
            )

    def start(self) -> None:
        self.process = self.spawn()
        pid = self.process.pid
        wait_for(lambda: (state := read_state(self.instance)) is not None and state.supervisor == pid, 120, "its state")
        wait_for(lambda: self.state().well, 60, "Postgres and Redis healthy")

    def state(self) -> PlatformState:
        state = read_state(self.instance)
        assert state is not None
        return state

    def pids(self) -> dict[str, int]:
        return {name: self.state().processes[name].pid or 0 for name in SERVERS}

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    made = Servers(tmp_path_factory.mktemp("servers"))
    made.start()
    try:
        yield made
    finally:
        made.stop()
        remove_state(made.instance)


def write(servers: Servers, key: str) -> None:
    """One row and one key, acknowledged by both servers."""
    with psycopg.connect(admin_database_url(servers.instance, "postgres")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (key text PRIMARY KEY)")
        connection.execute("INSERT INTO kept VALUES (%s)", (key,))
    redis.Redis.from_url(redis_url(servers.instance)).set(key, "kept")


def has(servers: Servers, key: str) -> bool:
    with psycopg.connect(admin_database_url(servers.instance, "postgres")) as connection:
        row = connection.execute("SELECT count(*) FROM kept WHERE key = %s", (key,)).fetchone()
    return row == (1,) and redis.Redis.from_url(redis_url(servers.instance)).get(key) == b"kept"


def test_redis_is_set_up_as_the_durable_log_needs_it(servers: Servers) -> None:
    client = redis.Redis.from_url(redis_url(servers.instance))
    wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "save": ""}
    assert {name: client.config_get(name)[name] for name in wanted} == wanted


def test_neither_server_lets_anyone_in_without_its_password(servers: Servers) -> None:
    port = servers.instance.port
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis(host="127.0.0.1", port=port + 7, retry=Retry(NoBackoff(), 0)).ping()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres:guess@127.0.0.1:{port + 6}/postgres")


def test_the_servers_listen_on_the_loopback_address_alone(servers: Servers) -> None:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    rows += [line.split() for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    listening = {row[1] for row in rows if row[3] == "0A"}
    for offset in (6, 7):
        port = f"{servers.instance.port + offset:04X}"
        assert {address for address in listening if address.endswith(f":{port}")} == {f"0100007F:{port}"}


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_is_killed_comes_back_with_everything_written(servers: Servers, name: str) -> None:
    write(servers, f"before {name} died")
    before = servers.pids()[name]
    restarts = servers.state().processes[name].restarts
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: servers.state().processes[name].restarts > restarts, 120, "noticed")
    wait_for(lambda: servers.state().well, 60, "healthy again")
    assert servers.pids()[name] != before
    assert has(servers, f"before {name} died")


def test_a_killed_supervisor_leaves_no_orphans_and_its_successor_finds_everything(servers: Servers) -> None:
    write(servers, "before the supervisor died")
    pids = servers.pids()
    assert servers.process is not None
    servers.process.kill()
    servers.process.wait()
    assert not is_running(servers.instance)
    wait_for(lambda: all(start_time(pid) is None for pid in pids.values()), 120, "both servers gone")
    servers.start()
    assert has(servers, "before the supervisor died")


def test_an_orderly_stop_leaves_nothing_running_and_nothing_lost(servers: Servers) -> None:
    write(servers, "before the stop")
    pids = servers.pids()
    assert servers.stop() == 0
    assert all(start_time(pid) is None for pid in pids.values())
    assert {servers.state().processes[name].state for name in SERVERS} == {"stopped"}
    servers.start()
    assert has(servers, "before the stop")


def test_a_process_on_hold_stays_away_until_it_is_released(servers: Servers) -> None:
    hold = servers.instance.hold / "redis"
    hold.touch()
    os.kill(servers.pids()["redis"], signal.SIGKILL)
    wait_for(lambda: servers.state().processes["redis"].state == "held", 120, "held")
    hold.unlink()
    wait_for(lambda: servers.state().well, 60, "healthy again")


def test_a_full_disk_ends_a_server_and_never_the_supervisor(
    servers: Servers,
) -> None:
    """The state, the logs and the log's own file lie on one disk: none of them can be written."""
    write(servers, "before the disk was full")
    assert servers.process is not None
    supervisor, ended = servers.process.pid, servers.pids()["redis"]
    resource.prlimit(supervisor, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        os.kill(ended, signal.SIGKILL)
        wait_for(lambda: start_time(ended) is None, 30, "Redis has ended")
        time.sleep(1.0)  # in which it is started again, cannot write and ends, a few times
        assert servers.process.poll() is None
    finally:
        resource.prlimit(supervisor, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_for(lambda: servers.state().well and servers.pids()["redis"] != ended, 90, "Redis is back")
    wait_for(lambda: has(servers, "before the disk was full"), 30, "everything written is there")


def test_a_suspended_server_is_shown_as_such_and_not_restarted(servers: Servers) -> None:
    before = servers.pids()["redis"]
    os.kill(before, signal.SIGSTOP)
    try:
        wait_for(lambda: servers.state().processes["redis"].reason == "suspended", 120, "suspended")
    finally:
        with suppress(ProcessLookupError):
            os.kill(before, signal.SIGCONT)
    wait_for(lambda: servers.state().well, 60, "healthy again")
    assert servers.pids()["redis"] == before


def test_a_second_supervisor_of_the_same_home_gives_way(servers: Servers) -> None:
    before = servers.pids()
    assert servers.spawn().wait(60) == 1
    assert servers.pids() == before


def test_a_port_in_use_is_said_with_who_has_it_and_status_2(tmp_path: Path) -> None:
    other = Servers(tmp_path)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", other.instance.port + 7))
        listener.listen()
        assert other.spawn("redis").wait(60) == 2
    failed = other.state().failed
    assert failed is not None
    assert str(other.instance.port + 7) in failed
    assert f"(pid {os.getpid()})" in failed
    assert "--port" in failed
