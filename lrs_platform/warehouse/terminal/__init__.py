"""SQL behind the terminal: its saved queries (`saved_*`), and queries of readers that run (`question_*`, `overdue`).

Belongs here: .sql files and reading them. Not here: what people ask (that is text, and goes through DBHub).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString, cast


@cache
def sql(name: str) -> LiteralString:
    """Text of `name`.sql; FileNotFoundError where there is none."""
    return cast("LiteralString", files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))
