"""The formats "ids" and "canonical" of statements that are returned (1.0.3: Communication 2.1.3; 2.0: 4.1.6.1).

Belongs here: what each leaves out or puts in, and the choice of a language. Not here: the format "exact"
(compose.py), where canonical definitions come from (definitions.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

Json = dict[str, Any]
_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
_RANGE = re.compile(r"\s*([A-Za-z0-9-]+|\*)\s*(?:;\s*q\s*=\s*(\d(?:\.\d{0,3})?)\s*)?")
_COMPONENTS = ("choices", "scale", "source", "target", "steps")


def loaded(statement: bytes) -> Json:
    """A statement's members; numbers keep the text they were sent with."""
    found: Json = json.loads(statement, parse_float=_text_of, parse_int=_text_of)
    return found


def written(statement: Json) -> bytes:
    """The text of what `loaded` gave."""
    return msgspec.json.encode(statement)


def ids(statement: Json) -> Json:
    """Agents, Groups, Activities and Verbs with no more than what identifies them."""
    return _statement(statement, _agent_ids, lambda activity: _only(activity, ("id",)), _verb_id)


def canonical(statement: Json, definitions: Mapping[str, Json], language: str) -> Json:
    """Activities with their canonical definition, and in each language map of theirs and of Verbs one language.

    `definitions` by IRI; `language` is the header Accept-Language. An activity without one keeps its own.
    """
    ranges = accepted(language)

    def activity(found: Json) -> Json:
        definition = definitions.get(found["id"], found.get("definition"))
        return found if definition is None else {**found, "definition": _definition(definition, ranges)}

    def verb(found: Json) -> Json:
        return {**found, "display": _one(found["display"], ranges)} if "display" in found else found

    return _statement(statement, lambda agent: agent, activity, verb)


def activity_ids(statement: Json) -> set[str]:
    """IRIs of the Activities in a statement."""
    found: set[str] = set()

    def note(activity: Json) -> Json:
        found.add(activity["id"])
        return activity

    _statement(statement, lambda agent: agent, note, lambda verb: verb)
    return found


def accepted(language: str) -> list[str]:
    """The language ranges of an Accept-Language header, the preferred first (RFC 9110, 12.5.4); lower case."""
    ranges = []
    for number, part in enumerate(language.split(",")[:50]):
        match = _RANGE.fullmatch(part)
        if match and (quality := float(match[2] or 1)) > 0:
            ranges.append((-quality, number, match[1].lower()))
    return [name for _, _, name in sorted(ranges)]


def _statement(
    statement: Json, agent: Callable[[Json], Json], activity: Callable[[Json], Json], verb: Callable[[Json], Json]
) -> Json:
    """A statement or SubStatement, each Agent, Activity and Verb in it replaced."""
    changed = dict(statement)
    for name in ("actor", "authority"):
        if name in changed:
            changed[name] = agent(changed[name])
    changed["verb"] = verb(statement["verb"])
    subject = statement["object"]
    kind = subject.get("objectType", "Activity")
    if kind == "Activity":
        changed["object"] = activity(subject)
    elif kind == "SubStatement":
        changed["object"] = _statement(subject, agent, activity, verb)
    elif kind != "StatementRef":
        changed["object"] = agent(subject)
    if "context" in statement:
        changed["context"] = _context(statement["context"], agent, activity)
    return changed


def _context(context: Json, agent: Callable[[Json], Json], activity: Callable[[Json], Json]) -> Json:
    changed = dict(context)
    for name in ("instructor", "team"):
        if name in changed:
            changed[name] = agent(changed[name])
    if "contextActivities" in changed:
        changed["contextActivities"] = {
            name: [activity(one) for one in value] if isinstance(value, list) else activity(value)
            for name, value in context["contextActivities"].items()
        }
    for name, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in changed:
            changed[name] = [{**one, inner: agent(one[inner])} for one in context[name]]
    return changed


def _agent_ids(agent: Json) -> Json:
    """An Agent or identified Group by its identifier, an anonymous Group by its members'."""
    found = _only(agent, ("objectType", *_IDENTIFIERS))
    if "member" in agent and not any(name in agent for name in _IDENTIFIERS):
        found["member"] = [_agent_ids(member) for member in agent["member"]]
    return found


def _verb_id(verb: Json) -> Json:
    return _only(verb, ("id",))


def _only(found: Json, names: tuple[str, ...]) -> Json:
    return {name: found[name] for name in names if name in found}


def _definition(definition: Json, ranges: list[str]) -> Json:
    changed = dict(definition)
    for name in ("name", "description"):
        if name in changed:
            changed[name] = _one(changed[name], ranges)
    for name in _COMPONENTS:
        if name in changed:
            changed[name] = [
                {**one, "description": _one(one["description"], ranges)} if "description" in one else one
                for one in changed[name]
            ]
    return changed


def _one(texts: dict[str, str], ranges: list[str]) -> dict[str, str]:
    """The entry of a language map that fits best: RFC 4647 lookup, then a more special tag, then the first."""
    if len(texts) < 2:
        return texts
    tags = {tag.lower(): tag for tag in texts}
    for wanted in ranges:
        tag = wanted
        while tag:  # de-ch-1996, de-ch, de
            if tag in tags:
                return {tags[tag]: texts[tags[tag]]}
            tag = tag.rpartition("-")[0]
        for folded, special in tags.items():
            if folded.startswith(f"{wanted}-"):
                return {special: texts[special]}
    first = tags.get("und", next(iter(texts)))
    return {first: texts[first]}


def _text_of(number: str) -> msgspec.Raw:
    return msgspec.Raw(number.encode())
