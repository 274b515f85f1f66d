"""Where the log and its loader stand: entry ids, what is loaded, the watermark.

Belongs here: what the figures mean. Not here: asking Redis for them (log.py).
"""

from __future__ import annotations

from dataclasses import dataclass


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


def entry_key(entry_id: str) -> tuple[int, int]:
    """An entry id as (ms, seq), to compare by; (0, 0) for ""."""
    if not entry_id:
        return (0, 0)
    ms, _, seq = entry_id.partition("-")
    return int(ms), int(seq or 0)


def entry_ms(entry_id: str) -> int:
    """The ms part of an entry id, which is the statement's `stored`."""
    return entry_key(entry_id)[0]
