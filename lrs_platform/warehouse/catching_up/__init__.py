"""SQL of the incremental catch-up: comparing log and record, mapping stored statements again, cursors of sources.

Belongs here: .sql files and reading them. Not here: when to run what (mcp_servers/warehouse/catching_up.py).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def sql(name: str) -> LiteralString:
    """Text of the statement `name` (without .sql); FileNotFoundError where there is none."""
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
