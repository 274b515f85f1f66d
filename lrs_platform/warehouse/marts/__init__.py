"""From events to answers: `NAME.sql` computes a mart for the touched keys, `steps/` derive dimensions and touched keys.

`refresh.py` runs them in order, `describing.py` puts the model's words into the database, `checking.py` holds marts to
them, `pictures/` are small excerpts to be drawn. What the marts mean is in semantic_model.yaml; how a refresh works is
in docs/marts.md.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def select_of(mart: str) -> LiteralString:
    """The SELECT that computes `mart` for the keys in `touched_...`; FileNotFoundError where there is none."""
    return files(__package__).joinpath(f"{mart}.sql").read_text(encoding="utf-8")


@cache
def step(name: str) -> LiteralString:
    """The statements of one step of a refresh (without .sql); FileNotFoundError where there is none."""
    return files(__package__).joinpath("steps", f"{name}.sql").read_text(encoding="utf-8")


@cache
def picture_of(mart: str) -> LiteralString:
    """The SELECT of what is drawn of `mart`: labels x, numbers y; FileNotFoundError where nothing is."""
    return files(__package__).joinpath("pictures", f"{mart}.sql").read_text(encoding="utf-8")
