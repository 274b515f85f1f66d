"""The log as several streams: which there are, and in which a statement goes.

Belongs here: names and the hash. All shards lie in one Redis, and an append gives its entries ids that are greater than
those of every shard (append.lua), so ids, positions and the watermark mean the same however many there are. One shard
has the name of the stream itself; the others come beside it, so more of them may be set at any time. For fewer, the
log must be loaded first: nobody reads a shard that is not there.
"""

from __future__ import annotations

import zlib

import msgspec


class _Account(msgspec.Struct):
    homePage: str = ""
    name: str = ""


class _Actor(msgspec.Struct):
    mbox: str = ""
    mbox_sha1sum: str = ""
    openid: str = ""
    account: _Account | None = None


class _Statement(msgspec.Struct):
    actor: _Actor


_decode = msgspec.json.Decoder(_Statement).decode


def names(stream: str, shards: int) -> list[str]:
    """The streams of a log."""
    return [stream, *(f"{stream}:shard:{number}" for number in range(1, shards))]


def shard_of(raw: bytes, shards: int) -> int:
    """The shard, from 0, of a statement: the same for all of an actor; by the whole text where it names nobody."""
    if shards == 1:
        return 0
    try:
        actor = _decode(raw).actor
    except msgspec.MsgspecError:
        return zlib.crc32(raw) % shards
    account = f"{actor.account.homePage}|{actor.account.name}" if actor.account else ""
    key = actor.mbox.lower() or account or actor.mbox_sha1sum.lower() or actor.openid
    return zlib.crc32(key.encode() if key else raw) % shards
