"""The shape of a record: one request, so that a request is in the log whole or not at all.

Belongs here: bytes to entries and back, and the ids. Not here: brokers. A record's value is a line a statement, joined
by `\\n`: `<statement id> \\t <version> \\t <authority JSON> \\t <statement JSON>`, none of which holds a tab or a line
break. Its key is nothing: one partition keeps one order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lrs_platform.stream.durable_log import Entry
from lrs_platform.stream.entries import LogEntry
from lrs_platform.stream.position import entry_key

# An entry's id is `<ms>-<seq>` with 20 bits of seq, because ms * 2^20 + seq is its position in Postgres. Of these 12
# count the statements of a request, 8 the requests of a millisecond: 256,000 requests a second, which no partition
# takes.
STATEMENT_BITS, REQUEST_BITS = 12, 8
MOST_STATEMENTS = 1 << STATEMENT_BITS
TRACE = "t"  # header: traceparent of the request


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read: its offset, the broker's time in ms since 1970, its value, traceparent or ""."""

    offset: int
    ms: int
    value: bytes
    trace: str = ""

    def entries(self) -> list[LogEntry]:
        """The statements in it, in the order of the request."""
        return [
            LogEntry(id_ := entry_id(self.ms, self.offset, index).encode(), id_ + b"\t" + line, self.trace)
            for index, line in enumerate(self.value.split(b"\n"))
        ]

    @property
    def first_id(self) -> str:
        """Id of its first entry."""
        return entry_id(self.ms, self.offset, 0)

    @property
    def last_id(self) -> str:
        """Id of its last entry."""
        return entry_id(self.ms, self.offset, self.value.count(b"\n"))


def entry_id(ms: int, offset: int, index: int) -> str:
    """Id of the statement `index` of the record at `offset`."""
    return f"{ms}-{(offset % (1 << REQUEST_BITS)) << STATEMENT_BITS | index}"


def record_key(id_: str) -> tuple[int, int]:
    """What the entries of one record have in common, and no other record of that time: ms and bits of its offset."""
    ms, seq = entry_key(id_)
    return ms, seq >> STATEMENT_BITS


def index_of(id_: str) -> int:
    """Which statement of its record an entry is."""
    return entry_key(id_)[1] % MOST_STATEMENTS


def packed(entries: Sequence[Entry], version: str, authority: bytes) -> bytes:
    """The value of a record of these entries."""
    head = version.encode() + b"\t" + authority + b"\t"
    return b"\n".join(entry.statement_id.encode() + b"\t" + head + entry.raw for entry in entries)


def in_records(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """The entries of one request by record: all in one, unless they are more than an id can count."""
    for start in range(0, len(entries), MOST_STATEMENTS):
        yield entries[start : start + MOST_STATEMENTS]
