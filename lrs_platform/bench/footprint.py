"""What processes cost: CPU time and memory of the platform's processes and their children, out of /proc.

Belongs here: reading the kernel's counts, and stopping processes for the time of a measurement. Linux only.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lrs_platform.local.instance import Instance, StartError
from lrs_platform.local.state import read_state

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds so far and megabytes now, of a process and its children.

    `private_mb` is without what processes share, which in Postgres is counted again in each of its children;
    `own_cpu_seconds` without the children, which in the code server are runs.
    """

    cpu_seconds: float
    resident_mb: float
    private_mb: float = 0.0
    own_cpu_seconds: float = 0.0


def pids_of(instance: Instance) -> dict[str, int]:
    """Process ids of a running instance, by process name. Raises StartError where none runs."""
    state = read_state(instance)
    if state is None or not state.processes:
        raise StartError(f"nothing runs in {instance.home}: start it with `sh lrs up`")
    return {name: process.pid for name, process in state.processes.items() if process.pid and process.state != "done"}


def family(pid: int) -> list[int]:
    """`pid` and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for member in found:
        found += children.get(member, ())
    return found


def usage(pids: Mapping[str, int]) -> dict[str, Usage]:
    """What each process and its children have used. Ended children count in their parent's total."""
    return {name: _sum(family(pid)) for name, pid in pids.items()}


def cpu_between(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> dict[str, float]:
    """CPU seconds that each process used between two readings."""
    return {name: after[name].cpu_seconds - before[name].cpu_seconds for name in after if name in before}


@contextmanager
def held(pids: Iterable[int]) -> Iterator[None]:
    """Keep processes and their children stopped (SIGSTOP) inside the block. They go on afterwards whatever happens,
    even where one of them has ended meanwhile.
    """
    members = [member for pid in pids for member in family(pid)]
    try:
        _signal(members, signal.SIGSTOP)
        yield
    finally:
        _signal(members, signal.SIGCONT)


def _signal(members: Iterable[int], number: signal.Signals) -> None:
    for member in members:
        with suppress(ProcessLookupError):
            os.kill(member, number)


def _sum(members: Iterable[int]) -> Usage:
    """Of a family, its head first."""
    ticks = own = 0
    pages = shared = 0
    for number, member in enumerate(members):
        fields = _stat(member)
        if fields:
            own += sum(map(int, fields[11:13])) if number == 0 else 0
            ticks += sum(map(int, fields[11:15]))  # utime, stime and those of children that were waited for
            pages += int(fields[21])
            shared += _shared_pages(member)
    page_mb = os.sysconf("SC_PAGE_SIZE") / 2**20
    return Usage(ticks / TICKS_A_SECOND, pages * page_mb, (pages - shared) * page_mb, own / TICKS_A_SECOND)


def _shared_pages(pid: int) -> int:
    """Resident pages of files and shared memory (/proc/<pid>/statm, the third field; proc(5)); 0 for one that ended."""
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[2])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat behind the command's name, from `state` on (proc(5)); empty for one that ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
