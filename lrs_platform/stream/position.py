"""Where the log and its loader stand: entry ids, what is loaded, the watermark.

Belongs here: what the figures mean. Not here: asking Redis for them (log.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LAST_OF_A_MS = 2**20 - 1  # positions have room for no more


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where the log and its loader stand. Times in ms since 1970 by Redis' clock; entry ids as text, "" for none."""

    length: int
    newest: str
    delivered: str
    pending: int
    oldest_pending: str
    lag: int
    now_ms: int
    oldest_undelivered: str = ""

    @property
    def oldest_pending_ms(self) -> int:
        """Age in ms of the oldest entry that was delivered but not acknowledged; 0 where there is none."""
        return max(0, self.now_ms - entry_ms(self.oldest_pending)) if self.oldest_pending else 0

    @property
    def backlog(self) -> int:
        """Entries accepted and not yet in the warehouse."""
        return self.lag + self.pending

    @property
    def watermark_ms(self) -> int:
        """Everything stored at or before this time is in the warehouse: X-Experience-API-Consistent-Through.

        Exclusive of its own ms, in which another entry may still be appended.
        """
        missing = self.oldest_pending or self.oldest_undelivered
        return (entry_ms(missing) if missing else self.now_ms) - 1

    def is_loaded(self, upto: str) -> bool:
        """Whether every entry up to the id `upto` is in the warehouse."""
        if not upto:
            return True
        key = entry_key(upto)
        if entry_key(self.delivered) < key:
            return False
        return not self.pending or entry_key(self.oldest_pending) > key


def together(shards: Sequence[LogPosition]) -> LogPosition:
    """Where a log of several shards stands: as far as the one that is furthest behind.

    `delivered` is then the id before the first entry that is not delivered, which may be in no shard.
    """
    if len(shards) == 1:
        return shards[0]
    newest = max((shard.newest for shard in shards), key=entry_key)
    undelivered = min(
        (each.oldest_undelivered for each in shards if each.oldest_undelivered), key=entry_key, default=""
    )
    pending = min((each.oldest_pending for each in shards if each.oldest_pending), key=entry_key, default="")
    return LogPosition(
        length=sum(shard.length for shard in shards),
        newest=newest,
        delivered=_before(undelivered) if undelivered else newest,
        pending=sum(shard.pending for shard in shards),
        oldest_pending=pending,
        lag=sum(shard.lag for shard in shards),
        now_ms=shards[0].now_ms,
        oldest_undelivered=undelivered,
    )


def _before(entry_id: str) -> str:
    ms, seq = entry_key(entry_id)
    return f"{ms}-{seq - 1}" if seq else f"{ms - 1}-{LAST_OF_A_MS}"


def entry_key(entry_id: str) -> tuple[int, int]:
    """An entry id as (ms, seq), to compare by; (0, 0) for ""."""
    if not entry_id:
        return (0, 0)
    ms, _, seq = entry_id.partition("-")
    return int(ms), int(seq or 0)


def entry_ms(entry_id: str) -> int:
    """The ms part of an entry id, which is the statement's `stored`."""
    return entry_key(entry_id)[0]
