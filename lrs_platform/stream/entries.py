"""An entry of the log as the loader reads it. Belongs here: its shape, and entries of several shards in one order."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lrs_platform.stream.position import entry_key


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry as the loader reads it: entry id `<ms>-<seq>`, its statement line, traceparent of its request or ""."""

    id: bytes
    line: bytes
    trace: str = ""


def in_order(of_shards: Iterable[list[LogEntry]]) -> list[LogEntry]:
    """Entries of several shards in the order of the log."""
    first, *others = list(of_shards) or [[]]
    if not others:
        return first
    return sorted(itertools.chain(first, *others), key=lambda entry: entry_key(entry.id.decode()))


def entries_of(reply: list[Any]) -> list[LogEntry]:
    """Raw stream entries as statement lines; the append script writes the fields in the order i, v, a, s, t."""
    return [
        LogEntry(id_, b"\t".join((id_, *fields[1:8:2])), fields[9].decode() if len(fields) > 9 else "")
        for id_, fields in reply
        if fields
    ]
