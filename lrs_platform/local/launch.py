"""Starting one child process so that it never outlives the supervisor, and recognising it again later."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True)
class Launch:
    """Everything that a start of a process needs."""

    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    account: Mapping[str, Any] = field(default_factory=dict)  # user, group and extra_groups of Popen, or nothing
    death_signal: signal.Signals | None = signal.SIGTERM  # sent by the kernel when the parent dies, if any

    def spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start it in a session of its own; from the main thread only, because the death signal follows the thread."""
        return subprocess.Popen(
            self.command,
            env=self.environment,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent(self.death_signal),
            **self.account,
        )


def _die_with_parent(death_signal: signal.Signals | None) -> Callable[[], None] | None:
    """What the child runs before exec, after it changed its account (which would clear the setting)."""
    if sys.platform != "linux" or death_signal is None:
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before fork: the child should do as little as possible
    parent = os.getpid()

    def arrange() -> None:
        prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before prctl took effect
            os._exit(1)

    return arrange


def start_time(pid: int) -> int | None:
    """When `pid` started, in clock ticks since boot: both together name a process for good. None: not there."""
    status = _status(pid)
    return int(status[19]) if status else None


def is_stopped(pid: int) -> bool:
    """Whether someone has suspended the process (SIGSTOP)."""
    status = _status(pid)
    return bool(status) and status[0] in ("T", "t")


def _status(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; [] where there is no such process, or no /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal the whole process group of a child, even after its leader died."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS answers EPERM for zombies
        os.killpg(pid, number)
