"""How far a file has been sent, kept on disk so that a stopped `lrs send` goes on where it was.

Belongs here: the bookmark of one file and endpoint, and the file of refused statements beside it. Nothing here is
needed for being exactly once: ids are in the statements, and what is sent twice is the same statement. It saves time.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SAVE_EVERY_SECONDS = 1.0


@dataclass(slots=True)
class Point:
    """Everything up to statement number `line` has its answer: `accepted` by the LRS, or `refused` and written down."""

    line: int = 0
    accepted: int = 0
    refused: int = 0


class Bookmark:
    """The point that one file has reached at one endpoint, in `<folder>/<sha256>.json`.

    A file that changed in size or time is another file. With `resume` false, or on standard input, it starts anew.
    Batches may be answered in any order; the point moves over the longest row without a gap.
    """

    def __init__(self, folder: Path, path: Path, endpoint: str, username: str, *, resume: bool) -> None:
        self._lasting = str(path) != "-"
        self._identity: dict[str, Any] = {"file": str(path), "endpoint": endpoint, "username": username}
        if self._lasting:
            status = path.stat()
            self._identity |= {"file": str(path.resolve()), "bytes": status.st_size, "changed_ns": status.st_mtime_ns}
        digest = hashlib.sha256(json.dumps(self._identity, sort_keys=True).encode()).hexdigest()
        self.path = folder / f"{digest}.json"
        self.point = Point()
        if self._lasting and resume and self.path.exists():
            self.point = Point(**json.loads(self.path.read_text(encoding="utf-8"))["point"])
        self._answered: dict[int, Point] = {}
        self._next = 0
        self._saved_at = time.monotonic()

    def answered(self, sequence: int, last_line: int, accepted: int, refused: int) -> None:
        """Batch `sequence` (from 0, in the file's order) that ends with `last_line` has its answers."""
        self._answered[sequence] = Point(last_line, accepted, refused)
        while self._next in self._answered:
            done = self._answered.pop(self._next)
            self._next += 1
            self.point = Point(done.line, self.point.accepted + done.accepted, self.point.refused + done.refused)
        if time.monotonic() - self._saved_at >= SAVE_EVERY_SECONDS:
            self.save()

    def save(self) -> None:
        """Write the point so that a crash leaves the old file or the new one."""
        self._saved_at = time.monotonic()
        if not self._lasting or self.point.line == 0:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps({**self._identity, "point": asdict(self.point)}), encoding="utf-8")
        unfinished.replace(self.path)

    def finished(self) -> None:
        """The whole file is answered for: the next `lrs send` of it begins at its first line."""
        self.path.unlink(missing_ok=True)


class Rejections:
    """`<file>.rejected.jsonl`: a line a refused statement: number, reason and text; made when needed."""

    def __init__(self, path: Path, *, keep_up_to: int) -> None:
        self.path = path
        kept = []
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines() if keep_up_to else []
            kept = [line for line in lines if json.loads(line)["line"] <= keep_up_to]
            path.unlink()
        if kept:
            path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    def add(self, line: int, status: int, problem: dict[str, Any], raw: bytes) -> None:
        """Write down one refused statement; `status` is the HTTP status, 0 where it was never sent."""
        entry = {"line": line, "status": status, **problem, "statement": raw.decode("utf-8", "replace")}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
