"""The warehouse's SQL: `schema/` what tables there are, `record/` how the record is written and read.

Belongs here: .sql files and reading them. Not here: connections and when to run what (mcp_servers/warehouse).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import LiteralString

from lrs_platform.sql_files import sql_file


def texts_of(folder: str) -> Callable[[str], LiteralString]:
    """A function that gives the text of a file of `folder` by its name (without .sql), each read once.

    It raises FileNotFoundError where there is none.
    """

    return partial(sql_file, __package__, folder)


sql = texts_of("record")
