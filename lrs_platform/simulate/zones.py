"""Local days and hours of a time zone over a span of days, fast enough for every statement.

Belongs here: the offset of a zone at an instant, and back. Not here: when people are awake (rhythm.py).
Instants are integers, milliseconds since 1970 in UTC; local days are integers too, days since 1970-01-01.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

MARGIN_DAYS = 40  # late bursts and clocks that are wrong reach beyond the span that is simulated
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Window:
    """The span that is simulated: `days` days from `start`, 00:00 UTC. `end` is the instant behind the last of them."""

    start: date
    days: int

    @property
    def begin(self) -> int:
        """First instant."""
        return midnight_utc(self.start)

    @property
    def end(self) -> int:
        """The instant behind the last day."""
        return self.begin + self.days * DAY


def midnight_utc(day: date) -> int:
    """00:00 UTC of `day`."""
    return (day - EPOCH).days * DAY


def written_day(day: int) -> str:
    """A local day as ISO 8601."""
    return (EPOCH + timedelta(days=day)).isoformat()


def weekday(day: int) -> int:
    """Monday is 0; 1970-01-01 was a Thursday."""
    return (day + 3) % 7


class Zone:
    """A time zone's offsets during a window, from the time zone database."""

    __slots__ = ("_changes", "_offsets", "name")

    def __init__(self, name: str, window: Window) -> None:
        self.name = name
        zone = ZoneInfo(name)
        last = window.days + MARGIN_DAYS
        low = datetime(window.start.year, window.start.month, window.start.day, tzinfo=UTC) - timedelta(MARGIN_DAYS)
        self._changes: list[int] = []
        self._offsets = [_offset(zone, low)]
        for _ in range(last + MARGIN_DAYS):
            high = low + timedelta(days=1)
            if _offset(zone, high) != self._offsets[-1]:
                self._changes.append(_change(zone, low, high))
                self._offsets.append(_offset(zone, high))
            low = high

    def offset(self, instant: int) -> int:
        """Milliseconds that local time is ahead of UTC."""
        return self._offsets[bisect(self._changes, instant)]

    def day(self, instant: int) -> int:
        """The local day."""
        return (instant + self.offset(instant)) // DAY

    def hour(self, instant: int) -> int:
        """The local hour, 0 to 23."""
        return (instant + self.offset(instant)) % DAY // HOUR

    def instant(self, day: int, time_of_day: int) -> int:
        """When the clock shows `time_of_day` (milliseconds) on local `day`; an hour later where the clock skips it."""
        local = day * DAY + time_of_day
        return local - self.offset(local - self.offset(local))


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) * SECOND


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> int:
    """The first second between `low` and `high` that has the offset of `high`."""
    before, after = int(low.timestamp()), int(high.timestamp())
    later = _offset(zone, high)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == later:
            after = middle
        else:
            before = middle
    return after * SECOND
