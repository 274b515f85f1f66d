"""run/state.json: what the supervisor says about its processes. Written by it alone, read by everyone else."""

from __future__ import annotations

import fcntl
import json
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from lrs_platform.local.files import write_whole
from lrs_platform.local.instance import Instance

# A process is `healthy`, `done` (a step), `external` (run by someone else), or on its way to or from there.
WELL = frozenset({"healthy", "done", "external"})


@dataclass
class ProcessState:
    """One process as the supervisor last saw it."""

    state: str = "waiting"  # waiting starting healthy unhealthy restarting held stopping stopped done external
    pid: int | None = None
    started: int | None = None  # clock ticks since boot; with the pid it names the process for good
    since: float | None = None  # Unix time of the start
    port: int | None = None
    restarts: int = 0
    health_ms: float | None = None
    reason: str = ""
    incurable: bool = False  # it ended for a cause that restarting does not heal

    @property
    def well(self) -> bool:
        """Whether nothing is to be wished for."""
        return self.state in WELL


@dataclass
class PlatformState:
    """All processes of an instance."""

    supervisor: int
    port: int
    since: float
    processes: dict[str, ProcessState] = field(default_factory=dict)
    failed: str | None = None  # why the start was given up, in one line
    version: int = 1

    @property
    def well(self) -> bool:
        """Whether every process is."""
        return bool(self.processes) and self.failed is None and all(each.well for each in self.processes.values())


def write_state(instance: Instance, state: PlatformState) -> None:
    """Replace the file."""
    write_whole(instance.state_file, json.dumps(asdict(state), indent=1) + "\n")


def read_state(instance: Instance) -> PlatformState | None:
    """What was last written, by a supervisor that may be gone; None where nothing ever ran."""
    try:
        content: dict[str, Any] = json.loads(instance.state_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    processes = {name: ProcessState(**values) for name, values in content.pop("processes").items()}
    return PlatformState(**content, processes=processes)


def lock(instance: Instance) -> IO[str] | None:
    """Become the one supervisor of `instance` until the returned file is closed; None where there is one already."""
    instance.run.mkdir(parents=True, exist_ok=True)
    file = instance.lock_file.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def is_running(instance: Instance) -> bool:
    """Whether a supervisor holds the lock. The kernel frees it whatever way the supervisor ends."""
    try:
        file = instance.lock_file.open("r")
    except FileNotFoundError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
