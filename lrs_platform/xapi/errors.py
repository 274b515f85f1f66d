"""What is wrong with a statement, said so that its sender can mend it: property, rule, value, section of the standard.

Belongs here: the two exceptions and the table of sections. Not here: the rules themselves (grammar.py, json_text.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lrs_platform.xapi.versions import Version

SHOWN = 80  # characters of an offending value that an error repeats

Path = tuple[str | int, ...]

# The last part of a property's path found here names the section: (1.0.3, Part Two: Data; 2.0.0, IEEE 9274.1.1).
_SECTIONS: dict[str | int, tuple[str, str]] = {
    "id": ("Data 2.4.1", "4.2.4.2"),
    "timestamp": ("Data 2.4.7", "4.2.4.2"),
    "stored": ("Data 2.4.8", "4.2.4.2"),
    "version": ("Data 2.4.10", "4.2.4.3"),
    "authority": ("Data 2.4.9", "4.2.4.2"),
    "actor": ("Data 2.4.2", "4.2.2.1"),
    "member": ("Data 2.4.2.2", "4.2.2.1"),
    "mbox": ("Data 2.4.2.3", "4.2.2.1"),
    "mbox_sha1sum": ("Data 2.4.2.3", "4.2.2.1"),
    "openid": ("Data 2.4.2.3", "4.2.2.1"),
    "account": ("Data 2.4.2.4", "4.2.2.1"),
    "verb": ("Data 2.4.3", "4.2.2.2"),
    "object": ("Data 2.4.4", "4.2.2.3"),
    "definition": ("Data 2.4.4.1", "4.2.2.3"),
    "result": ("Data 2.4.5", "4.2.2.4"),
    "score": ("Data 2.4.5.1", "4.2.2.4"),
    "duration": ("Data 4.6", "4.2.7"),
    "context": ("Data 2.4.6", "4.2.2.5"),
    "contextActivities": ("Data 2.4.6.2", "4.2.2.5"),
    "attachments": ("Data 2.4.11", "4.2.2.6"),
    "extensions": ("Data 4.1", "4.2.7"),
}
_FORMATTING = ("Data 2.2", "4.2.4.1")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def section_of(path: Path, version: Version) -> str:
    """The section of the standard that speaks of the property at `path`."""
    named = [part for part in path if part in _SECTIONS]
    if len(named) > 1 and named[-1] == "id":  # the id of something inside the statement: that thing's section
        named.pop()
    return (_SECTIONS[named[-1]] if named else _FORMATTING)[version is Version.V2_0_0]


def property_name(path: Iterable[str | int]) -> str:
    """A path as text: `context.contextActivities.parent[0].id`, `result.extensions["http://x"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f'["{shorten(part)}"]'
    return text


def shorten(value: object) -> str:
    """`value` as text of at most SHOWN characters that any encoder can write."""
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\u0000")
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


class Flaw(Exception):
    """A broken rule, found somewhere inside a statement. Callers that know more of the place add it with `under`."""

    def __init__(self, path: Path, rule: str, value: object = None) -> None:
        super().__init__(rule)
        self.path = path
        self.rule = rule
        self.value = value

    def under(self, *parents: str | int) -> Flaw:
        """The same flaw, its path continued upwards by `parents`."""
        self.path = parents + self.path
        return self


class StatementInvalid(ValueError):
    """A body that is no batch of valid statements: answer 400, store nothing of it.

    `index` counts from 0 in a batch and is None for a single statement or where the whole body is at fault; `property`
    is the path from the statement down, "" for the statement itself; `value` is the offending value as text, at most
    SHOWN characters, None where there is none; `section` is the place in the standard of the request's version.
    """

    def __init__(self, index: int | None, property: str, rule: str, value: str | None, section: str) -> None:
        self.index = index
        self.property = property
        self.rule = rule
        self.value = value
        self.section = section
        place = " ".join(filter(None, [None if index is None else f"statement {index}", property]))
        got = "" if value is None else f" Got: {value}"
        super().__init__(f"{place + ': ' if place else ''}{rule}{got} ({section})")

    @classmethod
    def of(cls, flaw: Flaw, version: Version, index: int | None = None) -> StatementInvalid:
        """The error to answer for `flaw`, found in statement `index` of a batch."""
        value = None if flaw.value is None else shorten(flaw.value)
        return cls(index, property_name(flaw.path), flaw.rule, value, section_of(flaw.path, version))
