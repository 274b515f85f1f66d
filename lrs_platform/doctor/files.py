"""Files that hold secrets: who else on this machine may read them. Belongs here: modes and owners, never contents."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lrs_platform.doctor.finding import Finding, fail, ok, warn
from lrs_platform.doctor.subject import Subject
from lrs_platform.local.instance import ROOT, Instance
from lrs_platform.rights.proof import KEY_FILE
from lrs_platform.settings import SECRETS_DIR

PART = "files of secrets"
CONTAINER_SECRETS = Path("deploy/secrets")  # the folder must be closed; the files are read by accounts of containers


def examine(subject: Subject) -> Iterator[Finding]:
    """Every file and folder of secrets that is there."""
    there = [path for path in secret_files(subject.instance) if path.exists()]
    folder = ROOT / CONTAINER_SECRETS
    if folder.is_dir():
        there.append(folder)
    found = [finding for path in there if (finding := mode_finding(path)) is not None]
    yield from found
    if there and not found:
        yield ok(PART, f"{len(there)}, closed to other accounts")
    elif not there and not SECRETS_DIR.is_dir():
        yield warn(PART, f"none in {subject.instance.home}: nothing was ever started there", "`lrs up` makes them")


def secret_files(instance: Instance) -> list[Path]:
    """Files of an instance that only its owner may read."""
    return [
        instance.credentials_file,
        instance.secrets_file,
        instance.home / "redis" / "redis.conf",
        instance.home / KEY_FILE,
    ]


def mode_finding(path: Path) -> Finding | None:
    """A fail where others may read `path`, or another account than ours owns it."""
    status = path.stat()
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        wanted = "700" if path.is_dir() else "600"
        return fail(PART, f"{path} has mode {mode:03o}: others on this machine may read it", f"chmod {wanted} {path}")
    if status.st_uid != os.geteuid() and os.geteuid() != 0:
        return fail(PART, f"{path} belongs to another account", f"run this as the account that owns {path.parent}")
    return None
