"""The semantic model: what each mart means, read from warehouse/semantic_model.yaml and checked for sense.

Belongs here: the declared model as Python values. Not here: computing marts (warehouse/marts/refresh.py); pages,
assets, checks and questions made from the model. It stands outside warehouse/ because Dagster's definitions, the
gateway and the questions in plain language read it, too, and none of them may import what holds SQL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

Clock = Literal["none", "hour", "day"]
Meaning = Literal["id", "label", "text", "time", "count", "share", "number", "flag", "data"]

# The sets of touched keys that a refresh has, and the columns of each (schema/011_changes.sql).
TOUCHED: Mapping[str, tuple[str, ...]] = {
    "learner": ("learner_id",),
    "learner_lesson": ("learner_id", "lesson_id"),
    "lesson": ("lesson_id",),
    "cohort": ("cohort_id",),
    "period": ("grain", "period"),
    "all": (),
}
MODEL_FILE = Path(__file__).parent / "warehouse" / "semantic_model.yaml"
EVENTS = "events"  # core.learning_event, where every mart begins


# What the meaning of columns promises of every row.
RULES: Mapping[str, str] = {
    "keys": "No key column is null and no key is there twice.",
    "counts": "No count is negative.",
    "shares": "Every share lies between 0 and 1.",
    "order": "What is part of something is never more than it: the columns under `order` do not rise.",
}


class ModelError(ValueError):
    """semantic_model.yaml contradicts itself; the message says where."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a mart; `type` is Postgres' name of its type."""

    name: str
    type: str
    meaning: Meaning
    description: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that is asked for: an aggregate `sql` over the columns of one mart.

    The other fields say how it is asked for (semantic_model.yaml): `time` is the column that dates ask about, `by` the
    column that it is broken down by where nobody says, `beside` columns that are summed beside it, `seldom`
    that of two figures which fit as well the other is meant.
    """

    name: str
    sql: str
    unit: str
    description: str
    synonyms: tuple[str, ...]
    time: str = ""
    by: str = ""
    grain: Literal["", "day", "week", "month"] = ""
    beside: tuple[str, ...] = ()
    better: Literal["", "high", "low"] = ""
    high: tuple[str, ...] = ()
    low: tuple[str, ...] = ()
    seldom: bool = False


@dataclass(frozen=True, slots=True)
class Mart:
    """One mart: table mart.NAME, filled by marts/NAME.sql."""

    name: str
    title: str
    description: str
    key: tuple[str, ...]
    touched: str
    clock: Clock
    support: bool
    reads: tuple[str, ...]
    order: tuple[str, ...]
    columns: tuple[Column, ...]
    metrics: tuple[Metric, ...]
    values: Mapping[str, Mapping[str, tuple[str, ...]]]  # by column: what people call its values

    def of_meaning(self, *meanings: Meaning) -> tuple[str, ...]:
        """Names of the columns with one of these meanings."""
        return tuple(column.name for column in self.columns if column.meaning in meanings)


@dataclass(frozen=True, slots=True)
class SemanticModel:
    """All marts, each after those it reads; `synonyms` of the dimensions they share; `sha256` of the file.

    `words` are words of questions and others that count as them.
    """

    marts: Mapping[str, Mart]
    synonyms: Mapping[str, tuple[str, ...]]
    words: Mapping[str, tuple[str, ...]]
    sha256: str


@cache
def semantic_model() -> SemanticModel:
    """The model of this release. Raises ModelError."""
    return parse(MODEL_FILE.read_text(encoding="utf-8"))


def rules_of(mart: Mart) -> tuple[str, ...]:
    """Which of RULES say something about `mart`."""
    return tuple(
        name
        for name, applies in (
            ("keys", True),
            ("counts", bool(mart.of_meaning("count"))),
            ("shares", bool(mart.of_meaning("share"))),
            ("order", bool(mart.order)),
        )
        if applies
    )


def parse(text: str) -> SemanticModel:
    """The model that `text` declares. Raises ModelError where it contradicts itself."""
    declared = yaml.safe_load(text)
    marts: dict[str, Mart] = {}
    for name, entry in declared["marts"].items():
        marts[name] = _checked(_mart(name, entry), marts)
    synonyms = {name: tuple(words) for name, words in declared["synonyms"].items()}
    words = {name: tuple(others) for name, others in declared.get("words", {}).items()}
    return SemanticModel(marts, synonyms, words, hashlib.sha256(text.encode()).hexdigest())


def _mart(name: str, entry: Mapping[str, Any]) -> Mart:
    try:
        return Mart(
            name=name,
            title=entry["title"],
            description=entry["description"],
            key=tuple(entry["key"]),
            touched=entry["touched"],
            clock=entry["clock"],
            support=entry.get("support", False),
            reads=tuple(entry["reads"]),
            order=tuple(entry.get("order", ())),
            columns=tuple(Column(column, *declared) for column, declared in entry["columns"].items()),
            metrics=tuple(_metric(metric, declared) for metric, declared in entry.get("metrics", {}).items()),
            values={
                column: {value: tuple(words) for value, words in values.items()}
                for column, values in entry.get("values", {}).items()
            },
        )
    except (KeyError, TypeError) as error:
        raise ModelError(f"mart {name}: {error}") from error


def _metric(name: str, declared: Mapping[str, Any]) -> Metric:
    several = {key: tuple(value) for key, value in declared.items() if isinstance(value, list)}
    return Metric(name, **{**declared, **several})


def _checked(mart: Mart, earlier: Mapping[str, Mart]) -> Mart:
    """`mart`, or ModelError with the first thing in it that cannot be."""
    names = {column.name for column in mart.columns}
    if mart.touched not in TOUCHED:
        raise ModelError(f"mart {mart.name}: touched is {mart.touched}, not one of {', '.join(TOUCHED)}")
    if mart.clock not in get_args(Clock):
        raise ModelError(f"mart {mart.name}: clock is {mart.clock}, not one of {', '.join(get_args(Clock))}")
    if missing := [*({*mart.key, *mart.order, *TOUCHED[mart.touched]} - names)]:
        raise ModelError(f"mart {mart.name}: {', '.join(sorted(missing))} is no column of it")
    if (mart.clock != "none") != ("as_of" in names):
        raise ModelError(f"mart {mart.name}: a mart has the column as_of if, and only if, it has a clock")
    asked = {column for metric in mart.metrics for column in (metric.time, metric.by, *metric.beside) if column}
    if missing := [*({*asked, *mart.values} - names - {column.removesuffix("_id") for column in names})]:
        raise ModelError(f"mart {mart.name}: {', '.join(sorted(missing))} is no column of it")
    for column in mart.columns:
        if column.meaning not in get_args(Meaning):
            raise ModelError(f"mart {mart.name}: {column.name} is a {column.meaning}, which means nothing")
    if unknown := [source for source in mart.reads if source != EVENTS and source not in earlier]:
        raise ModelError(f"mart {mart.name}: reads {', '.join(unknown)}, which does not come before it")
    return mart
