"""What the guard says of a query: which rule it breaks, why there is such a rule, what to write instead.

Belongs here: the one exception of this package. Not here: any rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """The rules that a query can break, as the API names them."""

    SIZE = "size"  # of the text, its nesting, its result
    TEXT = "text"  # characters and quotes whose reading is disputed
    STATEMENT = "statement"  # not exactly one query that only reads
    FUNCTION = "function"
    TYPE = "type"
    SCHEMA = "schema"
    SYNTAX = "syntax"
    COST = "cost"
    TIME = "time"
    DATABASE = "database"  # Postgres itself refused it: an unknown column, a division by zero


@dataclass(frozen=True, slots=True)
class Refusal:
    """`reason` says what and why, `advice` what to do; `at` is the offset in the text as it was given, if known."""

    rule: Rule
    reason: str
    advice: str
    at: int | None = None

    def as_json(self, sql: str) -> dict[str, object]:
        """For answers of the API; line and column count from 1."""
        told: dict[str, object] = {"rule": self.rule.value, "reason": self.reason, "advice": self.advice}
        if self.at is not None:
            told["line"] = sql.count("\n", 0, self.at) + 1
            told["column"] = self.at - sql.rfind("\n", 0, self.at)
        return told


class SqlRefused(ValueError):
    """A query that is not run; `refusal` says why."""

    def __init__(self, rule: Rule, reason: str, advice: str, at: int | None = None) -> None:
        super().__init__(f"{reason} {advice}")
        self.refusal = Refusal(rule, reason, advice, at)
