"""The guard does no input or output and knows nobody: any part of the platform can ask it."""

from __future__ import annotations

import ast

from lrs_platform_tests.test_architecture import PACKAGE

ALLOWED = {"__future__", "collections", "dataclasses", "difflib", "enum", "functools", "logging", "pathlib", "re",
           "sqlglot", "typing", "uuid"}  # fmt: skip


def test_it_imports_nothing_that_could_reach_anything() -> None:
    imported = set()
    for path in (PACKAGE / "sql_guard").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module))
    # sql_files reads files of packages, such as the text of framing.sql
    own = ("lrs_platform.sql_guard", "lrs_platform.sql_files")
    others = {name for name in imported if not name.startswith(own)}
    assert {name.partition(".")[0] for name in others} <= ALLOWED


def test_asking_knows_neither_the_gateway_nor_dagster() -> None:
    text = (PACKAGE / "asking.py").read_text(encoding="utf-8")
    for name in ("fastapi", "starlette", "dagster", "psycopg", "lrs_platform.gateway", "lrs_platform.ui"):
        assert f"import {name}" not in text
        assert f"from {name}" not in text
