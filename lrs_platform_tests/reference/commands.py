"""docs/reference/commands.md: every command with its arguments and options, made from the CLI itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer.main

from lrs_platform.cli import app

HEAD = """\
# Commands

What `sh lrs` can do; `sh lrs NAME --help` says the same. With the package installed the command is `lrs`. How the
commands are used together is in [operations.md](../operations.md).
"""


def page() -> str:
    """A section a command, those of a group under its name."""
    return HEAD + "".join(f"\n{section}" for section in _sections(typer.main.get_command(app), "lrs"))


def _sections(command: Any, path: str) -> Iterator[str]:
    below = getattr(command, "commands", None)
    if below is None:
        yield _section(command, path)
        return
    for name, child in sorted(below.items()):
        if not child.hidden:
            yield from _sections(child, f"{path} {name}")


def _section(command: Any, path: str) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    usage = " ".join(["sh", path, *(["[OPTIONS]"] if options else []), *(_metavar(each) for each in arguments)])
    lines = [f"## lrs {path.removeprefix('lrs ')}", "", f"`{usage}`", "", _prose(command.help or ""), ""]
    if arguments or options:
        lines += ["| argument or option | default | what |", "|---|---|---|"]
        lines += [f"| `{_metavar(each)}` | {_default(each)} | {_prose(each.help or '')} |" for each in arguments]
        lines += [f"| {_words(each)} | {_default(each)} | {_prose(each.help or '')} |" for each in options]
        lines.append("")
    return "\n".join(lines)


def _metavar(argument: Any) -> str:
    name = (argument.metavar or argument.name or "").upper().strip("[]").removesuffix("...")
    return f"{name if argument.required else f'[{name}]'}{'...' if argument.nargs == -1 else ''}"


def _words(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or _value(option.type_descriptor.annotation)}"
    names = ", ".join(f"`{name}{value}`" for name in [*option.opts, *option.secondary_opts])
    return names.replace("|", "\\|") + (", required" if option.required else "")


def _value(annotation: Any) -> str:
    """What stands for the value: the choices, or the kind."""
    if get_origin(annotation) is Literal:
        return "|".join(map(str, get_args(annotation)))
    inner = next((each for each in get_args(annotation) if each is not type(None)), annotation)
    if isinstance(inner, type) and issubclass(inner, Enum):
        return "|".join(str(each.value) for each in inner)
    return {int: "NUMBER", float: "NUMBER", Path: "PATH", date: "DAY", datetime: "TIME"}.get(inner, "TEXT")


def _default(parameter: Any) -> str:
    value = parameter.default
    if value is True:
        return f"`{parameter.opts[0]}`"
    if parameter.required or value is None or value is False or value in ("", (), []) or callable(value):
        return ""
    return f"`{getattr(value, 'value', value)}`"


def _prose(text: str) -> str:
    """Help as one line of a table: no marks of rich, no line breaks."""
    return re.sub(r"\s+", " ", re.sub(r"\[/?[a-z ]+\]", "", text)).strip().replace("|", "\\|")
