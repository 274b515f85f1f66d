"""The store of attachments: bytes by their SHA-2 hash, in a directory or an object store (Data 2.4.11).

Belongs here: keeping and giving bytes. Not here: multipart (multipart.py), what statements say of attachments
(xapi/). What is stored is on disk before the statement that names it is in the log, so a statement never names bytes
that a crash took.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lrs_platform.local.files import to_disk

PIECE = 256 * 1024  # bytes read and sent at once
_ALGORITHMS = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}  # by hexadecimal digits
NAME = re.compile(r"[0-9a-f]{56}(?:[0-9a-f]{8}|[0-9a-f]{40}|[0-9a-f]{72})?")


def hasher_of(sha2: str) -> Any:
    """A hasher of the member of the SHA-2 family whose hashes are as long as this one. KeyError for other lengths."""
    return hashlib.new(_ALGORITHMS[len(sha2)])


class AttachmentStore:
    """Attachments at a URL that fsspec knows: a directory (file:///...), s3://bucket/prefix, ..."""

    def __init__(self, url: str, spool: Path) -> None:
        """`spool` is a directory for parts that still arrive; for a directory store on the same file system."""
        self._url = url
        self.spool = spool
        self._opened: tuple[Any, str] | None = None

    async def keep(self, sha2: str, arrived: Path) -> None:
        """Store the file `arrived`, which has this hash; it is moved or removed. OSError where that cannot be done."""
        await asyncio.to_thread(self._keep, sha2, arrived)

    async def size(self, sha2: str) -> int | None:
        """Bytes of the attachment with this hash; None where it is not here. OSError where the store is away."""
        return await asyncio.to_thread(self._size, sha2)

    async def pieces(self, sha2: str) -> AsyncIterator[bytes]:
        """The bytes of an attachment."""
        filesystem, root = self._open()
        source = await asyncio.to_thread(filesystem.open, _path(root, sha2), "rb")
        try:
            while piece := await asyncio.to_thread(source.read, PIECE):
                yield piece
        finally:
            await asyncio.to_thread(source.close)

    def _open(self) -> tuple[Any, str]:
        if self._opened is None:
            from fsspec.core import url_to_fs

            filesystem, root = url_to_fs(self._url)
            self._opened = filesystem, root.rstrip("/")
        return self._opened

    def _size(self, sha2: str) -> int | None:
        if not NAME.fullmatch(sha2):
            return None
        filesystem, root = self._open()
        try:
            with _as_os_error():
                return int(filesystem.info(_path(root, sha2))["size"])
        except FileNotFoundError:
            return None

    def _keep(self, sha2: str, arrived: Path) -> None:
        filesystem, root = self._open()
        place = _path(root, sha2)
        if self._size(sha2) is not None:
            arrived.unlink()
            return
        if "file" not in filesystem.protocol:
            with _as_os_error():
                filesystem.put_file(str(arrived), place)
            arrived.unlink()
            return
        directory = Path(place).parent
        directory.mkdir(parents=True, exist_ok=True)
        to_disk(arrived)
        arrived.replace(place)
        for changed in (directory, directory.parent):  # the name, and the directory's name where that is new
            to_disk(changed)


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Whatever an object store's client raises, as OSError: each has errors of its own (botocore's are no OSError)."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"the store of attachments: {type(error).__name__}") from error


def _path(root: str, sha2: str) -> str:
    if not NAME.fullmatch(sha2):
        raise ValueError("an attachment's name is a hash of the SHA-2 family in lower case")
    return f"{root}/{sha2[:2]}/{sha2}"
