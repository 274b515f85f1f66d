"""Files of an instance without somebody: logs, archives, attachments; and the search through all files.

Belongs here: the directory of the instance and the store of attachments. The databases' own files are not read: what
the databases hold is searched where they run.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from lrs_platform.rights.subject import Subject
from lrs_platform.settings import Settings

LOGS = ("logs", "dagster")  # texts that running processes append to
ARCHIVE = "archive"  # statements put aside, one a line: *.jsonl, *.jsonl.gz
# Data of the databases; what others attached, which is found by its hash and cannot be changed; results of tests.
NOT_SEARCHED = frozenset({"postgres", "redis", "attachments", "reports"})
COMPRESSED = ".parquet"  # days of the archive, which archives.py reads
LARGEST_LINE = 2**20


def remove_attachments(settings: Settings, hashes: Iterable[str]) -> int:
    """Remove attachments from their store, a directory or an object store; how many there were."""
    filesystem, path_of = _attachments(settings)
    removed = 0
    for sha2 in hashes:
        try:
            filesystem.rm_file(path_of(sha2))
        except FileNotFoundError:
            continue
        removed += 1
    return removed


def read_attachments(settings: Settings, hashes: Iterable[str]) -> dict[str, bytes]:
    """Attachments that are in the store, by their hashes."""
    filesystem, path_of = _attachments(settings)
    found = {}
    for sha2 in hashes:
        try:
            found[sha2] = filesystem.cat_file(path_of(sha2))
        except FileNotFoundError:
            continue
    return found


def blank_logs(home: Path, subject: Subject) -> int:
    """Overwrite the person in logs with as many asterisks; how many lines.

    In place and without moving a byte, because the processes go on writing behind it.
    """
    blanked = 0
    for path in (each for name in LOGS for each in _below(home / name)):
        with path.open("r+b") as file:
            place = 0
            while line := file.readline(LARGEST_LINE):
                text = line.decode("utf-8", "surrogateescape")
                if subject.is_in(text):
                    file.seek(place)
                    file.write(subject.blanked(text).encode("utf-8", "surrogateescape"))
                    file.seek(place + len(line))
                    blanked += 1
                place += len(line)
    return blanked


def rewrite_archives(home: Path, subject: Subject) -> Counter[str]:
    """Remove the person's statements from archives and rewrite those that name them; lines by what became of them."""
    done: Counter[str] = Counter()
    for path in (each for each in _below(home / ARCHIVE) if each.suffix != COMPRESSED):
        with _opened(path) as source:
            named = any(subject.is_in(_text(line)) for line in source)
        if named:
            done += _rewrite_archive(path, subject)
    return done


def search(home: Path, subject: Subject) -> tuple[int, list[str]]:
    """How many files were searched, and which of them name the person, below `home`."""
    searched, found = 0, []
    for path in _searched(home):
        searched += 1
        try:
            with _opened(path) as file:
                if any(subject.is_in(_text(line)) for line in iter(lambda: file.readline(LARGEST_LINE), b"")):
                    found.append(str(path.relative_to(home)))
        except (FileNotFoundError, PermissionError):
            continue  # gone meanwhile, or another account's
    return searched, sorted(found)


def _attachments(settings: Settings) -> tuple[Any, Callable[[str], str]]:
    """The store as a file system, and where in it an attachment lies (gateway/attachments.py)."""
    from fsspec.core import url_to_fs

    filesystem, root = url_to_fs(settings.attachments_url or (settings.home / "attachments").resolve().as_uri())
    return filesystem, lambda sha2: f"{root.rstrip('/')}/{sha2[:2]}/{sha2}"


def _rewrite_archive(path: Path, subject: Subject) -> Counter[str]:
    done: Counter[str] = Counter()
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with _opened(path) as source, _opened(new, "wb", like=path) as target:
        shutil.copymode(path, new)
        for line in source:
            fate, raw = subject.fate(_text(line).rstrip("\r\n"))
            done[fate] += 1
            if fate == "keep":
                target.write(line)
            elif fate == "rewrite":
                target.write(raw.encode() + b"\n")
    new.replace(path)
    return Counter({"removed": done["erase"], "rewritten": done["rewrite"]})


def _searched(home: Path) -> Iterator[Path]:
    for path in sorted(home.iterdir()) if home.is_dir() else ():
        if path.name not in NOT_SEARCHED:
            yield from (each for each in _below(path) if each.suffix != COMPRESSED)


def _below(path: Path) -> Iterator[Path]:
    """The file itself, or all files below a directory; links are not followed."""
    for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if each.is_file() and not each.is_symlink():
            yield each


def _opened(path: Path, mode: str = "rb", *, like: Path | None = None) -> IO[bytes]:
    if (like or path).suffix == ".gz":
        return gzip.open(path, mode)  # type: ignore[return-value]  # a GzipFile reads and writes bytes
    return path.open(mode)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")
