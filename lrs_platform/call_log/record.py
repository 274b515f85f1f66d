"""The shape of a logged call, as the stream carries it and the table lrs.mcp_call keeps it.

Belongs here: the fields and their packing. Many calls share one stream entry, because an entry each would cost more
than the calls: 100 bytes of overhead in memory and on disk.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

STREAM = "lrs:calls"
MAX_ENTRIES = 5_000  # of the stream, about; with 100 calls of 250 bytes in each at most 125 MB
CALLS_IN_ENTRY = 100
FIELD = b"c"
AGENTS = "lrs:agents"  # hash: agent -> Heartbeat
LIVE = "lrs:calls:live:"  # + process: calls under way, a key that ends by itself


class LoggedCall(NamedTuple):
    """One tools/call. Times in ms; sizes in bytes; `rows` where the caller said so; `arguments` a keyed hash only."""

    at_ms: int
    server: str
    tool: str
    agent: str
    contract: str
    run: str
    trace: str
    request_bytes: int
    response_bytes: int
    rows: int | None
    ms: float
    outcome: str  # ok, tool_error, unavailable, cancelled
    error: str  # class of the failure, "" where there is none; never its text, which may hold data
    arguments: str


class LiveCall(msgspec.Struct):
    """A call that has begun and not ended."""

    server: str
    tool: str
    agent: str
    contract: str
    run: str
    at_ms: int
    process: str


class Heartbeat(msgspec.Struct):
    """What an agent's process last said of it. `state` is working or idle."""

    agent: str
    contract: str
    run: str
    trace: str
    since_ms: int
    beat_ms: int
    state: str
    process: str


def packed(calls: list[LoggedCall]) -> bytes:
    """Calls as one value of a stream entry: a JSON array of arrays."""
    return msgspec.json.encode(calls)


def unpacked(value: bytes) -> list[LoggedCall]:
    """The calls of an entry. msgspec.MsgspecError where it is none of ours."""
    return msgspec.json.decode(value, type=list[LoggedCall])
