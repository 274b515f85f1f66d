"""One instance on this machine: where its files lie and which ports it takes.

Paths and numbers only; who writes the files is said beside each. Reading this needs nothing but the standard library.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
IS_CHECKOUT = (_PACKAGE.parent / "workspace.yaml").exists()  # else the package was installed, from a wheel
# The project's directory: workspace.yaml, deploy/, contracts. A wheel has these inside the package (pyproject.toml).
ROOT = _PACKAGE.parent if IS_CHECKOUT else _PACKAGE / "project"
LOOPBACK = "127.0.0.1"
PORTS_OF_AN_INSTANCE = 10  # a block; docs/architecture.md says which offset is whose


class StartError(Exception):
    """The platform cannot be started or used as asked; the message is one line that says why and what to do."""


@dataclass(frozen=True)
class Instance:
    """The home directory and the base port of one instance."""

    home: Path
    port: int

    @property
    def run(self) -> Path:
        """Files that only matter while it runs."""
        return self.home / "run"

    @property
    def state_file(self) -> Path:
        """What runs, written by the supervisor."""
        return self.run / "state.json"

    @property
    def lock_file(self) -> Path:
        """Locked by the supervisor as long as it lives."""
        return self.run / "lock"

    @property
    def hold(self) -> Path:
        """A file of a process's name in here keeps that process stopped; for maintenance and tests of faults."""
        return self.run / "hold"

    @property
    def logs(self) -> Path:
        """One log file a process."""
        return self.home / "logs"

    @property
    def reports(self) -> Path:
        """Results of test runs."""
        return self.home / "reports"

    @property
    def credentials_file(self) -> Path:
        """For people and clients: endpoint, xAPI credential, admin token, addresses."""
        return self.home / "credentials.json"

    @property
    def secrets_file(self) -> Path:
        """For the processes among themselves."""
        return self.home / "secrets.json"

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME."""
        return self.home / "dagster"

    def log_of(self, name: str) -> Path:
        """The log file of process `name`."""
        return self.logs / f"{name}.log"

    def lay_out(self) -> None:
        """Make the directories; searchable by other accounts, because Postgres may run as one (postgres.py)."""
        for directory in (self.home, self.run, self.hold, self.logs, self.reports, self.dagster_home):
            directory.mkdir(parents=True, exist_ok=True)


def open_instance(home: Path, port: int | None = None) -> Instance:
    """The instance in `home`: on `port`, else on the port it had when last started, else on 8000."""
    home = home.expanduser().resolve()
    if port is None:
        try:
            port = int(json.loads((home / "credentials.json").read_text())["port"])
        except (OSError, ValueError, KeyError):
            port = 8000
    if not 1 <= port <= 65535 - PORTS_OF_AN_INSTANCE:
        raise StartError(f"port {port} cannot be used: choose one between 1024 and {65535 - PORTS_OF_AN_INSTANCE}")
    return Instance(home, port)


def port_is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_block(start: int) -> int:
    """The first base port from `start`, in steps of ten, whose whole block is free. Raises StartError."""
    for base in range(start, 65500 - PORTS_OF_AN_INSTANCE, PORTS_OF_AN_INSTANCE):
        if all(port_is_free(base + offset) for offset in range(PORTS_OF_AN_INSTANCE)):
            return base
    raise StartError(f"no free block of {PORTS_OF_AN_INSTANCE} ports above {start}")


def owner_of_port(port: int) -> str:
    """Who listens on `port`, as far as /proc tells: "`command` (pid 12)", or "another process"."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:  # 0A: listening
                inodes.add(f"socket:[{fields[9]}]")
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(entry.readlink()) in inodes for entry in (directory / "fd").iterdir()):
                command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"`{command[:80]}` (pid {directory.name})"
        except OSError:
            continue  # ended meanwhile, or not ours to read
    return "another process"
