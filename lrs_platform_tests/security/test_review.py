"""docs/security.md is true to the code: every test that it names is there, every process and secret stands in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from lrs_platform.local.processes import PROCESSES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(lrs_platform_tests/[\w/]+\.py(?:::\w+)?)`", PAGE)))


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_the_review_names_is_there(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    tests = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert function in tests if function else tests


def test_the_review_rests_on_tests() -> None:
    assert len(NAMED) > 40


def test_every_threat_is_met_by_a_test() -> None:
    rows = [line for line in PAGE.partition("## STRIDE")[2].partition("\n## ")[0].splitlines() if line.startswith("| ")]
    threats = [row for row in rows[1:] if "lrs_platform_tests/" not in row]
    assert len(rows) > 25
    assert threats == []


def test_every_process_has_its_row() -> None:
    table = PAGE.partition("## Processes and what they hold")[2].partition("## STRIDE")[0]
    assert [name for name, process in PROCESSES.items() if not process.once and f"`{name}`" not in table] == []
