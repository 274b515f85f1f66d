"""The machine: room on the disks that data lies on, and the ports. Of servers elsewhere nothing is seen here."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from lrs_platform.doctor.finding import Finding, fail, ok, warn
from lrs_platform.doctor.subject import Subject
from lrs_platform.local.credentials import OFFSETS
from lrs_platform.local.instance import StartError, owner_of_port, port_is_free
from lrs_platform.local.postgres import state_directory
from lrs_platform.local.processes import chosen_processes

LEAST_BYTES = 300_000_000  # below it nothing starts any more (local/supervise.py)
FEW_BYTES = 2_000_000_000  # a checkpoint and a rewrite of the log need as much again as they hold
FEW_PERCENT = 5


def examine_disks(subject: Subject) -> Iterator[Finding]:
    """Room where log, database, attachments and the processes' output lie; one finding a file system."""
    home = subject.instance.home
    places = {"home": home, "log": home / "redis", "database": state_directory(subject.instance)}
    if subject.given is None or not subject.given.attachments_url:
        places["attachments"] = home / "attachments"
    names: dict[int, list[str]] = defaultdict(list)
    on: dict[int, Path] = {}
    for name, path in places.items():
        there = next(each for each in (path, *path.parents) if each.exists())
        device = there.stat().st_dev
        names[device].append(name)
        on.setdefault(device, there)
    for device, path in on.items():
        usage = shutil.disk_usage(path)
        yield disk_finding(names[device], path, usage.free, usage.total)


def disk_finding(names: Iterable[str], path: Path, free: int, total: int) -> Finding:
    """Whether `free` of `total` bytes are enough for what `names` says lies there."""
    what = f"disk of {', '.join(names)}"
    told = f"{free / 1e9:.1f} GB of {total / 1e9:.0f} GB free at {path}"
    if free < LEAST_BYTES:
        return fail("disk", f"{what}: {told}", "free some space now: a full disk makes senders wait (503)")
    if free < FEW_BYTES or free * 100 < total * FEW_PERCENT:
        return warn("disk", f"{what}: {told}", "free some space, or move it to a larger disk")
    return ok("disk", f"{what}: {told}")


def examine_ports(subject: Subject) -> Iterator[Finding]:
    """Before a start: whether the ports are free. While it runs they are its own."""
    if subject.runs_here:
        yield ok("ports", f"{subject.instance.port} to {subject.instance.port + max(OFFSETS.values())}, in use by it")
        return
    if subject.given is None:
        return
    try:
        processes = [process.name for process in chosen_processes(subject.given) if process.name in OFFSETS]
    except StartError:
        return  # said of the settings
    taken = [(name, port) for name in processes if not port_is_free(port := subject.instance.port + OFFSETS[name])]
    for name, port in taken:
        advice = "stop that, or start on other ports with `lrs up --port N`"
        yield fail("ports", f"{port}, for {name}, is in use by {owner_of_port(port)}", advice)
    if not taken:
        yield ok("ports", f"{len(processes)} from {subject.instance.port} on are free")
