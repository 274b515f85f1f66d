"""The warehouse's SQL: `schema/` what tables there are, `record/` how the record is written and read.

Belongs here: .sql files and reading them. Not here: connections and when to run what (mcp_servers/warehouse).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def sql(name: str) -> LiteralString:
    """Text of the statement `name` of record/ (without .sql); FileNotFoundError where there is none."""
    return files(__package__).joinpath("record", f"{name}.sql").read_text(encoding="utf-8")
