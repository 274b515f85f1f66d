"""X-Experience-API-Consistent-Through: the time up to which everything stored is in the warehouse (Communication
2.1.3).

Belongs here: how fresh the header of an answer must be. A watermark never goes back, so an older one is still true:
an answer to a write takes the last one known and never waits for it, an answer to a read takes one from after its
read barrier.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime

from lrs_platform.stream import DurableLog, LogPosition, LogUnavailable

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # a log that takes longer to say where it stands counts as away
OLD_SECONDS = 0.25  # answers to writes: at most four looks a second, whatever the load


class Watermark:
    """The last known watermark of this process; 1970 until the log has been reached once."""

    def __init__(self, statement_log: DurableLog) -> None:
        self._log = statement_log
        self._ms = 0
        self._looked = 0.0
        self._header = iso(0).encode()
        self._refresh: asyncio.Task[LogPosition | None] | None = None

    def known(self) -> bytes:
        """The header's value without waiting; starts a look in the background where the last one is old."""
        if time.monotonic() - self._looked > OLD_SECONDS and (self._refresh is None or self._refresh.done()):
            self._refresh = asyncio.create_task(self.look())
        return self._header

    async def look(self) -> LogPosition | None:
        """Look where the log stands now, and remember the watermark; None, with the last one kept, where the log is
        away.
        """
        self._looked = time.monotonic()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                position = await self._log.position(max_age_ms=2)
        except (LogUnavailable, TimeoutError) as error:
            log.warning("the watermark stays at %s: %s", self._header.decode(), str(error) or "the log is slow")
            return None
        if position.watermark_ms > self._ms:
            self._ms, self._header = position.watermark_ms, iso(position.watermark_ms).encode()
        return position


def iso(ms: int) -> str:
    """A time in ms since 1970 as ISO 8601 in UTC, with ms and Z."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def http_date(moment: datetime) -> str:
    """A time in the form of Last-Modified (RFC 9110 5.6.7)."""
    from email.utils import format_datetime

    return format_datetime(moment.astimezone(UTC), usegmt=True)
