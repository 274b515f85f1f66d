"""What can be asked: every metric of the semantic model with what it can be broken down by and restricted to.

Belongs here: deriving this from the model. Not here: words of questions (words.py, matching.py), SQL (compiling.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from lrs_platform.semantic_model import Column, Mart, Metric, semantic_model

GRAINS = ("day", "week", "month")
THINGS = ("lesson", "cohort", "learner", "card")  # what has a name of its own
PSEUDONYM = re.compile(r"[0-9a-f]{6,64}")
NUMBERS = ("card_number", "week_no", "day_no")
_NOT_ASKED = frozenset({"registration", "subject", "grain"})


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one mart. `dimensions` it can be broken down by, `filterable` it can be restricted to."""

    mart: Mart
    metric: Metric
    dimensions: tuple[str, ...]
    filterable: tuple[str, ...]

    @property
    def name(self) -> str:
        """`mart.metric`, as intents have it."""
        return f"{self.mart.name}.{self.metric.name}"

    @property
    def title(self) -> str:
        """What people call it."""
        return self.metric.description.partition(":")[0]

    @property
    def joins_cohorts(self) -> bool:
        """Whether cohorts come from who is a member, because the mart has only learners."""
        return "cohort_id" not in _columns(self.mart)

    def column(self, name: str) -> Column:
        """The mart's column that holds a dimension."""
        columns = _columns(self.mart)
        return columns.get(f"{name}_id") or columns[name]

    def check_value(self, dimension: str, value: int | str) -> None:
        """Raises ValueError where `value` cannot be one of `dimension`."""
        if dimension in ("lesson", "cohort", "card", *NUMBERS):
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
                raise ValueError(f"{dimension} is given by its number, not by {str(value)[:40]!r}")
        elif not isinstance(value, str) or not 0 < len(value) <= 200:
            raise ValueError(f"{dimension} is given as a text of up to 200 characters")
        elif dimension == "learner" and not PSEUDONYM.fullmatch(value):
            raise ValueError("a learner is given by the beginning of a pseudonym, at least six hexadecimal digits")
        elif (known := self.mart.values.get(dimension)) and value not in known:
            raise ValueError(f"{dimension} is one of {', '.join(known)}")


@cache
def figures() -> Mapping[str, Figure]:
    """All figures by name, in the order of the model."""
    found = {}
    for mart in semantic_model().marts.values():
        for metric in mart.metrics:
            figure = _figure(mart, metric)
            found[figure.name] = figure
    return MappingProxyType(found)


@cache
def dimension_words() -> Mapping[str, tuple[str, ...]]:
    """What people call each dimension: its own name and the model's synonyms."""
    synonyms = semantic_model().synonyms
    names = {name for figure in figures().values() for name in (*figure.dimensions, *figure.filterable)}
    return MappingProxyType({name: (name.replace("_", " "), *synonyms.get(name, ())) for name in sorted(names)})


def _figure(mart: Mart, metric: Metric) -> Figure:
    columns = _columns(mart)
    things = [thing for thing in THINGS if f"{thing}_id" in columns]
    if "learner" in things and "cohort" not in things:
        things.insert(0, "cohort")
    labels = [
        column.name
        for column in mart.columns
        if (column.meaning == "label" and column.name not in _NOT_ASKED)
        or (column.name in NUMBERS and column.name in mart.key)
    ]
    grains = GRAINS if metric.time else ()
    numbers = [name for name in NUMBERS if name in columns and name not in labels]
    return Figure(mart, metric, (*things, *labels, *grains), (*things, *labels, *numbers))


def _columns(mart: Mart) -> Mapping[str, Column]:
    return {column.name: column for column in mart.columns}
