"""Rules of Activities and their definitions (1.0.3: Data 2.4.4.1, 2.4.6.2; 2.0.0: 4.2.2.3, 4.2.2.5).

Belongs here: activities wherever they stand, interactions included. Not here: names and types of properties (model.py).
A broken rule raises Flaw with the path from the struct that was given.

Not checked, as the standard allows ("MAY validate"): whether response patterns fit the type of their interaction.
"""

from __future__ import annotations

from msgspec import UNSET

from lrs_platform.xapi.errors import Flaw
from lrs_platform.xapi.model import Activity, Component, ContextActivities, Definition
from lrs_platform.xapi.texts import GOOD_IRIS, GOOD_TAGS, check_extensions, check_iri, check_languages

# Which types of interaction know which lists of components
_COMPONENTS = {
    "choices": ("choice", "sequencing"),
    "scale": ("likert",),
    "source": ("matching",),
    "target": ("matching",),
    "steps": ("performance",),
}


def check_activity(activity: Activity) -> None:
    """Check an Activity with its definition."""
    if activity.id not in GOOD_IRIS:
        check_iri(activity.id, "id")
    if activity.definition is not UNSET:
        try:
            check_definition(activity.definition)
        except Flaw as flaw:
            raise flaw.under("definition") from None


def check_definition(definition: Definition) -> None:
    """Check the definition of an Activity."""
    if definition.name is not UNSET and not definition.name.keys() <= GOOD_TAGS:
        check_languages(definition.name, "name")
    if definition.description is not UNSET and not definition.description.keys() <= GOOD_TAGS:
        check_languages(definition.description, "description")
    if definition.type is not UNSET and definition.type not in GOOD_IRIS:
        check_iri(definition.type, "type")
    if definition.more_info is not UNSET and definition.more_info not in GOOD_IRIS:
        check_iri(definition.more_info, "moreInfo")
    if definition.extensions is not UNSET:
        check_extensions(definition.extensions)
    if (
        definition.interaction_type is not UNSET
        or definition.correct_responses_pattern is not UNSET
        or definition.choices is not UNSET
        or definition.scale is not UNSET
        or definition.source is not UNSET
        or definition.target is not UNSET
        or definition.steps is not UNSET
    ):
        _check_interaction(definition)


def _check_interaction(definition: Definition) -> None:
    interaction = definition.interaction_type
    if interaction is UNSET:
        rule = "A definition with correctResponsesPattern or a list of components must have an interactionType."
        raise Flaw(("interactionType",), rule)
    for name, types in _COMPONENTS.items():
        components = getattr(definition, name)
        if components is not UNSET:
            if interaction not in types:
                raise Flaw((name,), f"{name} belongs to interactions of type {' or '.join(types)} only.", interaction)
            _check_components(components, name)


def _check_components(components: list[Component], name: str) -> None:
    seen = set()
    for position, component in enumerate(components):
        if component.id in seen:
            raise Flaw((name, position, "id"), "Ids in a list of components must be distinct.", component.id)
        seen.add(component.id)
        if component.description is not UNSET:
            check_languages(component.description, name, position, "description")


def check_context_activities(by_type: ContextActivities) -> None:
    """Check the Activities of a context, each a list or (for the sake of 0.95) a single one."""
    if by_type.category is not UNSET:
        _check_activities(by_type.category, "category")
    if by_type.parent is not UNSET:
        _check_activities(by_type.parent, "parent")
    if by_type.grouping is not UNSET:
        _check_activities(by_type.grouping, "grouping")
    if by_type.other is not UNSET:
        _check_activities(by_type.other, "other")


def _check_activities(activities: list[Activity] | Activity, name: str) -> None:
    try:
        if isinstance(activities, Activity):
            check_activity(activities)
            return
        for activity in activities:
            if activity.definition is not UNSET or activity.id not in GOOD_IRIS:
                check_activity(activity)
    except Flaw as flaw:
        position = () if isinstance(activities, Activity) else (_position(activity, activities),)
        raise flaw.under(name, *position) from None


def _position(activity: Activity, activities: list[Activity]) -> int:
    return next(position for position, other in enumerate(activities) if other is activity)
