"""Statements out of a file, one after the other, in constant memory and with their text untouched.

Belongs here: what a file may look like (.jsonl, .json, either gzipped, standard input). The kind is seen from the
content, never believed from the name. Not here: whether a statement is a good one; the LRS is the judge of that.
"""

from __future__ import annotations

import gzip
import io
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import msgspec

CHUNK_BYTES = 1 << 18
MAX_STATEMENT_BYTES = 64 * 2**20  # beyond any LRS's request limit: the file is not what it seems
NAMESPACE = uuid.UUID("6c1e5a52-0c5e-5c8f-9a53-6d2f3b1b7f2e")  # of ids made for statements that came without one

# What matters for finding where a JSON value ends: whole strings, an unfinished string, brackets.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|["{}\[\]]', re.DOTALL)
_SPACE = b" \t\r\n"
_BETWEEN = _SPACE + b","


class SourceUnreadable(OSError):
    """A file cannot be read to its end; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """One statement: its line (or its place in an array, from 1), its text, and its id where it has one."""

    number: int
    raw: bytes
    statement_id: str | None
    fault: str | None = None  # why it is not even a JSON object; nothing is sent then


class _Id(msgspec.Struct):
    id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_id = msgspec.json.Decoder(_Id).decode


class Source:
    """The statements of one file, or of standard input for "-".

    `bytes_read` and `size` count the file's own (compressed) bytes, for a progress bar; `size` is 0 where unknown.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.standard_input = str(path) == "-"
        self.name = "standard input" if self.standard_input else path.name
        self.size = 0 if self.standard_input else path.stat().st_size
        self._file: IO[bytes] | None = None

    @property
    def bytes_read(self) -> int:
        """How far the file has been read."""
        if self._file is None or self.standard_input or self._file.closed:
            return 0
        return self._file.tell()

    def statements(self, *, after: int = 0) -> Iterator[Numbered]:
        """Every statement whose number is greater than `after`; SourceUnreadable when the file breaks off."""
        with sys.stdin.buffer if self.standard_input else self.path.open("rb") as file:
            self._file = cast(IO[bytes], file)
            try:
                for number, raw in enumerate_values(self._unzipped(self._file)):
                    if number > after:
                        yield identify(number, raw)
            except (EOFError, gzip.BadGzipFile, OSError) as error:
                raise SourceUnreadable(f"{self.name} cannot be read to its end: {error}") from error

    @staticmethod
    def _unzipped(file: IO[bytes]) -> io.BufferedReader:
        peekable = file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, file))
        if peekable.peek(2)[:2] == b"\x1f\x8b":
            return io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=peekable)), CHUNK_BYTES)
        return peekable


def identify(number: int, raw: bytes) -> Numbered:
    """The statement `raw` with its id; one without gets an id that follows from its text and number, written into it.

    So the same file sent again, or resumed, adds nothing: the id is the same each time.
    """
    try:
        found = _decode_id(raw).id
    except msgspec.DecodeError as error:
        return Numbered(number, raw, None, f"not a JSON object: {error}")
    if found is not msgspec.UNSET:
        try:
            return Numbered(number, raw, msgspec.json.decode(bytes(found), type=str))
        except msgspec.ValidationError:
            return Numbered(number, raw, None)  # an id that is no text: the LRS says what is wrong with it
    made = str(uuid.uuid5(NAMESPACE, f"{number}\n{raw.decode('utf-8', 'surrogateescape')}"))
    brace = raw.index(b"{") + 1
    comma = b"" if raw[brace:].lstrip(_SPACE).startswith(b"}") else b","
    return Numbered(number, b'%b"id":"%b"%b%b' % (raw[:brace], made.encode(), comma, raw[brace:]), made)


def enumerate_values(file: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    """Number and text of each statement of `file`: of its lines (empty ones are counted too), or of its JSON array."""
    first = b""
    lines = 0
    for line in file:  # the first line that is not empty tells which kind of file this is
        lines += 1
        first = line.strip(_SPACE).removeprefix(b"\xef\xbb\xbf")
        if first:
            break
    if not first:
        return
    if first.startswith(b"[") or (not _is_json(first) and first[-1:] in b"{[,"):  # an array, or JSON over several lines
        yield from enumerate(_values(first + b"\n", file), start=1)
        return
    yield lines, first
    for number, line in enumerate(file, start=lines + 1):
        stripped = line.strip(_SPACE)
        if stripped:
            yield number, stripped


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def _values(head: bytes, file: io.BufferedReader) -> Iterator[bytes]:
    """The elements of the JSON array (or the values one after the other) that begins with `head` and goes on in `file`.

    Invariant: `buffer[done:]` is what no value has taken yet; `depth` is that of `buffer[scanned]`.
    """
    buffer = head.removeprefix(b"[")
    done = scanned = depth = 0
    while True:
        for token in _TOKEN.finditer(buffer, scanned):
            kind = buffer[token.start()]
            if kind == 0x22 and token.end() - token.start() == 1:
                scanned = token.start()  # a string that goes on behind the buffer's end
                break
            scanned = token.end()
            if kind in b"{[":
                if depth == 0:
                    _refuse_between(buffer[done : token.start()])
                    done = token.start()
                depth += 1
            elif kind != 0x22 and depth:
                depth -= 1
                if depth == 0:
                    yield buffer[done:scanned]
                    done = scanned
        buffer, scanned, done = buffer[done:], scanned - done, 0
        if len(buffer) > MAX_STATEMENT_BYTES:
            raise SourceUnreadable(f"one statement is longer than {MAX_STATEMENT_BYTES} bytes, or a bracket is missing")
        more = file.read1(CHUNK_BYTES)
        if not more:
            break
        buffer += more
    if depth:
        raise SourceUnreadable("the last statement breaks off: a bracket or a quotation mark is missing")
    rest = buffer.strip(_BETWEEN)
    if head.startswith(b"[") and not rest.endswith(b"]"):
        raise SourceUnreadable("the array's closing bracket is missing: the file breaks off")
    _refuse_between(rest.removesuffix(b"]"))


def _refuse_between(gap: bytes) -> None:
    """SourceUnreadable where there is more than commas and white space between two statements: it would be lost."""
    rest = gap.strip(_BETWEEN)
    if rest:
        raise SourceUnreadable(f"{rest[:40]!r} stands where a statement should be")
