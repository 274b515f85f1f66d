"""The shapes of xAPI as msgspec structs: which properties exist, of which JSON type, which are required.

Belongs here: what a decoder in C can check by itself, above all that no other property and no null is there. Not here:
rules between properties and formats of texts (grammar.py). Sections are of 1.0.3, Part Two; 2.0.0 differs in Context.

An absent property is UNSET, never None: so `null` is refused wherever the standard forbids it (Data 2.2) and allowed
in extension values, which are `Any`. Extension values are decoded, not skipped, for their keys must be unique too.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

LanguageMap = dict[str, str]  # Data 4.2; keys are checked by grammar.py
Extensions = dict[str, Any]  # Data 4.1

JSON_NAMES = {
    "context_activities": "contextActivities",
    "context_agents": "contextAgents",
    "context_groups": "contextGroups",
    "correct_responses_pattern": "correctResponsesPattern",
    "content_type": "contentType",
    "file_url": "fileUrl",
    "home_page": "homePage",
    "interaction_type": "interactionType",
    "more_info": "moreInfo",
    "object_type": "objectType",
    "relevant_types": "relevantTypes",
    "usage_type": "usageType",
}

O = TypeVar("O")  # the object of a statement  # noqa: E741
C = TypeVar("C")  # its context, by version


class Closed(Struct, forbid_unknown_fields=True, rename=JSON_NAMES, gc=False):
    """An object without other properties than the standard's (Data 2.2: reject keys that are not allowed)."""


class Account(Closed):
    """Data 2.4.2.4."""

    home_page: str
    name: str


class Agent(Closed):
    """Data 2.4.2.1; exactly one of the four identifiers (grammar.py)."""

    object_type: Literal["Agent"] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = UNSET
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET


class Group(Closed):
    """Data 2.4.2.2; a member is an Agent, so groups do not nest."""

    object_type: Literal["Group"]
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = UNSET
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    member: list[Agent] | UnsetType = UNSET


class Actor(Closed):
    """An Agent or a Group, where either may stand: one struct, for objectType may be absent and so cannot be a tag."""

    object_type: Literal["Agent", "Group"] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = UNSET
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    member: list[Agent] | UnsetType = UNSET


class ObjectActor(Actor):
    """An Agent or Group as a statement's object: objectType is required there (Data 2.4.4.2)."""

    object_type: Literal["Agent", "Group"]


class Verb(Closed):
    """Data 2.4.3."""

    id: str
    display: LanguageMap | UnsetType = UNSET


class Component(Closed):
    """An interaction component (Data 2.4.4.1)."""

    id: str
    description: LanguageMap | UnsetType = UNSET


InteractionType = Literal[
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
]


class Definition(Closed):
    """An activity definition (Data 2.4.4.1)."""

    name: LanguageMap | UnsetType = UNSET
    description: LanguageMap | UnsetType = UNSET
    type: str | UnsetType = UNSET
    more_info: str | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET
    interaction_type: InteractionType | UnsetType = UNSET
    correct_responses_pattern: list[str] | UnsetType = UNSET
    choices: list[Component] | UnsetType = UNSET
    scale: list[Component] | UnsetType = UNSET
    source: list[Component] | UnsetType = UNSET
    target: list[Component] | UnsetType = UNSET
    steps: list[Component] | UnsetType = UNSET


class Activity(Closed):
    """Data 2.4.4.1."""

    id: str
    object_type: Literal["Activity"] | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET


class StatementRef(Closed):
    """Data 2.4.4.3."""

    object_type: Literal["StatementRef"]
    id: str


class Score(Closed):
    """Data 2.4.5.1."""

    scaled: Annotated[float, Meta(ge=-1, le=1)] | UnsetType = UNSET
    raw: float | UnsetType = UNSET
    min: float | UnsetType = UNSET
    max: float | UnsetType = UNSET


class Result(Closed):
    """Data 2.4.5."""

    score: Score | UnsetType = UNSET
    success: bool | UnsetType = UNSET
    completion: bool | UnsetType = UNSET
    response: str | UnsetType = UNSET
    duration: str | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET


class ContextActivities(Closed):
    """Data 2.4.6.2: four keys; a single Activity is allowed for the sake of 0.95."""

    category: list[Activity] | Activity | UnsetType = UNSET
    parent: list[Activity] | Activity | UnsetType = UNSET
    grouping: list[Activity] | Activity | UnsetType = UNSET
    other: list[Activity] | Activity | UnsetType = UNSET


class ContextAgent(Closed):
    """2.0.0, 4.2.2.5."""

    object_type: Literal["contextAgent"]
    agent: Agent
    relevant_types: Annotated[list[str], Meta(min_length=1)] | UnsetType = UNSET


class ContextGroup(Closed):
    """2.0.0, 4.2.2.5."""

    object_type: Literal["contextGroup"]
    group: Group
    relevant_types: Annotated[list[str], Meta(min_length=1)] | UnsetType = UNSET


class Context103(Closed):
    """Data 2.4.6."""

    registration: str | UnsetType = UNSET
    instructor: Actor | UnsetType = UNSET
    team: Group | UnsetType = UNSET
    context_activities: ContextActivities | UnsetType = UNSET
    revision: str | UnsetType = UNSET
    platform: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    statement: StatementRef | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET


class Context200(Context103):
    """2.0.0, 4.2.2.5: 1.0.3's context with two more properties."""

    context_agents: list[ContextAgent] | UnsetType = UNSET
    context_groups: list[ContextGroup] | UnsetType = UNSET


class Attachment(Closed):
    """Data 2.4.11."""

    usage_type: str
    display: LanguageMap
    content_type: str
    length: Annotated[int, Meta(ge=0, le=2**63 - 1)]  # octets
    sha2: str
    description: LanguageMap | UnsetType = UNSET
    file_url: str | UnsetType = UNSET


class SubStatement(Closed, Generic[O, C]):
    """Data 2.4.4.3: a statement without id, stored, version and authority."""

    object_type: Literal["SubStatement"]
    actor: Actor
    verb: Verb
    object: O
    result: Result | UnsetType = UNSET
    context: C | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET


class Statement(Closed, Generic[O, C]):
    """Data 2.4."""

    actor: Actor
    verb: Verb
    object: O
    id: str | UnsetType = UNSET
    result: Result | UnsetType = UNSET
    context: C | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    stored: str | UnsetType = UNSET
    authority: Actor | UnsetType = UNSET
    version: str | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET
