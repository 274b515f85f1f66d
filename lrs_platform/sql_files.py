"""Texts of .sql files: SQL stands in files beside the code that runs it, and is read here, each file once.

Not here: running it, and binding parameters (whoever runs it).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def sql_file(package: str, *path: str) -> LiteralString:
    """The text of a file of `package`: its folders, then its name without .sql.

    Raises FileNotFoundError where there is none.
    """
    *folders, name = path
    return files(package).joinpath(*folders, f"{name}.sql").read_text(encoding="utf-8")


@cache
def sql_alone(package: str, *path: str) -> LiteralString:
    """The same without the lines of comment, where it becomes part of another query or crosses to a server that has
    rules for comments.
    """
    return "\n".join(line for line in sql_file(package, *path).splitlines() if not line.startswith("--"))
