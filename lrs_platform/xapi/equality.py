"""Whether two texts are the same statement (1.0.3: Data 2.3.1, Statement Comparison Requirements; 2.0.0: 4.2.4).

Belongs here: what an LRS or a client may change in a statement without making it another one. Not here: what to answer
when two statements share an id.

Ignored, as the standard wants: what an LRS assigns (stored, authority, version; id and timestamp where only one has
them), verb displays, activity definitions, attachments, the order of a Group's members, timestamps' time zone and
digits beyond milliseconds, durations' digits beyond hundredths of a second, the case of hashes, UUIDs, mail domains
and language tags, a missing default objectType, an array of one where a single Activity may stand, key order and the
spelling of numbers. Everything else counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from lrs_platform.xapi.identifiers import fold_mbox
from lrs_platform.xapi.moments import comparable_duration, instant

Json = dict[str, Any]

_NOT_COMPARED = ("stored", "authority", "version", "attachments")


def same_statement(a: bytes, b: bytes) -> bool:
    """Whether the valid statements `a` and `b` are the same; ValueError where one is not JSON."""
    if a == b:
        return True
    one, other = _event(_loaded(a)), _event(_loaded(b))
    for assigned in ("id", "timestamp"):
        if assigned not in one or assigned not in other:
            one.pop(assigned, None)
            other.pop(assigned, None)
    return one == other


def _loaded(text: bytes) -> Json:
    loaded: Json = json.loads(text, parse_float=_number, parse_int=_number)
    return loaded


def _number(text: str) -> Decimal | float:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond Decimal's: so small that a float says 0.0
        return float(text)


def _event(statement: Json) -> Json:
    """A statement or SubStatement, reduced to what counts."""
    kept = {name: value for name, value in statement.items() if name not in _NOT_COMPARED}
    return _each(kept, _OF_STATEMENT)


def _each(members: Json, rules: dict[str, Callable[[Any], Any]]) -> Json:
    return {name: rules.get(name, _value)(value) for name, value in members.items()}


def _value(value: Any) -> Any:
    """A JSON value such that equal ones, and no others, compare equal; in Python True == 1."""
    if isinstance(value, dict):
        return {name: _value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    return (value,) if isinstance(value, bool) else value


def _moment(timestamp: str) -> Any:
    try:
        whole, fraction = instant(timestamp)
    except OverflowError:
        return timestamp
    return whole, fraction[:3].rstrip("0")


def _actor(actor: Json) -> Json:
    return {"objectType": "Agent", **_each(actor, _OF_ACTOR)}


def _members(members: list[Json]) -> list[Json]:
    return sorted(map(_actor, members), key=lambda member: json.dumps(member, sort_keys=True))


def _object(subject: Json) -> Json:
    kind = subject.get("objectType", "Activity")
    if kind in ("Agent", "Group"):
        return _actor(subject)
    if kind == "SubStatement":
        return _event(subject)
    return {"objectType": kind, "id": subject["id"].lower() if kind == "StatementRef" else subject["id"]}


def _activities(by_type: Json) -> Json:
    return {
        name: [activity["id"] for activity in (value if isinstance(value, list) else [value])]
        for name, value in by_type.items()
    }


_OF_ACTOR: dict[str, Callable[[Any], Any]] = {"mbox": fold_mbox, "mbox_sha1sum": str.lower, "member": _members}
_OF_RESULT: dict[str, Callable[[Any], Any]] = {"duration": comparable_duration}
_OF_RELEVANT: dict[str, Callable[[Any], Any]] = {"agent": _actor, "group": _actor}
_OF_CONTEXT: dict[str, Callable[[Any], Any]] = {
    "registration": str.lower,
    "instructor": _actor,
    "team": _actor,
    "language": str.lower,
    "statement": _object,
    "contextActivities": _activities,
    "contextAgents": lambda entries: [_each(entry, _OF_RELEVANT) for entry in entries],
    "contextGroups": lambda entries: [_each(entry, _OF_RELEVANT) for entry in entries],
}
_OF_STATEMENT: dict[str, Callable[[Any], Any]] = {
    "id": str.lower,
    "actor": _actor,
    "verb": lambda verb: verb["id"],
    "object": _object,
    "result": lambda result: _each(result, _OF_RESULT),
    "context": lambda context: _each(context, _OF_CONTEXT),
    "timestamp": _moment,
}
