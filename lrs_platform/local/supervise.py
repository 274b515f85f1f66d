"""Before the first process: one supervisor a home, leftovers ended, ports and disk looked at, servers prepared.

`python -m lrs_platform.local.supervise HOME PORT [NAME...]`, started by `sh lrs up`; names: only those. What
stands in the way is said in one line in run/state.json, and the exit status is 2.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path

from lrs_platform.local.credentials import OFFSETS, Secrets, make_credentials, make_secrets
from lrs_platform.local.health import PostgresAnswer, RedisPing
from lrs_platform.local.instance import ROOT, Instance, StartError, owner_of_port, port_is_free
from lrs_platform.local.launch import signal_group, start_time
from lrs_platform.local.postgres import is_ready, prepare_postgres
from lrs_platform.local.processes import PROCESSES, Process, asked_for, chosen_processes, launch_of, values_of
from lrs_platform.local.redis import prepare_redis
from lrs_platform.local.state import PlatformState, ProcessState, lock, read_state, write_state
from lrs_platform.local.supervisor import Child, Supervisor
from lrs_platform.settings import Settings

log = logging.getLogger("lrs.supervisor")

NEEDED_BYTES = 300_000_000  # initdb takes 50 MB, its first write-ahead log and Redis' file as much again


def clear_leftovers(state: PlatformState | None) -> None:
    """End processes of a supervisor that was killed; their death signal has reached them, so most are gone already."""
    left = [each for each in state.processes.values() if each.pid and each.started] if state else []
    deadline = time.monotonic() + 15
    while left:
        left = [each for each in left if each.pid and start_time(each.pid) == each.started]
        if time.monotonic() > deadline:
            for each in left:
                signal_group(each.pid or 0, signal.SIGKILL)
        time.sleep(0.05)


def check_machine(instance: Instance, processes: Iterable[Process]) -> None:
    """Free ports, room on the disk. Raises StartError."""
    free = shutil.disk_usage(instance.home).free
    if free < NEEDED_BYTES:
        raise StartError(
            f"the disk of {instance.home} is full ({free // 10**6} MB left): free some space and start again"
        )
    for process in processes:
        if process.name in OFFSETS and not port_is_free(instance.port + OFFSETS[process.name]):
            port = instance.port + OFFSETS[process.name]
            raise StartError(
                f"port {port} (for {process.name}) is in use by {owner_of_port(port)}: "
                "stop that, or start on other ports with --port N"
            )


def make_children(
    instance: Instance, settings: Settings, secrets: Secrets, processes: Iterable[Process]
) -> list[Child]:
    """Prepare every process to be run here. Raises StartError."""
    values = values_of(instance, settings, secrets, make_credentials(instance))
    children = []
    for process in processes:
        port = instance.port + OFFSETS[process.name] if process.name in OFFSETS else None
        if process.name == "postgres" and port:
            postgres = prepare_postgres(instance, port, secrets.postgres_password)
            child = Child(process, postgres.launch, PostgresAnswer(partial(is_ready, postgres)))
        elif process.name == "redis" and port:
            redis = prepare_redis(instance, port, secrets.redis_password, settings.redis_maxmemory)
            child = Child(process, redis.launch, RedisPing(secrets.redis_password))
        else:
            launch = partial(launch_of, process, instance, values)
            child = Child(process, launch, process.probe)
        child.state.port = port
        children.append(child)
    return children


def supervise(instance: Instance, names: Collection[str] = ()) -> int:
    """Run the platform, or only the processes `names` of it, until told to stop; the exit status of the process."""
    instance.lay_out()
    held = lock(instance)
    for _ in range(20):  # someone who asks whether it runs holds the lock for a moment
        if held is None:
            time.sleep(0.05)
            held = lock(instance)
    if held is None:
        log.error("another supervisor runs in %s", instance.home)
        return 1
    before = read_state(instance)
    state = PlatformState(os.getpid(), instance.port, time.time())
    try:
        clear_leftovers(before)
        settings = Settings()
        processes = [row for row in chosen_processes(settings) if not names or row.name in names]
        state.processes = {
            row.name: ProcessState("external")
            for row in PROCESSES.values()
            if row not in processes and asked_for(row, settings)
        }
        check_machine(instance, processes)
        shutil.copyfile(ROOT / "deploy" / "dagster.yaml", instance.dagster_home / "dagster.yaml")
        supervisor = Supervisor(instance, state, make_children(instance, settings, make_secrets(instance), processes))
    except (StartError, OSError, ValueError) as error:
        state.failed = str(error)
        log.error("cannot start: %s", error)
        write_state(instance, state)
        return 2
    write_state(instance, state)
    asyncio.run(supervisor.run())
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    sys.exit(supervise(Instance(Path(sys.argv[1]), int(sys.argv[2])), sys.argv[3:]))
