"""Turns a decoder's refusal into a flaw with the rule of the standard behind it.

Belongs here: msgspec's messages and the paths in them. Not here: anything that runs for a valid statement.
"""

from __future__ import annotations

import re
from typing import Any, get_args

import msgspec

from lrs_platform.xapi.errors import Flaw, Path
from lrs_platform.xapi.json_text import NUMBER_RULE
from lrs_platform.xapi.model import InteractionType

_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_TYPE = re.compile(r"Expected `(.*?)`, got `(.*?)`", re.DOTALL)
_BOUND = re.compile(r"Expected `(\w+)` (?:(<=|>=) (\S+)|of length >= (\d+))")

_JSON_TYPES = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}
_OBJECT_TYPES = {
    "object": "Activity, Agent, Group, StatementRef or SubStatement",
    "statement": "StatementRef",
    "team": "Group",
    "group": "Group",
    "member": "Agent",
    "agent": "Agent",
    "contextAgents": "contextAgent",
    "contextGroups": "contextGroup",
    "actor": "Agent or Group",
    "authority": "Agent or Group",
    "instructor": "Agent or Group",
}


def explain(error: msgspec.ValidationError, text: bytes) -> Flaw:
    """The flaw behind `error`, raised while decoding the statement `text`."""
    match = _MESSAGE.fullmatch(str(error))
    what, steps = (match["what"], match["path"] or "") if match else (str(error), "")
    document = _document(text)
    path, node = _follow(steps, what, document)
    if found := _MISSING.fullmatch(what):
        return Flaw((*path, found[1]), f"{found[1]} is required here.")
    if found := _UNKNOWN.fullmatch(what):
        rule = "The standard knows no such property here (names are case-sensitive)."
        if path[-1:] == ("object",) and isinstance(node, dict) and "objectType" not in node:
            rule = "An object without objectType is an Activity, which has no such property."
        return Flaw((*path, found[1]), rule, found[1])
    if found := _TYPE.fullmatch(what):
        expected = " or ".join(_JSON_TYPES.get(name, name) for name in found[1].split(" | "))
        got = _JSON_TYPES.get(found[2], found[2])
        rule = f"This must be {expected}, not {got}."
        if found[2] == "null":
            rule = f"null is allowed inside extensions only; this must be {expected} or be left out."
        return Flaw(path, rule, None if found[2] == "null" else node)
    if found := _BOUND.fullmatch(what):
        rule = f"This must hold at least {found[4]} value." if found[4] else f"This must be {found[2]} {found[3]}."
        return Flaw(path, rule, node)
    if "out of range" in what:
        return Flaw(path, NUMBER_RULE)
    if what.startswith("Invalid enum value"):
        return Flaw(path, f"This must be {_choices(path)}, in exactly this case.", node)
    return Flaw(path, what + ".", node)


def _choices(path: Path) -> str:
    """The values that the enumerated property at `path` may have."""
    if path[-1:] == ("interactionType",):
        *most, last = get_args(InteractionType)
        return f"{', '.join(most)} or {last}"
    owner = next((part for part in reversed(path[:-1]) if isinstance(part, str)), "")
    return _OBJECT_TYPES.get(owner, "Activity")


def _document(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # the error at hand says what is wrong; the document would only have shown the value


def _follow(steps: str, what: str, node: Any) -> tuple[Path, Any]:
    """The path that msgspec names by `steps`, and what stands there; `[...]` is a key of a map, found by its value."""
    path: list[str | int] = []
    for step in _STEP.finditer(steps):
        key: str | int | None = step[1] if step[1] is not None else int(step[2]) if step[2] else None
        if key is None:
            wrong = (
                [name for name, value in node.items() if not isinstance(value, str)] if isinstance(node, dict) else []
            )
            if "`str`" not in what or not wrong:
                break
            key = wrong[0]
        path.append(key)
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            node = None
    return tuple(path), node
