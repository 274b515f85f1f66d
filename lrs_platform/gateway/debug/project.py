"""Facts of the project's tree: contracts, whose files they are, what the test runs have shown of them.

Blocking, for a thread: it walks the tree and reads reports. Where the tree is not there (an image without it) every
look raises PartAway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lrs_platform.contracts.checking import ownership_problems, untested
from lrs_platform.contracts.contract import SCHEMA, Contract, read
from lrs_platform.contracts.files import Ownership, fingerprint, owners, project_files
from lrs_platform.contracts.test_history import (
    History,
    Newest,
    current_commit,
    flaky,
    history,
    newest,
    report_directories,
    stale,
)
from lrs_platform.gateway.debug.parts import PartAway
from lrs_platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Tree:
    """Contracts and files as they are now."""

    contracts: tuple[Contract, ...]
    problems: tuple[str, ...]
    files: frozenset[str]
    ownership: Ownership
    fingerprints: Mapping[str, str]
    commit: str
    untested: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tests:
    """What the test runs have shown; `stale` ones were run on other files than there are now."""

    history: History
    newest: Newest
    stale: frozenset[str]
    flaky: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Project:
    """Tree and tests, looked at together."""

    tree: Tree
    tests: Tests


def look_at_project(settings: Settings, root: Path) -> Project:
    """Read everything. Raises PartAway where there are no contracts."""
    if not (root / SCHEMA).exists():
        raise PartAway(f"there is no {SCHEMA} beside the package")
    contracts, problems = read(root)
    files = project_files(root)
    ownership = owners(contracts, files)
    prints = {contract.module: fingerprint(root, contract, ownership, files) for contract in contracts}
    problems += ownership_problems(contracts, files, ownership)
    tree = Tree(
        contracts=tuple(contracts),
        problems=tuple(problems),
        files=files,
        ownership=ownership,
        fingerprints=prints,
        commit=current_commit(root),
        untested=tuple(untested(root, contracts, files)),
    )
    found = history(report_directories(settings.home, root, settings.reports_dir))
    latest = newest(found.runs, root)
    tests_of = {contract.module: contract.tests for contract in contracts}
    return Project(tree, Tests(found, latest, stale(latest, prints, tests_of), flaky(found.runs)))
