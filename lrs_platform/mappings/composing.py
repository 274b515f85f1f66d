"""The mapping script in force, and its version: what the project brings, and over it what the user's folder has.

Belongs here: putting together the text that runs in the sandbox. Not here: what rules mean (rules.py), running it
(remapping.py, etl_streaming.py), trying another one (trying.py).
"""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from lrs_platform.mappings import EVENT_COLUMNS
from lrs_platform.mappings.rules import NOTHING_ADDED, MappingInvalid, Rule, as_code, read_rules

SCRIPT_NAME = re.compile(r"[a-z][a-z0-9_]*")
RULES = "rules.yaml"
ENDS = ("each_line", "each_choice")  # not mappings: what calls them


@dataclass(frozen=True, slots=True)
class Script:
    """One mapping script: its text, and where it is from ("built in" or the path of its file)."""

    name: str
    text: str
    source: str

    @property
    def version(self) -> str:
        """First digits of the hash of its text."""
        return _digest(self.text)


@dataclass(frozen=True, slots=True)
class Composed:
    """A whole script and its version, `mappings@<hash of the text>`; `choices` tells which mapping each line gets."""

    text: str
    version: str
    choices: str
    rules: tuple[Rule, ...]
    scripts: tuple[Script, ...]
    rules_source: str


def current() -> Composed:
    """The mapping in force. Files of the user's folder count as soon as they are there.

    Raises MappingInvalid where they cannot be used: nothing is loaded then, and nothing lost, until they are mended.
    """
    folder = folder_in_force()
    return _composed(folder, _state(folder) if folder else ())


def compose(folder: Path | None) -> Composed:
    """The mapping that `folder` gives, over what the project brings; None: that alone. Raises MappingInvalid."""
    return _composed(folder, _state(folder) if folder else ())


def folder_in_force() -> Path | None:
    """LRS_MAPPINGS_DIR, else `mappings` of the home where that is there."""
    from lrs_platform.settings import get_settings

    settings = get_settings()
    if settings.mappings_dir:
        return settings.mappings_dir
    own = settings.home / "mappings"
    return own if own.is_dir() else None


@lru_cache(maxsize=8)
def _composed(folder: Path | None, state: tuple[tuple[str, int, int], ...]) -> Composed:
    """`state` is that of the folder's files, so that a change makes another text."""
    scripts = {name: Script(name, text, "built in") for name, text in _built_in().items()}
    rules_text, rules_source = _own_text(RULES), "built in"
    for name, _, _ in state:
        assert folder is not None
        path = folder / name
        if name == RULES:
            rules_text, rules_source = path.read_text(encoding="utf-8"), str(path)
        else:
            scripts[path.stem] = Script(path.stem, path.read_text(encoding="utf-8"), str(path))
    rules = read_rules(rules_text, rules_source)
    for number, rule in enumerate(rules, 1):
        if rule.use not in scripts:
            raise MappingInvalid(f"{rules_source}: rule {number} names {rule.use}, and there is no {rule.use}.py")
    for script in scripts.values():
        _check(script)
    first = scripts.pop(NOTHING_ADDED)
    names = "".join(f"{column.upper()} = {number}\n" for number, column in enumerate(EVENT_COLUMNS))
    mappings = [first, *(scripts[name] for name in sorted(scripts))]
    body = "\n\n".join([names, *(script.text for script in mappings), as_code(rules)])
    text, choices = (f"{body}\n\n{_own_text(f'scripts/{end}.py')}" for end in ENDS)
    return Composed(text, f"mappings@{_digest(text)}", choices, tuple(rules), tuple(mappings), rules_source)


def _check(script: Script) -> None:
    """A script is Python and defines the function of its name; the rest shows in the sandbox."""
    try:
        tree = ast.parse(script.text)
    except SyntaxError as error:
        raise MappingInvalid(f"{script.source}: line {error.lineno}: {error.msg}") from error
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if script.name not in functions:
        raise MappingInvalid(f"{script.source}: it has to define a function {script.name}")


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of each file of a folder that counts. Raises MappingInvalid."""
    found = []
    try:
        for path in sorted(folder.iterdir()):
            if path.name == RULES or path.suffix == ".py":
                if path.suffix == ".py" and (not SCRIPT_NAME.fullmatch(path.stem) or path.stem in ENDS):
                    raise MappingInvalid(f"{path}: a script's name is small letters, digits and _, and none of {ENDS}")
                told = path.stat()
                found.append((path.name, told.st_mtime_ns, told.st_size))
    except OSError as error:
        raise MappingInvalid(f"{folder} cannot be read: {error.strerror}") from error
    return tuple(found)


@cache
def _built_in() -> dict[str, str]:
    """The project's mapping scripts by name."""
    folder = files("lrs_platform.mappings").joinpath("scripts")
    names = (Path(file.name).stem for file in folder.iterdir() if file.name.endswith(".py"))
    return {name: _own_text(f"scripts/{name}.py") for name in sorted(names) if name not in ENDS}


@cache
def _own_text(path: str) -> str:
    return files("lrs_platform.mappings").joinpath(*path.split("/")).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
