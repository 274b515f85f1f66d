"""A stored statement as an LRS returns it (format "exact"): the text that came, with what an LRS adds.

Belongs here: id, stored, authority, version and timestamp put in; lists for contextActivities; UTC for 2.0.0. Not here:
the formats "ids" and "canonical". The stored bytes never change: nothing is written anew but what the standard wants
written otherwise, so numbers, order and white space stay as they were sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from lrs_platform.xapi.moments import in_utc, written
from lrs_platform.xapi.versions import Version

_ACTIVITIES = "contextActivities"


class _Context(Struct, gc=False):
    contextActivities: dict[str, Raw] | UnsetType = UNSET


class _Object(Struct, gc=False):
    """Only a SubStatement has these among the objects of a statement."""

    context: _Context | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET


class _Parts(Struct, gc=False):
    """What decides whether anything of the text must change."""

    id: Raw | UnsetType = UNSET
    object: _Object | UnsetType = UNSET
    context: _Context | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    stored: Raw | UnsetType = UNSET
    authority: Raw | UnsetType = UNSET
    version: Raw | UnsetType = UNSET


_parts = msgspec.json.Decoder(_Parts).decode
_members = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.encode


def compose(
    raw: bytes, *, statement_id: str, stored: datetime, authority: bytes, version: str, for_version: Version
) -> bytes:
    """The statement `raw` (valid, as `parse` gave it) as the LRS returns it.

    `stored` is aware; `authority` one JSON object; `version` the xAPI version of the request that brought the statement
    ("1.0.3", "2.0.0"), which stands for a version the statement does not name (Data 2.4.10); `for_version` that of the
    request that reads. Sent values of stored and authority are replaced (Data 2.4.8, 2.4.9).
    """
    parts = _parts(raw)
    moment = written(stored)
    added = f',"stored":"{moment}"'
    if parts.id is UNSET:
        added += f',"id":"{statement_id}"'
    if parts.version is UNSET:
        added += f',"version":"{Version(version).of_statements}"'
    if parts.timestamp is UNSET:
        added += f',"timestamp":"{moment}"'
    changed = _changed(raw, parts, for_version)
    if changed is not None:
        raw = _joined(changed)
    return b'%b%b,"authority":%b}' % (raw.rstrip()[:-1], added.encode(), authority)


def _changed(raw: bytes, parts: _Parts, for_version: Version) -> dict[str, bytes] | None:
    """The members of the statement where some must change or go, None where all can stay as they are."""
    utc = for_version is Version.V2_0_0
    inner = parts.object if parts.object is not UNSET else _Object()
    if (
        parts.stored is UNSET
        and parts.authority is UNSET
        and not _holds_single(parts.context)
        and not (utc and _elsewhere(parts.timestamp))
        and not _holds_single(inner.context)
        and not (utc and _elsewhere(inner.timestamp))
    ):
        return None
    members = _copied(_members(raw))
    members.pop("stored", None)
    members.pop("authority", None)
    if inner.context is not UNSET or inner.timestamp is not UNSET:
        members["object"] = _joined(_standardised(_copied(_members(members["object"])), utc))
    return _standardised(members, utc)


def _holds_single(context: _Context | UnsetType) -> bool:
    """Whether a contextActivities property is a single Activity (Data 2.4.6.2: returned as an array)."""
    if context is UNSET or context.contextActivities is UNSET:
        return False
    return any(bytes(value).startswith(b"{") for value in context.contextActivities.values())


def _elsewhere(timestamp: str | UnsetType) -> bool:
    """Whether a timestamp is in another time zone than UTC, or names none."""
    return timestamp is not UNSET and in_utc(timestamp) != timestamp


def _standardised(members: dict[str, bytes], utc: bool) -> dict[str, bytes]:
    """The members of a statement or SubStatement with arrays in contextActivities and, if `utc`, its time in UTC."""
    context = _copied(_members(members["context"])) if "context" in members else {}
    if _ACTIVITIES in context:
        by_type = _copied(_members(context[_ACTIVITIES]))
        lists = {name: b"[%b]" % value if value.startswith(b"{") else value for name, value in by_type.items()}
        if lists != by_type:
            context[_ACTIVITIES] = _joined(lists)
            members["context"] = _joined(context)
    if utc and "timestamp" in members:
        members["timestamp"] = _encode(in_utc(msgspec.json.decode(members["timestamp"], type=str)))
    return members


def _copied(members: Mapping[str, Raw]) -> dict[str, bytes]:
    return {name: bytes(value) for name, value in members.items()}


def _joined(members: Mapping[str, bytes]) -> bytes:
    return b"{%b}" % b",".join(b"%b:%b" % (_encode(name), value) for name, value in members.items())
