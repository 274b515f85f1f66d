"""The seam between the platform and whatever holds its log: what a log has to do for the gateway and for the loader.

Belongs here: the promises, as methods, and what they take, give and raise. Redis Streams (log.py, rereading.py) and
Kafka (kafka/) keep them; the same tests run over both (lrs_platform_tests/stream/test_any_log.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from lrs_platform.stream.entries import LogEntry
from lrs_platform.stream.position import LogPosition

# A longer append is answered 503; the sender repeats it and the index of ids sorts it out.
APPEND_SECONDS = 5.0
IDS_AT_ONCE = 2000  # Redis does nothing else meanwhile: 2,000 entries of 1.2 kB take it about 3 ms


class LogUnavailable(Exception):
    """The log cannot take or give statements now. `retry_after` in seconds; `full`: it is there but cannot grow."""

    def __init__(self, reason: str, *, retry_after: int = 2, full: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.retry_after, self.full = reason, retry_after, full


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement to append: id in lower case, its bytes on one line; `fresh`: the id was made by us just now."""

    statement_id: str
    raw: bytes
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A statement whose id the log knows: its place in the request and what the log holds (None: trimmed since)."""

    index: int
    raw: bytes | None


@dataclass(frozen=True, slots=True)
class Appended:
    """What came of an append: `newest` entry id where something was written, `taken` where nothing was."""

    newest: str = ""
    taken: tuple[Taken, ...] = ()


class DurableLog(Protocol):
    """A log of statements with one loader. `stream` is its name. Every method raises LogUnavailable where the log
    cannot be reached.

    An entry's id is `<ms>-<seq>`, greater than that of every entry before it; its `ms` is the statement's `stored`.
    """

    stream: str

    async def append(
        self, entries: Sequence[Entry], *, version: str, authority: bytes, known: Collection[str] = (), trace: str = ""
    ) -> Appended:
        """Append all entries, on disk before this returns; or none where the log knows some of the ids.

        Ids in `known` are left out. All or none also when a part dies meanwhile.
        """

    async def find(self, statement_id: str) -> str:
        """Id of the entry that brought a statement, "" where the log does not know (any more)."""

    async def entries_from(self, statement_id: str, count: int) -> list[LogEntry]:
        """The entry that brought a statement and those after it, `count` in all; [] where the log does not know it."""

    async def position(self, *, max_age_ms: float = 3.0) -> LogPosition:
        """Where the log stands, at most `max_age_ms` old. What it says is loaded is loaded."""

    async def wait_loaded(self, upto: str, *, timeout_ms: int) -> bool:
        """Wait until every entry up to `upto` is loaded; False when the time is over."""

    async def ensure_group(self) -> None:
        """Make what the loader needs where it is missing. It begins at the first entry."""

    async def read(self, consumer: str, count: int, block_ms: int) -> list[LogEntry]:
        """About `count` entries that were not read yet, in order; waits up to `block_ms` for the first."""

    async def claim(self, consumer: str, count: int, *, idle_ms: int, start: str = "0-0") -> tuple[str, list[LogEntry]]:
        """Entries that were read and never acknowledged, by whomever: given here, or again by `read`.

        Returns the id to go on from ("0-0" at the end) and the entries.
        """

    async def ack(self, ids: Sequence[bytes]) -> None:
        """Mark entries as loaded, in any order."""

    async def note_archived(self, upto_ms: int) -> None:
        """Remember that everything stored before this time is in the archive; `trim` keeps what is later."""

    async def trim(self) -> int:
        """Drop what is loaded and older than the retention, never what is not loaded."""

    async def acquire_lease(self, holder: str, seconds: float) -> bool:
        """Take or renew the right to load; False while another holder has it."""

    async def release_lease(self, holder: str) -> None:
        """Give the right to load back, where `holder` has it."""

    async def is_durable(self) -> bool | None:
        """Whether an append survives the loss of a machine or of power; None where the log does not say."""

    async def close(self) -> None:
        """Close all connections."""


class LogIndex(Protocol):
    """The entries of a log as they lie in it, read past the loader. Every method raises LogUnavailable.

    Log ids as XRANGE takes them: `<ms>-<seq>`, or `<ms>` alone for all of that time. Erased entries are in no answer.
    """

    stream: str

    async def first(self) -> str:
        """Id of the oldest entry that is still there, "" where there is none."""

    async def ids(self, *, after: str, upto: str, count: int = IDS_AT_ONCE, start: str = "-") -> list[tuple[str, str]]:
        """(log id, statement id) of up to `count` entries after log id `after` ("": from `start` on), up to `upto`."""

    async def page(self, *, after: str, upto: str, count: int) -> list[LogEntry]:
        """Up to `count` entries in full after log id `after` ("": from the first), up to `upto` ("+": to the last)."""

    async def entries(self, log_ids: Sequence[str]) -> list[LogEntry]:
        """The entries with these ids that are still there, in full."""

    async def close(self) -> None:
        """Close the connection."""
