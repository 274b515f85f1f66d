"""Attachments: copied by their hashes, which also show whether a copy is whole.

Belongs here: attachments/<2 digits>/<hash> of a backup and the list of them, attachments.txt, a line each: bytes, hash.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from typing import Any

from lrs_platform.backup.store import Store, pieces
from lrs_platform.gateway.attachments import NAME, hasher_of
from lrs_platform.local.instance import StartError

LIST = "attachments.txt"
Listed = dict[str, int]  # bytes by hash


class Attachments:
    """A store of attachments (gateway/attachments.py) as backup and restore use it."""

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs

        filesystem, root = url_to_fs(url)
        self._filesystem: Any = filesystem
        self._root = root.rstrip("/")

    def listed(self) -> Listed:
        """All that are there; what still arrives has no hash as its name."""
        if not self._filesystem.exists(self._root):
            return {}
        found = self._filesystem.find(self._root, detail=True)
        sizes = {path.rpartition("/")[2]: int(told["size"]) for path, told in found.items()}
        return {name: size for name, size in sorted(sizes.items()) if NAME.fullmatch(name)}

    def copy_to(self, store: Store, sha2: str) -> None:
        """Copy one into a backup. Raises StartError where its bytes are not those of its hash."""
        hasher = hasher_of(sha2)
        with self._filesystem.open(self._path(sha2), "rb") as source, store.writing(path_of(sha2)) as target:
            for piece in pieces(source):
                hasher.update(piece)
                target.write(piece)
        if hasher.hexdigest() != sha2:
            raise StartError(f"the attachment {sha2} is damaged in its store: restore it from an older backup")

    def copy_from(self, store: Store, sha2: str) -> None:
        """Copy one out of a backup; it appears under its name when it is whole."""
        path = self._path(sha2)
        self._filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
        local = "file" in self._filesystem.protocol
        new = f"{path}.{secrets.token_hex(4)}" if local else path  # an object store shows whole objects only
        with store.reading(path_of(sha2)) as source, self._filesystem.open(new, "wb") as target:
            for piece in pieces(source):
                target.write(piece)
            if local:
                target.flush()
                os.fsync(target.fileno())
        if local:
            self._filesystem.mv(new, path)

    def remove(self, sha2: str) -> None:
        """Remove one."""
        self._filesystem.rm_file(self._path(sha2))

    def _path(self, sha2: str) -> str:
        return f"{self._root}/{sha2[:2]}/{sha2}"


def path_of(sha2: str) -> str:
    """Where an attachment lies in a backup."""
    return f"attachments/{sha2[:2]}/{sha2}"


def as_text(listed: Listed) -> bytes:
    """The list, as it lies in a backup."""
    return "".join(f"{size} {sha2}\n" for sha2, size in listed.items()).encode()


def from_text(text: bytes) -> Listed:
    """The list of a backup."""
    return {sha2: int(size) for size, sha2 in (line.split() for line in text.decode().splitlines())}


def damaged(store: Store, listed: Listed) -> Iterator[str]:
    """Hashes of those that a backup does not hold as they should be."""
    for sha2 in listed:
        hasher = hasher_of(sha2)
        try:
            with store.reading(path_of(sha2)) as file:
                for piece in pieces(file):
                    hasher.update(piece)
        except FileNotFoundError:
            yield sha2
            continue
        if hasher.hexdigest() != sha2:
            yield sha2
