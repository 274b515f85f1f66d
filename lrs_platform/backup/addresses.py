"""How backup and restore reach the databases: as the environment says, else as the instance in LRS_HOME does.

Belongs here: addresses, and starting the embedded databases alone where nothing runs.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrs_platform.local.control import spawn_supervisor
from lrs_platform.local.credentials import load_credentials, load_secrets
from lrs_platform.local.diagnosis import last_words
from lrs_platform.local.instance import Instance, StartError
from lrs_platform.local.processes import values_of
from lrs_platform.local.state import is_running, read_state
from lrs_platform.settings import Settings, get_settings

NEEDED = ("database_url", "dagster_database_url", "redis_url")
STARTED_WITHIN = 120.0  # seconds; Postgres may have to recover
STOPPED_WITHIN = 70.0


def are_elsewhere() -> bool:
    """Whether all databases are somebody else's, by the environment. Raises StartError where only some are."""
    given = get_settings()
    named = [name for name in NEEDED if getattr(given, name) is not None]
    if named and len(named) < len(NEEDED):
        missing = next(name for name in NEEDED if name not in named)
        raise StartError(f"LRS_{named[0].upper()} is set, so LRS_{missing.upper()} must be set too")
    return bool(named)


def settings_of(instance: Instance) -> Settings:
    """Settings with the addresses of the databases. Raises StartError where nothing was ever started in the home."""
    given = get_settings()
    if are_elsewhere():
        return given
    values = values_of(instance, given, load_secrets(instance), load_credentials(instance))
    return Settings.model_validate(values)


@contextmanager
def databases_running(instance: Instance) -> Iterator[None]:
    """Postgres and Redis of the instance: as they are where it runs, else started, alone, for the block.

    Raises StartError.
    """
    if are_elsewhere() or is_running(instance):
        yield
        return
    instance.lay_out()
    supervisor = spawn_supervisor(instance, detach=False, names=("postgres", "redis"))
    try:
        _wait_until_well(instance, supervisor)
        yield
    finally:
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(STOPPED_WITHIN)


def attachments_url(settings: Settings) -> str:
    """Where the attachments lie (gateway/services.py)."""
    return settings.attachments_url or (settings.home / "attachments").resolve().as_uri()


def home_of(settings: Settings) -> Path:
    """The instance's home, absolute."""
    return settings.home.expanduser().resolve()


def _wait_until_well(instance: Instance, supervisor: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline:
        state = read_state(instance)
        if state is not None and state.supervisor == supervisor.pid:
            if state.failed:
                raise StartError(state.failed)
            running = [each for each in state.processes.values() if each.state != "external"]
            if running and all(each.well for each in running):
                return
        if supervisor.poll() is not None:
            raise StartError(f"the databases did not start: {last_words(instance.log_of('supervisor'))}")
        time.sleep(0.1)
    raise StartError(f"the databases did not start within {STARTED_WITHIN:.0f} s: see {instance.logs}")
