"""`lrs doctor`: looks at a whole installation and says of each part whether it is well, and what to do where it is not.

Belongs here: putting the examinations in order, the exit status. Each examination is a module of this package that only
looks and changes nothing; what is repaired is repaired by whoever reads the advice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lrs_platform.doctor import (
    configuration,
    database,
    files,
    kafka,
    log,
    machine,
    mail,
    servers,
    versions,
)
from lrs_platform.doctor.display import show
from lrs_platform.doctor.finding import Finding, Level
from lrs_platform.doctor.subject import Subject, subject_at

WELL, UNWELL = 0, 1  # exit statuses; warnings leave it at 0
EXAMINATIONS: dict[str, Callable[[Subject], Iterable[Finding]]] = {
    "versions": versions.examine,
    "settings": configuration.examine,
    "files": files.examine,
    "disk": machine.examine_disks,
    "ports": machine.examine_ports,
    "postgres": database.examine,
    "redis": log.examine,
    "kafka": kafka.examine,
    "servers": servers.examine,
    "mail": mail.examine,
}


def examine(subject: Subject) -> Iterator[Finding]:
    """Every finding, in order. Takes as long as the servers take to answer, each at most a few seconds."""
    for examination in EXAMINATIONS.values():
        yield from examination(subject)


def doctor(home: Path, port: int | None = None, *, as_json: bool) -> int:
    """Examine the installation whose instance lies in `home` and show the findings; 1 where any of them is a fail."""
    findings = list(show(examine(subject_at(home, port)), as_json=as_json))
    return UNWELL if any(finding.level is Level.FAIL for finding in findings) else WELL
