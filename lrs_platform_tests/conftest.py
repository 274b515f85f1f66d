"""The instance under test, as every test may use it. `sh lrs test` starts one; a bare pytest skips what needs it.

With several workers (workers.py) the first has that instance and another one starts its own, so that tests which stop,
count or fill something need not mind those of the other worker.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from lrs_platform.local.control import FINE, start, stop
from lrs_platform.local.credentials import (
    Credentials,
    admin_database_url,
    load_credentials,
    redis_url,
)
from lrs_platform.local.instance import Instance, free_block, open_instance
from lrs_platform.local.launch import signal_group
from lrs_platform.local.postgres import remove_state
from lrs_platform.local.state import PlatformState, is_running, read_state
from lrs_platform.local.suite import home_beside

pytest_plugins = ("lrs_platform_tests.workers",)

HOME = os.environ.get("LRS_HOME")  # of the instance that `sh lrs test` has started
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")


@dataclass(frozen=True)
class Platform:
    """A running instance: how to reach it, and its processes."""

    instance: Instance
    credentials: Credentials
    client: httpx.Client  # sends the xAPI credential and version header; paths are relative to the gateway

    @property
    def endpoint(self) -> str:
        """http://127.0.0.1:PORT/xAPI."""
        return self.credentials.endpoint

    @property
    def username(self) -> str:
        return self.credentials.username

    @property
    def password(self) -> str:
        return self.credentials.password

    @property
    def auth(self) -> tuple[str, str]:
        """For httpx: username and password."""
        return self.username, self.password

    @property
    def admin_token(self) -> str:
        return self.credentials.admin_token

    @property
    def admin(self) -> dict[str, str]:
        """The header that opens /ui and /api."""
        return {"Authorization": f"Bearer {self.admin_token}"}

    @property
    def urls(self) -> dict[str, str]:
        return self.credentials.urls

    @property
    def home(self) -> Path:
        return self.instance.home

    @property
    def redis_url(self) -> str:
        return redis_url(self.instance)

    @property
    def admin_database_url(self) -> str:
        """The database `lrs` as superuser, to look at what was stored."""
        return admin_database_url(self.instance)

    def status(self) -> PlatformState:
        """What the supervisor last wrote."""
        state = read_state(self.instance)
        assert state is not None
        return state

    def pid(self, name: str) -> int:
        """Of a process that runs."""
        pid = self.status().processes[name].pid
        assert pid is not None, f"{name} does not run"
        return pid

    def wait_until_well(self, seconds: float = 120) -> PlatformState:
        """Wait for every process to be healthy."""
        wait_for(lambda: self.status().well, seconds, "every process healthy")
        return self.status()

    @contextmanager
    def suspended(self, *names: str) -> Iterator[None]:
        """Processes stopped in their tracks (SIGSTOP), with their children, and let go again."""
        pids = [self.pid(name) for name in names]
        for pid in pids:
            signal_group(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                signal_group(pid, signal.SIGCONT)

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Processes killed and kept away; afterwards they are started again and all is healthy."""
        for name in names:
            (self.instance.hold / name).touch()
        try:
            for name in names:
                signal_group(self.pid(name), signal.SIGKILL)
            wait_for(lambda: all(self.status().processes[name].state == "held" for name in names), 120, "held")
            yield
        finally:
            for name in names:
                (self.instance.hold / name).unlink(missing_ok=True)
            wait_for(lambda: all(self.status().processes[name].state != "held" for name in names), 120, "released")
            self.wait_until_well()


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until `condition` holds; fail, naming `what`, where it does not within a generous time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


@contextmanager
def _instance_of_this_worker() -> Iterator[Instance]:
    """A running instance, which LRS_HOME names; skips the test where `sh lrs test` has started none."""
    if not HOME or not is_running(open_instance(Path(HOME))):
        pytest.skip("needs a running instance: `sh lrs test`")
    first = open_instance(Path(HOME))
    if WORKER == "gw0":
        yield first
        return
    home = home_beside(first.home, WORKER)
    assert start(home, free_block(first.port + 10), detach=True, demo=False, addresses=False) == FINE, (
        f"see {home}/logs"
    )
    instance = open_instance(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LRS_HOME", str(home))
        yield instance
    stop(instance)
    remove_state(instance)


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """The instance of this worker."""
    with _instance_of_this_worker() as instance:
        credentials = load_credentials(instance)
        with httpx.Client(
            base_url=credentials.urls["gateway"],
            auth=(credentials.username, credentials.password),
            headers={"X-Experience-API-Version": "1.0.3"},
            timeout=30,
        ) as client:
            yield Platform(instance, credentials, client)
