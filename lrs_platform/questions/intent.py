"""What was asked, in the terms of the semantic model: the one thing that every way of reading a question ends in.

Belongs here: the shape of an intent and whether it makes sense. Not here: how one is read from words (reading.py,
chat/), its SQL (compiling.py). It travels as JSON: the page sends it back when somebody corrects it, or asks on.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from lrs_platform.questions.vocabulary import GRAINS, Figure, figures

Order = Literal["", "asc", "desc"]
MOST_VALUES = 50
LARGEST_LIMIT = 1000


class IntentInvalid(ValueError):
    """An intent that names what the semantic model does not have; the message says what it has."""


class Chosen(msgspec.Struct, frozen=True):
    """A value that a dimension is restricted to; `id` as the database has it, `name` as people read it."""

    id: int | str
    name: str


class Intent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure, of what, broken down by what.

    `figure` is `mart.metric`. `filters` restrict dimensions; `by` are dimensions, or day, week, month. Days are
    inclusive. `order` ranks by the figure; `limit` keeps the first, and what ties with the last of them.
    """

    figure: str
    filters: dict[str, tuple[Chosen, ...]] = {}
    by: tuple[str, ...] = ()
    from_day: date | None = None
    to_day: date | None = None
    order: Order = ""
    limit: int | None = None

    @property
    def of(self) -> Figure:
        """The figure. Raises IntentInvalid where there is none of that name."""
        found = figures().get(self.figure)
        if found is None:
            raise IntentInvalid(f"there is no figure {self.figure[:80]!r}")
        return found

    @property
    def grain(self) -> str:
        """day, week or month where it is broken down by time, else ""."""
        return next((each for each in self.by if each in GRAINS), "")


def checked(intent: Intent) -> Intent:
    """`intent`, or IntentInvalid with the first thing in it that cannot be asked."""
    figure = intent.of
    for dimension in intent.by:
        if dimension not in figure.dimensions:
            raise IntentInvalid(
                f"{figure.title} cannot be broken down by {dimension[:40]}: there are {', '.join(figure.dimensions)}"
            )
    for dimension, values in intent.filters.items():
        if dimension not in figure.filterable:
            raise IntentInvalid(
                f"{figure.title} knows no {dimension[:40]}: it can be asked of {', '.join(figure.filterable)}"
            )
        if not 0 < len(values) <= MOST_VALUES:
            raise IntentInvalid(f"{dimension} has {len(values)} values: give 1 to {MOST_VALUES}")
        for value in values:
            try:
                figure.check_value(dimension, value.id)
            except ValueError as error:
                raise IntentInvalid(str(error)) from error
    if (intent.from_day or intent.to_day) and not figure.metric.time:
        raise IntentInvalid(f"{figure.title} is as it stands now: it has no days to choose from")
    if intent.from_day and intent.to_day and intent.from_day > intent.to_day:
        raise IntentInvalid("the first day comes after the last")
    if intent.limit is not None and not 0 < intent.limit <= LARGEST_LIMIT:
        raise IntentInvalid(f"limit is {intent.limit}: give 1 to {LARGEST_LIMIT}")
    return intent
