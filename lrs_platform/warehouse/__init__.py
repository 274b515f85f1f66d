"""The warehouse's SQL: `schema/` what tables there are, `record/` how the record is written and read.

Belongs here: .sql files and reading them. Not here: connections and when to run what (mcp_servers/warehouse).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import LiteralString


def texts_of(folder: str) -> Callable[[str], LiteralString]:
    """A function that gives the text of a file of `folder` by its name (without .sql), each read once.

    It raises FileNotFoundError where there is none.
    """

    @cache
    def text(name: str) -> LiteralString:
        return files(__package__).joinpath(folder, f"{name}.sql").read_text(encoding="utf-8")

    return text


sql = texts_of("record")
