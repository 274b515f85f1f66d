"""Where a backup lies: a directory, or anything that fsspec knows by URL. Each file is written once, and hashed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

PIECE = 2**20  # bytes read at once


class Reads(Protocol):
    """What can be read from, piece by piece."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, none at the end."""
        ...


@dataclass
class Written:
    """A file that is being written; a file object as far as gzip and tarfile need one."""

    file: IO[bytes]
    size: int = 0
    hasher: Any = field(default_factory=hashlib.sha256)

    def write(self, data: bytes) -> int:
        """Append."""
        self.file.write(data)
        self.hasher.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Everything is on disk only when the file is closed."""

    @property
    def sha256(self) -> str:
        """Of what was written so far, hexadecimal."""
        return str(self.hasher.hexdigest())


class Store:
    """The place of one backup."""

    def __init__(self, url: str) -> None:
        """`url`: a path, or e.g. s3://bucket/backups/monday; how to log in there is the fsspec implementation's."""
        from fsspec.core import url_to_fs

        self.url = url if "://" in url else str(Path(url).expanduser().resolve())
        filesystem, root = url_to_fs(self.url if "://" in url else Path(self.url).as_uri())
        self._filesystem: Any = filesystem
        self._root = root.rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether it is a directory of this machine."""
        return "file" in self._filesystem.protocol

    def is_empty(self) -> bool:
        """Whether nothing is there."""
        return not self._filesystem.exists(self._root) or not self._filesystem.find(self._root)

    @contextmanager
    def writing(self, name: str) -> Iterator[Written]:
        """A new file; on disk when the block is left. A directory of this machine is closed to other accounts."""
        path = f"{self._root}/{name}"
        self._filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
        if self.is_local:
            Path(self._root).chmod(0o700)
        with self._filesystem.open(path, "wb") as file:
            yield Written(file)
            if self.is_local:
                file.flush()
                os.fsync(file.fileno())

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """An existing file. FileNotFoundError where there is none."""
        with self._filesystem.open(f"{self._root}/{name}", "rb") as file:
            yield file

    def read(self, name: str) -> bytes:
        """A whole small file."""
        with self.reading(name) as file:
            return file.read()


def pieces(source: Reads) -> Iterator[bytes]:
    """The bytes of `source`, a mebibyte at a time."""
    while piece := source.read(PIECE):
        yield piece


class Checked:
    """A file that is read and hashed on the way."""

    def __init__(self, file: Reads) -> None:
        self._file = file
        self.size = 0
        self._hasher = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, none at the end."""
        data = self._file.read(size)
        self._hasher.update(data)
        self.size += len(data)
        return data

    def finish(self) -> str:
        """The checksum of the whole file, of which what nobody read is read now."""
        for _ in pieces(self):
            pass
        return self._hasher.hexdigest()
