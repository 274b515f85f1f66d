"""Which mapping script maps which statements: rules.yaml read, checked, and written as a function for the sandbox.

Belongs here: the rules as values and as code. Not here: the scripts (scripts/), putting them together (composing.py).
The rules become code, not a table that code interprets: in the sandbox an operation costs a fifth of a microsecond, and
a statement is to be chosen for in less than two.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

NOTHING_ADDED = "canonical"
Values = str | list[str]


class MappingInvalid(ValueError):
    """Rules or scripts that cannot be used; the message says which file and why."""


class Rule(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One rule: its conditions hold all together, of the values of one condition any."""

    use: str
    verb: Values = ()  # type: ignore[assignment]  # none: the condition is not there
    type: Values = ()  # type: ignore[assignment]
    activity: Values = ()  # type: ignore[assignment]
    category: Values = ()  # type: ignore[assignment]
    extension: Values = ()  # type: ignore[assignment]
    platform: Values = ()  # type: ignore[assignment]
    authority: Values = ()  # type: ignore[assignment]

    def conditions(self) -> dict[str, list[str]]:
        """The conditions that are there, by name."""
        found = {name: getattr(self, name) for name in CONDITIONS}
        return {name: [value] if isinstance(value, str) else list(value) for name, value in found.items() if value}


# Conditions on one value, and that value as code for the sandbox, over what each_line.py hands to `choose`.
COLUMNS = {
    "verb": "row[VERB_ID]",
    "type": "row[ACTIVITY_TYPE]",
    "platform": "row[PLATFORM]",
    "authority": "key_of(authority)",
}
CONDITIONS = (*COLUMNS, "activity", "category", "extension")
FUNCTIONS = '''
AUTHORITIES = {}


def key_of(authority):
    """Key of the agent that an authority's JSON text names; of a group (OAuth) the first member's."""
    if authority not in AUTHORITIES:
        agent = json.loads(authority)
        AUTHORITIES[authority] = agent_key(agent["member"][0] if "member" in agent else agent)
    return AUTHORITIES[authority]


def choose(row, authority, context, activities):
    """Name of the script that the first fitting rule names; None where nothing is to be added."""
'''
GIVEN = {
    "category": """\
    categories = ()
    if "category" in activities:
        found = activities["category"]
        categories = [each["id"] for each in found] if isinstance(found, list) else [found["id"]]
""",
    "extension": """\
    extensions = context.get("extensions", ())
""",
}


def read_rules(text: str, source: str) -> list[Rule]:
    """The rules of a file's text. Raises MappingInvalid, naming `source`."""
    import yaml

    try:
        rules = msgspec.convert(yaml.safe_load(text) or [], list[Rule])
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise MappingInvalid(f"{source}: {error}") from error
    for number, rule in enumerate(rules[:-1], 1):
        if not rule.conditions():
            raise MappingInvalid(f"{source}: rule {number} has no condition, so those after it never fit")
    return rules


def as_code(rules: Sequence[Rule]) -> str:
    """The function `choose` of `rules`, and AMENDING, the functions that they name."""
    named = {name for rule in rules for name in rule.conditions()}
    lines = [FUNCTIONS.rstrip(), *(code.rstrip() for name, code in GIVEN.items() if name in named)]
    for rule in rules:
        tests = [_test(name, values) for name, values in rule.conditions().items()]
        answer = None if rule.use == NOTHING_ADDED else rule.use
        lines += [f"    if {' and '.join(tests) or 'True'}:", f"        return {answer!r}"]
    lines += ["    return None", ""]
    used = sorted({rule.use for rule in rules} - {NOTHING_ADDED})
    lines += ["", f"AMENDING = {{{', '.join(f'{name!r}: {name}' for name in used)}}}", ""]
    return "\n".join(lines)


def _test(name: str, values: Sequence[str]) -> str:
    """One condition as code."""
    match name:
        case "category" | "extension":
            place = "categories" if name == "category" else "extensions"
            either = " or ".join(f"{value!r} in {place}" for value in values)
            return f"{place} and ({either})"
        case "activity":
            return f"row[OBJECT_TYPE] == 'Activity' and (row[OBJECT_ID] or '').startswith({tuple(values)!r})"
        case _:
            return f"{COLUMNS[name]} in {tuple(values)!r}" if len(values) > 1 else f"{COLUMNS[name]} == {values[0]!r}"
