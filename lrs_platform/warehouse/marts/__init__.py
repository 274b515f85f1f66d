"""From events to answers: `NAME.sql` computes a mart for the touched keys, `steps/` derive dimensions and touched keys.

`refresh.py` runs them in order, `describing.py` puts the model's words into the database, `checking.py` holds marts to
them, `pictures/` are small excerpts to be drawn. What the marts mean is in semantic_model.yaml; how a refresh works is
in docs/marts.md.
"""

from __future__ import annotations

from typing import LiteralString

from lrs_platform.sql_files import sql_file


def select_of(mart: str) -> LiteralString:
    """The SELECT that computes `mart` for the keys in `touched_...`; FileNotFoundError where there is none."""
    return sql_file(__package__, mart)


def step(name: str) -> LiteralString:
    """The statements of one step of a refresh (without .sql); FileNotFoundError where there is none."""
    return sql_file(__package__, "steps", name)


def picture_of(mart: str) -> LiteralString:
    """The SELECT of what is drawn of `mart`: labels x, numbers y; FileNotFoundError where nothing is."""
    return sql_file(__package__, "pictures", mart)
