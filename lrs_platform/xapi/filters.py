"""What a statement is found by: the keys of GET /statements' filters (Communication 2.1.3; 2.0: 4.1.6.1).

Belongs here: which properties of a statement each filter looks at. Not here: how keys are stored and looked up (the
warehouse). Statements are read leniently: they were checked when they came, perhaps by another release's grammar.

A key is a text, one letter for the filter and then what it looks for. `agent` and `activity` are what these filters
look at by themselves, `related_...` what they look at in addition where they are asked to look broadly.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from lrs_platform.xapi.identifiers import account_key, fold_mbox

AGENT, RELATED_AGENT, AUTHORITY = "a", "A", "u"
ACTIVITY, RELATED_ACTIVITY = "o", "O"
VERB, REGISTRATION = "v", "r"

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


class _Account(Struct, gc=False):
    homePage: str
    name: str


class _Agent(Struct, gc=False):
    """An Agent or Group."""

    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = UNSET
    openid: str | UnsetType = UNSET
    account: _Account | UnsetType = UNSET
    member: list[_Agent] | UnsetType = UNSET


class _Activity(Struct, gc=False):
    id: str
    definition: Raw | UnsetType = UNSET


_Activities = list[_Activity] | _Activity | UnsetType


class _ContextActivities(Struct, gc=False):
    parent: _Activities = UNSET
    grouping: _Activities = UNSET
    category: _Activities = UNSET
    other: _Activities = UNSET


class _ContextAgent(Struct, gc=False):
    agent: _Agent


class _ContextGroup(Struct, gc=False):
    group: _Agent


class _Context(Struct, gc=False):
    registration: str | UnsetType = UNSET
    instructor: _Agent | UnsetType = UNSET
    team: _Agent | UnsetType = UNSET
    contextActivities: _ContextActivities | UnsetType = UNSET
    contextAgents: list[_ContextAgent] | UnsetType = UNSET
    contextGroups: list[_ContextGroup] | UnsetType = UNSET


class _Verb(Struct, gc=False):
    id: str


class _Object(_Agent, gc=False):
    """Activity, Agent, Group, StatementRef or SubStatement."""

    objectType: str = "Activity"
    id: str = ""
    definition: Raw | UnsetType = UNSET
    actor: _Agent | UnsetType = UNSET
    object: _Object | UnsetType = UNSET
    context: _Context | UnsetType = UNSET


class _Statement(Struct, gc=False):
    actor: _Agent
    verb: _Verb
    object: _Object
    context: _Context | UnsetType = UNSET


class Findable(Struct, gc=False):
    """What a statement is found by.

    `refers_to` is the id, lower case, of the statement that it has as object: what finds that one finds this one too.
    `definitions` are the activities that it defines, with the definitions' own text.
    """

    keys: set[str]
    refers_to: str | None
    voids: bool
    definitions: list[tuple[str, bytes]]


_decode = msgspec.json.Decoder(_Statement).decode
_decode_agent = msgspec.json.Decoder(_Agent).decode


def findable(raw: bytes) -> Findable:
    """What the statement `raw` is found by, its authority left out. msgspec.MsgspecError where it is no statement."""
    statement = _decode(raw)
    subject = statement.object
    keys = {f"v{statement.verb.id}"}
    found = Findable(keys, None, False, [])
    _add_agent(keys, AGENT, statement.actor)
    kind = subject.objectType
    if kind == "Activity":
        keys.add(f"o{subject.id}")
        if subject.definition is not UNSET:
            found.definitions.append((subject.id, bytes(subject.definition)))
    elif kind == "StatementRef":
        found.refers_to = subject.id.lower()
        found.voids = statement.verb.id == VOIDED
    elif kind == "SubStatement":
        _add_inner(found, subject)
    else:
        _add_agent(keys, AGENT, subject)
    if statement.context is not UNSET:
        if statement.context.registration is not UNSET:
            keys.add(f"r{statement.context.registration.lower()}")
        _add_context(found, statement.context)
    return found


def authority_keys(authority: bytes) -> set[str]:
    """Keys of the one who vouches for a statement: for related_agents, and for those who may read their own only."""
    keys: set[str] = set()
    _add_agent(keys, AUTHORITY, _decode_agent(authority))
    return keys


def agent_keys(agent: bytes, *, related: bool) -> list[str]:
    """Keys that find the statements of an Agent or identified Group, given as JSON; [] where it has no identifier."""
    key = _key(_decode_agent(agent))
    kinds = (AGENT, RELATED_AGENT, AUTHORITY) if related else (AGENT,)
    return [kind + key for kind in kinds] if key is not None else []


def activity_keys(activity_id: str, *, related: bool) -> list[str]:
    """Keys that find the statements about an activity."""
    return [kind + activity_id for kind in ((ACTIVITY, RELATED_ACTIVITY) if related else (ACTIVITY,))]


def _add_inner(found: Findable, inner: _Object) -> None:
    """What a SubStatement is about is looked at by related_agents and related_activities only."""
    if inner.actor is not UNSET:
        _add_agent(found.keys, RELATED_AGENT, inner.actor)
    subject = inner.object
    if subject is not UNSET:
        if subject.objectType == "Activity":
            found.keys.add(f"O{subject.id}")
            if subject.definition is not UNSET:
                found.definitions.append((subject.id, bytes(subject.definition)))
        elif subject.objectType != "StatementRef":
            _add_agent(found.keys, RELATED_AGENT, subject)
    if inner.context is not UNSET:
        _add_context(found, inner.context)


def _add_context(found: Findable, context: _Context) -> None:
    keys, by_type = found.keys, context.contextActivities
    if by_type is not UNSET:
        for activities in (by_type.parent, by_type.grouping, by_type.category, by_type.other):
            if activities is not UNSET:
                for activity in activities if isinstance(activities, list) else (activities,):
                    keys.add(f"O{activity.id}")
                    if activity.definition is not UNSET:
                        found.definitions.append((activity.id, bytes(activity.definition)))
    if context.instructor is not UNSET:
        _add_agent(keys, RELATED_AGENT, context.instructor)
    if context.team is not UNSET:
        _add_agent(keys, RELATED_AGENT, context.team)
    for relevant in context.contextAgents or ():
        _add_agent(keys, RELATED_AGENT, relevant.agent)
    for relevant_group in context.contextGroups or ():
        _add_agent(keys, RELATED_AGENT, relevant_group.group)


def _add_agent(keys: set[str], kind: str, agent: _Agent) -> None:
    """Add an Agent, or a Group and its members (Communication 2.1.3: a Group with a matching member matches)."""
    key = _key(agent)
    if key is not None:
        keys.add(kind + key)
    if agent.member:  # UNSET is false too
        members: Iterable[_Agent] = agent.member
        for member in members:
            _add_agent(keys, kind, member)


def _key(agent: _Agent) -> str | None:
    """identifiers.agent_key, of a struct."""
    if agent.mbox is not UNSET:
        return fold_mbox(agent.mbox)
    if agent.account is not UNSET:
        return account_key(agent.account.homePage, agent.account.name)
    if agent.mbox_sha1sum is not UNSET:
        return agent.mbox_sha1sum.lower()
    return agent.openid if agent.openid is not UNSET else None
