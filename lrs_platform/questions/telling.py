"""Answers in words: how a question was read, what the answer is, which chart suits it.

Belongs here: sentences and charts. Not here: figures (the database computes them), looks (gateway/templates).
Names and values stand in these sentences as they are: whoever shows them escapes them.
"""

from __future__ import annotations

from typing import Any

from lrs_platform.asking import Answer
from lrs_platform.questions.intent import Intent
from lrs_platform.questions.vocabulary import GRAINS, NUMBERS, Figure

_SINGULAR = {"learners": "learner", "lessons": "lesson", "attempts": "attempt", "responses": "response", "days": "day"}


def reading_of(intent: Intent) -> str:
    """`Completion rate of Handling Returns, by cohort, in the days from 2026-01-01 to 2026-01-31`."""
    parts = [intent.of.title]
    for dimension, values in intent.filters.items():
        parts.append(
            f"{_of(dimension)} {' or '.join(value.name for value in values[:4])}{' ...' if len(values) > 4 else ''}"
        )
    text = " ".join(parts[:2]) if len(parts) > 1 else parts[0]
    text = ", ".join([text, *parts[2:]])
    if intent.by:
        text += f", by {' and '.join(_dimension(each) for each in intent.by)}"
    if days := days_of(intent):
        text += f", {days}"
    if intent.order:
        which = "highest" if intent.order == "desc" else "lowest"
        text += (
            f", the {which}{'' if intent.limit in (None, 1) else f' {intent.limit}'} first"
            if intent.limit != 1
            else f", the {which}"
        )
    return text


def days_of(intent: Intent) -> str:
    """The days in words, "" where there are none."""
    first, last = intent.from_day, intent.to_day
    if first and last:
        return f"on {first}" if first == last else f"from {first} to {last}"
    return f"since {first}" if first else f"until {last}" if last else ""


def answer_of(intent: Intent, rows: Answer) -> str:
    """The answer in a sentence."""
    figure = intent.of
    found = rows.rows()
    place = rows.columns.index(figure.metric.name)
    about = reading_of(intent)
    if not intent.by:
        if not found or found[0][place] is None:
            return f"{about}: there is nothing to count."
        return f"{about}: {said(found[0][place], figure)}."
    if not found:
        return f"{about}: there is none."
    label = _label(found[0], rows, intent)
    if intent.limit == 1 and len(found) == 1:
        return f"{about}: {label}, with {said(found[0][place], figure)}."
    more = "at least " if rows.cut else ""
    if intent.order:
        return f"{about}: first {label}, with {said(found[0][place], figure)}; {more}{len(found)} rows."
    if "learner" in intent.by and figure.metric.unit == "learners":
        return f"{about}: {more}{len(found)} {'learner' if len(found) == 1 else 'learners'}."
    return f"{about}: {more}{len(found)} rows."


def said(value: Any, figure: Figure) -> str:
    """A figure with its unit: `43 learners`, `71.3 %`, `4 min 2 s`."""
    unit = figure.metric.unit
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "seconds":
        return f"{value:.0f} s" if value < 90 else f"{int(value // 60)} min {value % 60:.0f} s"
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    if unit in ("number", "score", "correlation"):
        return number
    return f"{number} {_SINGULAR.get(unit, unit) if value == 1 else unit}"


def chart_of(intent: Intent, rows: Answer) -> dict[str, str] | None:
    """What the terminal's chart draws: kind, columns; None where a single figure or a long list is the answer."""
    if not intent.by or rows.row_count < 2:
        return None
    value = intent.of.metric.name
    along = next((each for each in intent.by if each in GRAINS or each in NUMBERS), intent.by[0])
    if along == "learner" and rows.row_count > 40:
        return None
    colour = next((each for each in intent.by if each != along), "")
    return {"kind": "line" if along in GRAINS or along in NUMBERS else "bar", "x": along, "y": value, "colour": colour}


def _label(row: list[Any], rows: Answer, intent: Intent) -> str:
    return " / ".join(str(row[rows.columns.index(each)]) for each in intent.by)


def _of(dimension: str) -> str:
    return {"lesson": "of", "cohort": "in", "card": "at", "learner": "of learner", "card_number": "at card",
            "week_no": "in week", "day_no": "on day"}.get(dimension, f"with {dimension.replace('_', ' ')}")  # fmt: skip


def _dimension(name: str) -> str:
    return {"week_no": "week since the beginning", "day_no": "day since delivery"}.get(name, name.replace("_", " "))
