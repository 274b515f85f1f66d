"""The log held against the record: what was acknowledged to senders is stored, once, and nothing else is.

Belongs here: walking over both and summing what was found. Not here: comparing a span (the warehouse server's tool
`compare_log`), what is a fault (defs/ingest/checks.py), loading what is missing (etl_incremental.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from lrs_platform.stream import DurableLog
from lrs_platform.stream.durable_log import IDS_AT_ONCE, LogIndex
from lrs_platform.stream.position import entry_key

MILLISECOND = 1 << 20  # positions of one (docs/architecture.md, "Shapes")
HOUR_MS = 3_600_000
TRIES = 3
NAMED = 20  # of each kind of fault; the counts are whole


class McpServer(Protocol):
    """The part of the MCP client that comparing needs."""

    async def call_json(self, tool: str, arguments: dict[str, Any], *, safe_to_retry: bool = False) -> Any: ...


@dataclass(slots=True)
class Hour:
    """Entries of the log in one hour by what became of them, and the rows that stand there."""

    log: int = 0
    stored: int = 0
    repeated: int = 0  # the same statement stood already
    conflicts: int = 0
    rejected: int = 0
    standing: int = 0

    @property
    def agrees(self) -> bool:
        """Whether both sides have the same number."""
        return self.log == self.stored + self.repeated + self.conflicts + self.rejected and self.stored == self.standing


@dataclass(slots=True)
class Compared:
    """What a comparison found. Log ids, except `foreign`, which are statement ids; the first few of each."""

    entries: int = 0
    missing: list[str] = field(default_factory=list)
    without_event: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    missing_count: int = 0
    without_event_count: int = 0
    foreign_count: int = 0
    doubled: int = 0
    hours: dict[str, Hour] = field(default_factory=dict)

    def add(self, found: dict[str, Any]) -> None:
        """Add what the warehouse answered for one span."""
        for name in ("missing", "without_event", "foreign"):
            known: list[str] = getattr(self, name)
            setattr(self, name, (known + found[name])[:NAMED])
            setattr(self, f"{name}_count", getattr(self, f"{name}_count") + len(found[name]))
        self.doubled += found["doubled"]
        for hour, *counts in found["hours"]:
            name = datetime.fromtimestamp(hour * HOUR_MS / 1000, UTC).strftime("%Y-%m-%dT%H:00Z")
            known_hour = self.hours.setdefault(name, Hour())
            for column, count in zip(Hour.__slots__, counts, strict=True):
                setattr(known_hour, column, getattr(known_hour, column) + count)


async def compare(log: DurableLog, index: LogIndex, warehouse: McpServer, *, hours: float, most: int) -> Compared:
    """Compare the last hours up to the watermark; a shorter time where it has more than about `most` entries.

    Raises LogUnavailable, McpUnavailable, McpToolError.
    """
    for _ in range(TRIES):
        position = await log.position(max_age_ms=0)
        if not (first := await index.first()):
            break
        first_ms, upto_ms = entry_key(first)[0], position.watermark_ms
        span = max(1, upto_ms - first_ms)
        begin = max(first_ms, int(upto_ms - min(hours * HOUR_MS, span * most / max(1, position.length))))
        compared = await _compare(index, warehouse, begin, upto_ms, most)
        # What was trimmed while it was compared would look as if it had never been in the log.
        if entry_key(await index.first())[0] <= begin:
            return compared
    return Compared()


async def _compare(index: LogIndex, warehouse: McpServer, begin_ms: int, upto_ms: int, most: int) -> Compared:
    """Compare a span, or its begin where it has many more entries than `most`: they came in a burst."""
    compared = Compared()
    after, place = "", begin_ms * MILLISECOND - 1
    last = (upto_ms + 1) * MILLISECOND - 1
    while place < last and compared.entries < 2 * most:
        ids = await index.ids(after=after, start=f"{begin_ms}", upto=f"{upto_ms}", count=IDS_AT_ONCE)
        upto = last if len(ids) < IDS_AT_ONCE else _position(ids[-1][0])
        entries = "\n".join(f"{log_id}\t{statement_id}" for log_id, statement_id in ids)
        arguments = {"entries": entries, "after": place, "upto": upto}
        compared.add(await warehouse.call_json("compare_log", arguments, safe_to_retry=True))
        compared.entries += len(ids)
        after, place = (ids[-1][0] if ids else after), upto
    return compared


def _position(log_id: str) -> int:
    ms, sequence = entry_key(log_id)
    return ms * MILLISECOND + sequence
