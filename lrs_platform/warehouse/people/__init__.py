"""SQL of people: what files say of them (`settle_*`), who is who (`merge`, `unmerge`), who belongs to nobody (`orphans`).

Belongs here: .sql files and reading them. Not here: in which order they run (mcp_servers/warehouse/roster.py, identity.py).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString, cast


@cache
def sql(name: str) -> LiteralString:
    """Text of `name`.sql; FileNotFoundError where there is none."""
    return cast("LiteralString", files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))
