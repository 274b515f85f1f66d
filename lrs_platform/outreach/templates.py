"""Templates of mails: YAML with declared fields, per language and cohort, one's own before the built-in ones.

Belongs here: finding and checking them. Not here: rendering (sandbox/render.py), what a field's value is (sending.py).
In LRS_REMINDER_TEMPLATES a template is `<cohort>/reminder.<language>.yaml` for one cohort, `reminder.<language>.yaml`
for all; <cohort> is the cohort's name with everything but letters and digits as `-`, in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

Kind = Literal["reminder", "digest"]
FALLBACK = "en"
PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
PEOPLE = tuple(f"people_{number}" for number in range(1, 11))

# What the platform has to give; a template declares which of these it uses.
KNOWN_FIELDS: dict[Kind, frozenset[str]] = {
    "reminder": frozenset(
        ("first_name", "name", "lesson", "lesson_url", "due_on", "overdue_days", "reason", "others", "cohort")
    )
    | {"unsubscribe_url"},
    "digest": frozenset(("cohort", "day", "members", "behind", "reminded", "unreachable", "more", "page_url", *PEOPLE)),
}
NEEDED: dict[Kind, frozenset[str]] = {"reminder": frozenset({"unsubscribe_url"}), "digest": frozenset()}


class TemplateFault(ValueError):
    """A template that cannot be used; the message names the file and what is wrong."""


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One template. `sentences`: field -> its value -> the words for it."""

    fields: list[str]
    subject: str
    text: str
    html: str
    sentences: dict[str, dict[str, str]] = {}

    def plain(self) -> dict[str, Any]:
        """As the sandbox takes it."""
        return {"subject": self.subject, "text": self.text, "html": self.html, "sentences": self.sentences}


def find(kind: Kind, language: str, cohort: str, own: Path | None) -> Template:
    """The template for a language (as `de` or `de-AT`) and a cohort. Raises TemplateFault."""
    for language_ in _languages(language):
        for path in _places(kind, language_, cohort, own):
            if path.is_file():
                return _read(kind, path, path.stat().st_mtime_ns)
        built_in = files(__package__).joinpath("templates", f"{kind}.{language_}.yaml")
        if built_in.is_file():
            return _built_in(kind, language_)
    raise TemplateFault(f"there is no template {kind}.{FALLBACK}.yaml")


def check(kind: Kind, name: str, content: str) -> Template:
    """Read a template. Raises TemplateFault where a field is not declared, not known, or a needed one is missing."""
    try:
        template = msgspec.convert(yaml.safe_load(content), Template)
    except (yaml.YAMLError, msgspec.MsgspecError) as error:
        raise TemplateFault(f"{name}: {' '.join(str(error).split())[:300]}") from error
    declared = set(template.fields)
    if unknown := declared - KNOWN_FIELDS[kind]:
        raise TemplateFault(f"{name}: no field {min(unknown)}; there are {', '.join(sorted(KNOWN_FIELDS[kind]))}")
    texts = [template.subject, template.text, template.html]
    sentences = [words for by_value in template.sentences.values() for words in by_value.values()]
    used = {field for text in texts + sentences for field in PLACEHOLDER.findall(text)}
    if undeclared := used - declared:
        raise TemplateFault(f"{name}: {min(undeclared)!r} is used and not declared in `fields`")
    for part, text in (("text", template.text), ("html", template.html)):
        if missing := NEEDED[kind] - set(PLACEHOLDER.findall(text)):
            raise TemplateFault(f"{name}: {part} has to hold {{{{{min(missing)}}}}}")
    if stray := set(template.sentences) - declared:
        raise TemplateFault(f"{name}: sentences for {min(stray)}, which is not declared in `fields`")
    return template


def slug(cohort: str) -> str:
    """A cohort's name as a directory."""
    return re.sub(r"[^a-z0-9]+", "-", cohort.lower()).strip("-")


def _languages(language: str) -> Iterator[str]:
    """From the most special to English; a language of a roster is somebody's input, so only letters get through."""
    wanted = re.sub(r"[^A-Za-z-]", "", language).lower()[:20]
    for each in dict.fromkeys((wanted, wanted.partition("-")[0], FALLBACK)):
        if each:
            yield each


def _places(kind: Kind, language: str, cohort: str, own: Path | None) -> Iterator[Path]:
    if own is not None:
        if slug(cohort):
            yield own / slug(cohort) / f"{kind}.{language}.yaml"
        yield own / f"{kind}.{language}.yaml"


@cache
def _built_in(kind: Kind, language: str) -> Template:
    file = files(__package__).joinpath("templates", f"{kind}.{language}.yaml")
    return check(kind, file.name, file.read_text(encoding="utf-8"))


@cache
def _read(kind: Kind, path: Path, _changed: int) -> Template:
    try:
        return check(kind, path.name, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateFault(f"{path.name} cannot be read: {type(error).__name__}") from error
