"""Which file belongs to which contract, and whether the files of a contract are still those that were tested.

A file belongs to the contract that names it most exactly: a path beats a pattern, a deep folder a shallow one.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from lrs_platform.contracts.contract import Contract

PACKAGE = "lrs_platform/"
NOT_OURS = {".git", ".venv", ".boot", "node_modules", "__pycache__"}
NOT_OURS |= {".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}
PIECES = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True, slots=True)
class Ownership:
    """Files by module; files of the package that nobody owns; those that several claim equally, with their names."""

    files: dict[str, tuple[str, ...]]
    nobodys: tuple[str, ...]
    disputed: dict[str, tuple[str, ...]]


def project_files(root: Path) -> frozenset[str]:
    """Every file of the project, from its root, without what is installed or made."""
    found = set()
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_OURS and not name.startswith(".lrs")]
        found |= {(Path(folder) / name).relative_to(root).as_posix() for name in names if not name.endswith(".pyc")}
    return frozenset(found)


def matching(pattern: str, files: Iterable[str]) -> Iterable[str]:
    """The files that `pattern` means: * and ? within a folder, ** through folders."""
    expression = _expression(pattern)
    return (file for file in files if expression.fullmatch(file))


def owners(contracts: Sequence[Contract], files: Iterable[str]) -> Ownership:
    """Whose each file is."""
    best: dict[str, tuple[tuple[int, int], set[str]]] = {}
    ours = sorted(files)
    for contract in contracts:
        for pattern in contract.allowed_files:
            exactness = _exactness(pattern)
            for file in matching(pattern, ours):
                held = best.get(file)
                if held is None or exactness > held[0]:
                    best[file] = exactness, {contract.module}
                elif exactness == held[0]:
                    held[1].add(contract.module)
    owned: dict[str, list[str]] = {contract.module: [] for contract in contracts}
    for file, (_, modules) in best.items():
        for module in modules:
            owned[module].append(file)
    return Ownership(
        files={module: tuple(sorted(mine)) for module, mine in owned.items()},
        nobodys=tuple(file for file in ours if file.startswith(PACKAGE) and file not in best),
        disputed={file: tuple(sorted(modules)) for file, (_, modules) in best.items() if len(modules) > 1},
    )


def strays(contract: Contract, ownership: Ownership) -> list[str]:
    """Files that nobody may touch and that lie in a folder of this contract: written outside of what it allows."""
    folders = {str(PurePosixPath(file).parent) for file in ownership.files.get(contract.module, ())}
    return [file for file in ownership.nobodys if str(PurePosixPath(file).parent) in folders]


def fingerprint(root: Path, contract: Contract, ownership: Ownership, files: Iterable[str]) -> str:
    """Hash of what a contract's tests were run on: its files and its tests, by content."""
    tests = {test.partition("::")[0] for test in contract.tests}
    tested = [file for file in files if any(file == test or file.startswith(f"{test}/") for test in tests)]
    digest = hashlib.sha256()
    for file in sorted({*ownership.files.get(contract.module, ()), *tested}):
        digest.update(f"{file}\0{_content(root / file)}\0".encode())
    return digest.hexdigest()[:16]


_contents: dict[Path, tuple[int, int, str]] = {}


def _content(path: Path) -> str:
    """Hash of a file, computed again where its time or size has changed."""
    try:
        stat = path.stat()
        held = _contents.get(path)
        if held is None or held[:2] != (stat.st_mtime_ns, stat.st_size):
            _contents[path] = held = (stat.st_mtime_ns, stat.st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    except OSError:
        return "gone"
    return held[2]


def _exactness(pattern: str) -> tuple[int, int]:
    literal = re.split(r"[*?]", pattern)
    return len(literal[0]), sum(map(len, literal))


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(PIECES.get(part, re.escape(part)) for part in parts))
