"""SQL of the orchestrator: keeping the log of MCP calls, and following one statement through the tables.

Belongs here: .sql files and reading them. Not here: when they run (mcp_servers/warehouse/calls.py, following.py).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def sql(name: str) -> LiteralString:
    """Text of `name`.sql; FileNotFoundError where there is none."""
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
