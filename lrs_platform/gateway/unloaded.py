"""One statement by its id, from the warehouse or, where the loader is late or away, as the log holds it.

Belongs here: whether the log's text may be answered. Not here: pages, which are the warehouse's alone: what filters
find is settled while loading.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from lrs_platform.gateway.reading import Found, Reader, position_of, same_json
from lrs_platform.stream import DurableLog, LogEntry, LogUnavailable
from lrs_platform.stream.position import entry_ms
from lrs_platform.xapi.filters import findable

MOST_AFTER = 1000  # entries that are looked through for a voiding one: 7 us each


async def find_one(reader: Reader, log: DurableLog, statement_id: str, *, authority: bytes) -> Found | None:
    """The statement with this id, also a voided one; with `authority` only where that vouches for it.

    None where it is unknown, and where it is not loaded and voided by a later entry, or so far behind that this is not
    looked into. Raises Refused, as the reader does.
    """
    found = await reader.one(statement_id, authority=authority)
    if found is not None:
        return found
    try:
        entries = await log.entries_from(statement_id, MOST_AFTER + 1)
        loaded = bool(entries) and (await log.position()).is_loaded(entries[0].id.decode())
    except LogUnavailable:
        return None  # the answer's watermark tells that it is old
    if loaded:  # since the warehouse was asked
        return await reader.one(statement_id, authority=authority)
    if not entries or len(entries) > MOST_AFTER or any(_voids(later, statement_id) for later in entries[1:]):
        return None
    log_id, _, version, vouches, raw = entries[0].line.decode().split("\t", 4)
    if authority and not same_json(vouches, authority):
        return None
    stored = datetime.fromtimestamp(entry_ms(log_id) / 1000, UTC)
    return Found(statement_id, position_of(log_id), stored, version, vouches, raw)


def _voids(entry: LogEntry, statement_id: str) -> bool:
    try:
        found = findable(entry.line.split(b"\t", 4)[4])
    except msgspec.MsgspecError:  # whoever wrote it to the log did not check it
        return False
    return found.voids and found.refers_to == statement_id
