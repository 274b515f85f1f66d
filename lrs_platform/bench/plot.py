"""The figures of a measurement as a picture: an SVG beside its JSON, a panel a figure, a bar for each thing compared.

Belongs here: lengths and places. Not here: measuring, the table for the eye (report.py). By hand, because bars on lines
need no library, and an SVG is read by people, browsers and Git alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

WIDTH, LEFT, LONGEST = 780, 250, 400
HEAD, PANEL, BAR = 44, 30, 20
LABEL_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a figure."""

    label: str
    value: str
    length: float
    y: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure of all things compared, to a scale of its own."""

    figure: str
    y: float
    bars: tuple[Bar, ...]


def bars(title: str, rows: Sequence[Mapping[str, Any]], text: Callable[[Any], str]) -> str:
    """An SVG of the numbers of `rows`; their texts name the bars. `text` writes a number as people read it."""
    import jinja2

    panels: list[Panel] = []
    y = float(HEAD)
    for figure in _figures(rows):
        values = [(_label(row), float(row[figure])) for row in rows if _is_number(row.get(figure))]
        greatest = max((value for _, value in values), default=0.0) or 1.0
        drawn = tuple(
            Bar(label, text(value), round(LONGEST * max(0.0, value) / greatest, 1), y + 8 + BAR * number)
            for number, (label, value) in enumerate(values)
        )
        panels.append(Panel(figure.replace("_", " "), y, drawn))
        y += PANEL + BAR * len(drawn)
    template = files(__package__).joinpath("plot.svg").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True)
    return environment.from_string(template).render(title=title, panels=panels, width=WIDTH, height=round(y), left=LEFT)


def _figures(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [name for name in rows[0] if any(_is_number(row.get(name)) for row in rows)]


def _label(row: Mapping[str, Any]) -> str:
    words = " ".join(value for value in row.values() if isinstance(value, str) and value)
    return words if len(words) <= LABEL_CHARACTERS else words[: LABEL_CHARACTERS - 1] + "…"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
