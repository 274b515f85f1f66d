"""Whether a backup is whole and can be read: checksums of every file, the dumps by pg_restore, each entry of the log,
each attachment by its hash. Nothing is restored and no database is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from lrs_platform.backup import attachments, log, manifest, postgres
from lrs_platform.backup.manifest import Manifest
from lrs_platform.backup.store import Checked, Reads, Store
from lrs_platform.backup.taking import DAGSTER, DATABASE
from lrs_platform.local.instance import StartError


def problems(store: Store, told: Manifest) -> Iterator[str]:
    """What is wrong with the backup, a line each; nothing where it is whole."""
    whole = set()
    for name in told.files:
        problem = _problem(store, told, name)
        if problem:
            yield problem
        else:
            whole.add(name)
    if attachments.LIST in whole:
        listed = attachments.from_text(store.read(attachments.LIST))
        if len(listed) != told.attachments:
            yield f"{attachments.LIST} names {len(listed)} attachments, the manifest {told.attachments}"
        for sha2 in attachments.damaged(store, listed):
            yield f"{attachments.path_of(sha2)} is damaged or missing"


def open_whole(store: Store) -> Manifest:
    """The manifest of a backup that is whole. Raises StartError where it is not."""
    told = manifest.load(store)
    if problem := next(problems(store, told), None):
        raise StartError(f"{store.url} is damaged: {problem}")
    return told


def _problem(store: Store, told: Manifest, name: str) -> str:
    """What is wrong with one file, "" where it is whole."""
    try:
        with store.reading(name) as file:
            checked = Checked(file)
            said = _read(name, checked, told)
            if checked.finish() != told.files[name].sha256 or checked.size != told.files[name].size:
                return f"{name} is not as it was written"
            return said
    except FileNotFoundError:
        return f"{name} is missing"
    except (StartError, OSError) as error:
        return f"{name}: {error}"


def _read(name: str, file: Reads, told: Manifest) -> str:
    """Let whoever will restore a file read it through."""
    if name in (DATABASE, DAGSTER):
        postgres.read_through(file)
    for part in told.log:
        if part.file == name and (count := sum(1 for _ in log.read(file))) != part.entries:
            return f"{name} holds {count} entries, the manifest says {part.entries}"
    return ""
