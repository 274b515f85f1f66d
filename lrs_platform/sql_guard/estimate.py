"""What Postgres expects a query to cost, and whether that is too much.

Belongs here: reading a plan (EXPLAIN, FORMAT JSON) and the words for a no. Not here: asking for it. An estimate can be
wrong both ways; what it lets through is ended by the time limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lrs_platform.sql_guard.refusal import Rule, SqlRefused

# A function's rows are all made before the first is passed on, whatever LIMIT follows, so the plan's cost leaves most
# of them out.
MOST_FUNCTION_ROWS = 10_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of one plan: its cost in the planner's units (a page read in sequence is 1), columns and rows of the result."""

    cost: float
    rows: float
    columns: int
    widest: str  # the step that makes the most rows, in words
    widest_rows: float
    function_rows: float


def estimate_of(plan: Any) -> Estimate:
    """The estimate in a plan as EXPLAIN (VERBOSE, FORMAT JSON) gives it. Raises ValueError where it is none."""
    try:
        top = plan[0]["Plan"]
        steps = list(_steps(top))
        widest = max(steps, key=lambda step: float(step["Plan Rows"]))
        return Estimate(
            cost=float(top["Total Cost"]),
            rows=float(top["Plan Rows"]),
            columns=len(top.get("Output", ())),
            widest=_in_words(widest),
            widest_rows=float(widest["Plan Rows"]),
            function_rows=max(
                (float(step["Plan Rows"]) for step in steps if step["Node Type"] == "Function Scan"), default=0
            ),
        )
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("the database answered EXPLAIN with what is no plan") from error


def check_cost(estimate: Estimate, *, most: float) -> None:
    """Raises SqlRefused where the estimate is above `most`, or where a function makes too many rows."""
    if estimate.function_rows > MOST_FUNCTION_ROWS:
        raise SqlRefused(
            Rule.COST,
            f"A function would make about {estimate.function_rows:,.0f} rows, all of them before the first is shown; "
            f"at most {MOST_FUNCTION_ROWS:,} are made.",
            "Give it a shorter range.",
        )
    if estimate.cost > most:
        raise SqlRefused(
            Rule.COST,
            f"The database expects this to cost {estimate.cost:,.0f}, more than the limit of {most:,.0f}: "
            f"{estimate.widest} would make about {estimate.widest_rows:,.0f} rows.",
            "Join on a condition, or narrow what is read with WHERE, e.g. to some days or one lesson.",
        )


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for below in step.get("Plans", ()):
        yield from _steps(below)


def _in_words(step: dict[str, Any]) -> str:
    kind = step["Node Type"]
    conditions = ("Join Filter", "Hash Cond", "Merge Cond")
    if kind == "Nested Loop" and not any(step.get(name) for name in conditions):
        return "a join of every row with every other"
    if relation := step.get("Relation Name") or step.get("Alias"):
        return f"reading {relation}"
    return f"the step {kind.lower()}"
