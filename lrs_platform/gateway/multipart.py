"""multipart/mixed: statements with the bytes of their attachments, in and out (Communication 1.5.2; 2.0: 4.1.3).

Belongs here: reading parts as they arrive, the statements into memory and the others into files; writing them. Not
here: which attachments a statement must bring (sending.py), the store (attachments.py).
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from starlette.types import Receive

from lrs_platform.gateway.attachments import AttachmentStore, hasher_of
from lrs_platform.gateway.body import body_pieces
from lrs_platform.gateway.refusals import Refused, away
from lrs_platform.xapi.identifiers import is_sha2

MOST_PARTS = 1000
SECTION = "Communication 1.5.2"
JSON_TYPE = "application/json"
# Names in the standard's own spelling: tincanjs looks for them letter by letter.
_HEAD = b"\r\n--%b\r\nContent-Type: %b\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: %b\r\n\r\n"


@dataclass(slots=True)
class Part:
    """A part that came whole: its hash, in lower case, and the file it lies in."""

    sha2: str
    path: Path
    size: int


@dataclass(slots=True)
class Mixed:
    """The parts of a request: the statements' JSON, and attachments by hash."""

    statements: bytes = b""
    parts: dict[str, Part] = field(default_factory=dict)


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names. Raises Refused."""
    parsed = Message()
    parsed["content-type"] = content_type
    boundary = parsed.get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 70:  # RFC 2046, 5.1.1
        raise _refused("Content-Type multipart/mixed needs a boundary of at most 70 characters")
    return boundary.encode("latin-1", "replace")


@contextmanager
def arriving(store: AttachmentStore) -> Iterator[Path]:
    """A directory for the parts of one request; what is left in it goes at the end."""
    store.spool.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="parts-", dir=store.spool) as directory:
        yield Path(directory)


async def read_mixed(
    boundary: bytes, headers: Mapping[bytes, bytes], receive: Receive, into: Path, *, limit: int, json_limit: int
) -> Mixed:
    """The parts of a body of at most `limit` bytes, its JSON of at most `json_limit`. Raises Refused (400, 413, 408),
    or Disconnected.
    """
    reader = _Reader(into, json_limit)
    try:
        parser = MultipartParser(boundary, reader.callbacks, max_header_size=8 * 1024)
        async for piece in body_pieces(headers, receive, limit):
            parser.write(piece)
        parser.finalize()
    except FormParserError as error:
        raise _refused(f"the body is no multipart/mixed with this boundary: {error}"[:200]) from error
    finally:
        reader.close()
    if not reader.ended:
        raise _refused("the body ends before its last boundary")
    return reader.mixed


class _Reader:
    """Takes the parser's events: headers of a part, its bytes, its end."""

    def __init__(self, into: Path, json_limit: int) -> None:
        self.mixed = Mixed()
        self.ended = False
        self._into = into
        self._json_limit = json_limit
        self._number = -1
        self._headers: dict[str, str] = {}
        self._name, self._value = bytearray(), bytearray()
        self._json: list[bytes] = []
        self._json_size = 0
        self._file: BinaryIO | None = None
        self._hasher: Any = None
        self._size = 0

    @property
    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._adding(self._name),
            "on_header_value": self._adding(self._value),
            "on_header_end": self._header,
            "on_headers_finished": self._head,
            "on_part_data": self._data,
            "on_part_end": self._part,
            "on_end": self._end,
        }

    def close(self) -> None:
        """Close the file of a part that did not end."""
        if self._file is not None:
            self._file.close()

    @staticmethod
    def _adding(text: bytearray) -> Callable[[bytes, int, int], None]:
        def add(data: bytes, start: int, end: int) -> None:
            text.extend(data[start:end])

        return add

    def _begin(self) -> None:
        self._number += 1
        self._headers = {}
        if self._number > MOST_PARTS:
            raise _refused(f"a request has at most {MOST_PARTS} attachments")

    def _header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1").strip()
        self._name.clear()
        self._value.clear()

    def _head(self) -> None:
        kind = self._headers.get("content-type", "")
        if self._number == 0:
            if kind.partition(";")[0].strip().lower() != JSON_TYPE:
                raise _refused(f"the first part must be the statements, with Content-Type {JSON_TYPE}", kind)
            return
        encoding = self._headers.get("content-transfer-encoding", "")
        if encoding.lower() != "binary":
            raise _refused(f"part {self._number} must have Content-Transfer-Encoding: binary", encoding)
        sha2 = self._headers.get("x-experience-api-hash", "")
        if not is_sha2(sha2):
            raise _refused(f"part {self._number} must have X-Experience-API-Hash, a SHA-2 hash in hexadecimal", sha2)
        self._hasher, self._size = hasher_of(sha2), 0
        self._file = (self._into / str(self._number)).open("wb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self._file is not None:
            self._hasher.update(piece)
            self._size += len(piece)
            self._file.write(piece)
            return
        self._json_size += len(piece)
        if self._json_size > self._json_limit:
            raise Refused(413, f"the statements are larger than {self._json_limit} bytes", reason="too_large")
        self._json.append(piece)

    def _part(self) -> None:
        if self._file is None:
            self.mixed.statements = b"".join(self._json)
            return
        self._file.close()
        sha2 = self._headers["x-experience-api-hash"].lower()
        if self._hasher.hexdigest() != sha2:
            raise _refused(f"the bytes of part {self._number} do not have the hash in X-Experience-API-Hash", sha2)
        self.mixed.parts[sha2] = Part(sha2, Path(os.fspath(self._file.name)), self._size)
        self._file = None

    def _end(self) -> None:
        self.ended = True


@dataclass(slots=True)
class Outgoing:
    """An answer of several parts: its Content-Type, length in bytes, and pieces."""

    content_type: bytes
    length: int
    pieces: AsyncIterator[bytes]


async def compose_mixed(statements: bytes, wanted: Mapping[str, str], store: AttachmentStore) -> Outgoing:
    """Statements and those attachments of `wanted` (hash -> Content-Type) that are here."""
    boundary = b"lrs-" + secrets.token_hex(16).encode()
    heads: list[tuple[bytes, str | None, int]] = [
        (b"--%b\r\nContent-Type: application/json\r\n\r\n" % boundary, None, len(statements))
    ]
    for sha2, content_type in wanted.items():
        try:
            size = await store.size(sha2)
        except OSError as error:
            raise away(f"attachments cannot be read: {type(error).__name__}", reason="attachments_away") from error
        if size is not None:
            described = (boundary, content_type.encode("latin-1", "replace"), sha2.encode())
            heads.append((_HEAD % described, sha2, size))
    tail = b"\r\n--%b--\r\n" % boundary

    async def pieces() -> AsyncIterator[bytes]:
        for head, sha2, _ in heads:
            yield head
            if sha2 is None:
                yield statements
            else:
                async for piece in store.pieces(sha2):
                    yield piece
        yield tail

    length = sum(len(head) + size for head, _, size in heads) + len(tail)
    return Outgoing(b"multipart/mixed; boundary=%b" % boundary, length, pieces())


def _refused(error: str, value: str | None = None) -> Refused:
    return Refused(400, error, reason="multipart", section=SECTION, value=value[:80] if value else None)
