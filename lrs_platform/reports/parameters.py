"""Parameters of a report: their types, what a value may be, and how it is bound.

Belongs here: checking a value and writing it as a literal. DBHub's execute_sql takes a text and no parameters, so a
value becomes a literal of its declared type, made from the checked value and never from what was sent; the whole text
then passes the guard like any other query.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "choice", "integer", "date"]
Value = str | int | datetime.date | None

LONGEST = 200
_PLACE = re.compile(r"%\((\w+)\)s")
_TYPES: Mapping[Kind, str] = {"text": "text", "choice": "text", "integer": "bigint", "date": "date"}


class ParameterRefused(ValueError):
    """A value that does not fit; `parameter` says which, the message why and what would."""

    def __init__(self, parameter: str, rule: str) -> None:
        super().__init__(f"{parameter}: {rule}")
        self.parameter = parameter
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `choices` are fixed ones; `choices_sql` is a query whose first column has them. Without a default
    and a value it is null, which means: no restriction.
    """

    name: str
    kind: Kind
    label: str
    description: str = ""
    default: str = ""
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    choices_sql: str = ""

    def parse(self, text: str | None, *, today: datetime.date, offered: tuple[str, ...] = ()) -> Value:
        """The value that `text` means; the default where it is None. "" is null. Raises ParameterRefused.

        `offered` are the choices of `choices_sql`, for a default of `first`.
        """
        if text is None:
            text = offered[0] if self.default == "first" and offered else self.default.removeprefix("first")
        text = text.strip()
        if not text:
            return None
        if self.kind == "integer":
            return self._integer(text)
        if self.kind == "date":
            return self._date(text, today)
        return self._text(text)

    def described(self) -> dict[str, Any]:
        """As the API tells of it."""
        told: dict[str, Any] = {"name": self.name, "type": self.kind, "label": self.label}
        if self.description:
            told["description"] = self.description
        if self.default:
            told["default"] = self.default
        if self.least is not None:
            told["minimum"] = self.least
        if self.most is not None:
            told["maximum"] = self.most
        if self.choices:
            told["choices"] = list(self.choices)
        return told

    def _integer(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise ParameterRefused(self.name, "has to be a whole number, such as 30")
        number = int(text)
        if self.least is not None and number < self.least:
            raise ParameterRefused(self.name, f"has to be {self.least} or more")
        if self.most is not None and number > self.most:
            raise ParameterRefused(self.name, f"has to be {self.most} or less")
        return number

    def _date(self, text: str, today: datetime.date) -> datetime.date:
        if relative := re.fullmatch(r"today(?:-([0-9]{1,4}))?", text):
            return today - datetime.timedelta(days=int(relative[1] or 0))
        try:
            found = datetime.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
        except ValueError:
            found = None
        if found is None:
            raise ParameterRefused(self.name, "has to be a day such as 2026-01-31, or today, or today-7")
        return found

    def _text(self, text: str) -> str:
        if len(text) > LONGEST:
            raise ParameterRefused(self.name, f"has at most {LONGEST} characters")
        # Controls and signs that reorder text are in no name; the joiners of some scripts and of emoji are.
        if any(
            unicodedata.category(sign) in ("Cc", "Cs", "Cf", "Zl", "Zp") and sign not in "\u200c\u200d" for sign in text
        ):
            raise ParameterRefused(self.name, "holds an invisible character: remove it")
        if self.choices and text not in self.choices:
            raise ParameterRefused(self.name, f"has to be one of {', '.join(self.choices)}")
        return text


def bound(sql: str, parameters: tuple[Parameter, ...], values: Mapping[str, Value]) -> str:
    """`sql` with a literal at each %(name)s. KeyError for a place that no parameter fills."""
    literals = {each.name: literal(each.kind, values[each.name]) for each in parameters}
    return _PLACE.sub(lambda place: literals[place[1]], sql)


def literal(kind: Kind, value: Value) -> str:
    """A literal of Postgres for a value of this type; a quote in a text is written twice (its manual, 4.1.2.1)."""
    kept = _TYPES[kind]
    if value is None:
        return f"null::{kept}"
    if isinstance(value, int):
        return f"{value:d}::{kept}"
    text = value.isoformat() if isinstance(value, datetime.date) else value.replace("'", "''")
    return f"'{text}'::{kept}"


def places_of(sql: str) -> set[str]:
    """The names that `sql` has places for."""
    return set(_PLACE.findall(sql))
