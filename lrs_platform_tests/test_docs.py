"""The documentation is complete and true to the code: every setting, command, route and process stands in it, and every
link leads somewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer.main

from lrs_platform.cli import app
from lrs_platform.gateway.app import create_app
from lrs_platform.local.processes import PROCESSES
from lrs_platform.settings import Settings
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.reference import FROM_CODE, FROM_INSTANCE, is_current

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("**/*.md")),
    *sorted((ROOT / "deploy").glob("*/README.md")),
]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def _text(path: Path) -> str:
    """A page without code blocks and comments."""
    return re.sub(r"```.*?```|<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def _everything() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in PAGES)


def _anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as they are made from their text."""
    headings = re.findall(r"^#+ (.+)$", _text(path), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command below `command`, with the words that call it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, child in below.items():
        yield from _commands(child, f"{path} {name}")


@pytest.mark.parametrize("name", FROM_CODE)
def test_a_page_of_the_reference_is_that_of_the_code(name: str) -> None:
    assert is_current(name), f"renew it: .venv/bin/python -m lrs_platform_tests.reference {name}"


@pytest.mark.parametrize("name", FROM_INSTANCE)
def test_a_page_of_the_reference_is_that_of_the_servers(name: str, platform: Platform) -> None:
    assert is_current(name), f"renew it while an instance runs: .venv/bin/python -m lrs_platform_tests.reference {name}"


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_every_command_is_documented() -> None:
    documented = "\n".join(page.read_text(encoding="utf-8") for page in PAGES if page.parent.name != "reference")
    commands = [path for path, _ in _commands(typer.main.get_command(app), "lrs")]
    assert len(commands) > 5
    assert [path for path in commands if f"sh {path}" not in documented] == []


@pytest.mark.parametrize("name", ["up", "send", "status"])
def test_every_option_of_a_command_is_documented(name: str) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    command = dict(_commands(typer.main.get_command(app), "lrs"))[f"lrs {name}"]
    options = [each.opts + each.secondary_opts for each in command.params if each.param_type_name == "option"]
    assert options
    assert [words for words in options if not any(word in page for word in words if word.startswith("--"))] == []


def test_every_route_is_documented() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [path for path in create_app().openapi()["paths"] if f"`{path}`" not in page] == []


def test_every_process_is_in_the_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [name for name, process in PROCESSES.items() if not process.once and f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(_text(page)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = unquote(target).partition("#")
        place = (page.parent / file).resolve() if file else page
        if not place.exists() or (anchor and anchor not in _anchors(place)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.stem)
def test_a_page_says_first_what_it_is_for(page: Path) -> None:
    title, _, rest = page.read_text(encoding="utf-8").partition("\n\n")
    assert title.startswith("# ")
    assert re.match(r"[\w`*\[][^\n]{40,}", rest), "a paragraph comes before the first heading, table or command"


def test_every_page_is_found_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / target).resolve() for target in LINK.findall(_text(index))}
    pages = set((ROOT / "docs").rglob("*.md")) - {index}
    assert sorted(str(page.relative_to(index.parent)) for page in pages - linked) == []


def test_files_that_the_pages_name_are_there() -> None:
    """Paths in code marks, such as `lrs_platform/settings.py`; those of an instance's home are not in the project."""
    named = re.findall(
        r"`((?:lrs_platform|lrs_platform_tests|docs|deploy|orchestrator_contracts)/[\w./-]+)`", _everything()
    )
    made = ("deploy/secrets/", "deploy/secrets")
    assert [path for path in sorted(set(named)) if not (ROOT / path).exists() and not path.startswith(made)] == []


def test_the_pages_speak_of_no_other_machine() -> None:
    found = re.findall(r"/(?:home|root|work|Users)/\S*", _everything())
    assert found == []


def test_the_seeded_queries_are_json_that_sqlpad_reads_and_ask_safe_views_only() -> None:
    files = sorted((ROOT / "deploy" / "sqlpad" / "seed" / "queries").glob("*.json"))
    assert files
    for file in files:
        query = json.loads(file.read_text(encoding="utf-8"))
        assert {"id", "name", "connectionId", "queryText", "createdBy", "acl"} <= set(query)
        assert set(re.findall(r"(?:from|join)\s+(\w+)\.", query["queryText"])) == {"report"}, file.name
