"""The pages of docs/reference, made from the code: what each holds, and where it comes from.

Belongs here: one module a page, each with a function `page()`. Not here: prose (docs/*.md).

`python -m lrs_platform_tests.reference` writes them anew, with `--check` it says which are not current. MCP tools and
tables are asked of the running instance of LRS_HOME.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from lrs_platform_tests.reference import commands, http, metrics, packages, settings, tables, tools, xapi

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"

# Of the code alone, and of a running instance: the servers' tools as they list them, tables as they are commented.
FROM_CODE: Mapping[str, Callable[[], str]] = {
    "settings": settings.page,
    "commands": commands.page,
    "http": http.page,
    "xapi": xapi.page,
    "metrics": metrics.page,
    "packages": packages.page,
}
FROM_INSTANCE: Mapping[str, Callable[[], str]] = {
    "mcp-tools": tools.page,
    "tables": tables.page,
}


def file_of(name: str) -> Path:
    """The file of a page."""
    return FOLDER / f"{name}.md"


def is_current(name: str) -> bool:
    """Whether a page says what the code says."""
    make = {**FROM_CODE, **FROM_INSTANCE}[name]
    return file_of(name).exists() and file_of(name).read_text(encoding="utf-8") == make()
