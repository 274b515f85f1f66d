"""What names a person in texts, and texts without it.

Belongs here: patterns of identifiers, and statements rewritten so that somebody is no longer in them. No I/O. The same
two patterns are used by Python and by Postgres, so they keep to what both understand.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from lrs_platform.xapi.identifiers import agent_key, fold_mbox

# What stands instead: valid where it stands, so that a statement or a document stays one.
NOBODY_MAIL = "erased@erased.invalid"
NOBODY_HASH = "0" * 40
NOBODY_SITE = "https://erased.invalid/"
NOBODY_ACCOUNT = '"homePage":"https://erased.invalid/","name":"erased"'
NOBODY_ACCOUNT_KEY = "https://erased.invalid/|erased"

_HASH = re.compile("[0-9a-f]{40}")
_BEFORE_MAIL, _AFTER_MAIL = r"(?<![a-z0-9._%+'-])", r"(?![a-z0-9-]|\.[a-z0-9])"
_AFTER_IRI = r"(?![A-Za-z0-9_~%-])"

Kind = Literal["mail", "hash", "openid", "account", "account_key"]
Fate = Literal["keep", "rewrite", "erase"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that names somebody, whether case matters, and what is put in its place."""

    kind: Kind
    expression: str
    exact: bool
    instead: str


@dataclass(frozen=True)
class Subject:
    """A person by all their actor keys (core.event.actor_key)."""

    keys: tuple[str, ...]

    @classmethod
    def of(cls, keys: Iterable[str]) -> Subject:
        """A person by some keys; the hashes of their addresses are added."""
        known = dict.fromkeys(key for key in keys if key)
        for mail in [key[7:] for key in known if key.startswith("mailto:")]:
            for mbox in (f"mailto:{mail}", fold_mbox(f"mailto:{mail}"), f"mailto:{mail.lower()}"):
                known.setdefault(mbox)
                known.setdefault(hashlib.sha1(mbox.encode(), usedforsecurity=False).hexdigest())
        return cls(tuple(known))

    @cached_property
    def kinds(self) -> list[str]:
        """Kinds of keys: mbox, mbox_sha1sum, openid, account."""
        return sorted({_kind(key) for key in self.keys})

    @cached_property
    def folded_keys(self) -> frozenset[str]:
        """The keys with domains in lower case, to compare agents with."""
        return frozenset(fold_mbox(key) if key.startswith("mailto:") else key for key in self.keys)

    @cached_property
    def plain(self) -> list[str]:
        """Texts in lower case of which one is in every text that names the person; a quick look before the patterns."""
        return sorted({_plain(key) for key in self.keys})

    @cached_property
    def patterns(self) -> list[Pattern]:
        """All patterns."""
        found: dict[str, Pattern] = {}
        for key in self.keys:
            for pattern in _patterns(key):
                found[pattern.expression] = pattern
        return list(found.values())

    def folded(self) -> str | None:
        """One expression of all patterns in which case does not matter; None where there is none."""
        return "|".join(f"(?:{each.expression})" for each in self.patterns if not each.exact) or None

    def exact(self) -> str | None:
        """One expression of all patterns in which case matters; None where there is none."""
        return "|".join(f"(?:{each.expression})" for each in self.patterns if each.exact) or None

    def is_in(self, text: str) -> bool:
        """Whether a text names the person, also in JSON's escapes."""
        return self._names(text) or ("\\" in text and self._names(unescaped(text)))

    def without(self, text: str) -> str:
        """The text with something that names nobody in place of the person."""
        for pattern in self.patterns:
            instead = pattern.instead
            text = re.sub(
                pattern.expression, lambda _, to=instead: to, text, flags=0 if pattern.exact else re.IGNORECASE
            )
        return text

    def blanked(self, text: str) -> str:
        """The text with asterisks in place of the person, as long in UTF-8 as before; all of it where they hide."""
        for pattern in self.patterns:
            flags = re.RegexFlag(0) if pattern.exact else re.IGNORECASE
            text = re.sub(pattern.expression, lambda found: "*" * _bytes(found[0]), text, flags=flags)
        if not self.is_in(text):
            return text
        body = text.rstrip("\r\n")
        return "*" * _bytes(body) + text[len(body) :]

    def fate(self, raw: str) -> tuple[Fate, str]:
        """What becomes of a statement: kept; erased, because the person is its actor; or rewritten, and how."""
        if not self.is_in(raw):
            return "keep", raw
        try:
            statement = json.loads(raw)
        except ValueError:
            return "erase", ""
        if not isinstance(statement, dict) or self._is(statement.get("actor")):
            return "erase", ""
        text = self.without(json.dumps(self._unnamed(statement), ensure_ascii=False, separators=(",", ":")))
        return "rewrite", text

    def is_actor_of(self, raw: str) -> bool:
        """Whether a statement is the person's own."""
        return self.fate(raw)[0] == "erase"

    def _names(self, text: str) -> bool:
        folded = text.lower()
        if not any(plain in folded for plain in self.plain):
            return False
        expressions = ((self.folded(), re.IGNORECASE), (self.exact(), re.RegexFlag(0)))
        return any(expression and re.search(expression, text, flags) for expression, flags in expressions)

    def _is(self, agent: Any) -> bool:
        if not isinstance(agent, dict):
            return False
        try:
            key = agent_key(agent)
        except (KeyError, TypeError, AttributeError):
            return False
        return key is not None and key in self.folded_keys

    def _unnamed(self, value: Any) -> Any:
        """A statement without the names that stand beside the person's identifiers."""
        if isinstance(value, list):
            return [self._unnamed(each) for each in value]
        if not isinstance(value, dict):
            return value
        left_out = {"name"} if self._is(value) else set()
        return {name: self._unnamed(each) for name, each in value.items() if name not in left_out}


def key_of(text: str) -> str | None:
    """The actor key that somebody may have typed: an address, a hash, an openid, an account as homePage|name, or any
    of these as the JSON of an Agent."""
    text = text.strip()
    if text.startswith("{"):
        try:
            return agent_key(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
    if text.startswith("mailto:"):
        return fold_mbox(text)
    if "|" in text:
        return text
    if _HASH.fullmatch(text.lower()):
        return text.lower()
    if "://" in text:
        return text
    return fold_mbox(f"mailto:{text}") if "@" in text else None


def told_apart(text: str) -> str:
    """A text without somebody that is like no other such text, for where only one may be."""
    number = secrets.token_hex(4)
    return text.replace("erased.invalid", f"{number}.erased.invalid").replace(NOBODY_HASH, secrets.token_hex(20))


def unescaped(text: str) -> str:
    """JSON text without escapes that could hide a name; what cannot be read is given back as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text.replace("\\/", "/")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _kind(key: str) -> str:
    if key.startswith("mailto:"):
        return "mbox"
    if _HASH.fullmatch(key):
        return "mbox_sha1sum"
    return "account" if "|" in key else "openid"


def _plain(key: str) -> str:
    if key.startswith("mailto:"):
        return key[7:].partition("@")[0].lower()  # the @ may be written as %40
    if _kind(key) == "account":
        return _in_json(key.rpartition("|")[2]).lower()
    return key.lower()


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _patterns(key: str) -> list[Pattern]:
    kind = _kind(key)
    if kind == "mbox":
        local, _, domain = key[7:].rpartition("@")
        here, there = re.escape(local.lower()), re.escape(domain.lower())
        return [
            Pattern("mail", f"{_BEFORE_MAIL}{here}@{there}{_AFTER_MAIL}", False, NOBODY_MAIL),
            Pattern(
                "mail",
                f"(?:(?<=%3a)|{_BEFORE_MAIL}){here}%40{there}{_AFTER_MAIL}",
                False,
                NOBODY_MAIL.replace("@", "%40"),
            ),
        ]
    if kind == "mbox_sha1sum":
        return [Pattern("hash", f"(?<![0-9a-f]){key}(?![0-9a-f])", False, NOBODY_HASH)]
    if kind == "openid":
        return [Pattern("openid", re.escape(key) + _AFTER_IRI, True, NOBODY_SITE)]
    home_page, _, name = key.rpartition("|")
    home, named = re.escape(_in_json(home_page)), re.escape(_in_json(name))
    between = r"\s*:\s*"
    return [
        Pattern("account", f'"homePage"{between}"{home}"\\s*,\\s*"name"{between}"{named}"', True, NOBODY_ACCOUNT),
        Pattern("account", f'"name"{between}"{named}"\\s*,\\s*"homePage"{between}"{home}"', True, NOBODY_ACCOUNT),
        Pattern("account_key", re.escape(key) + _AFTER_IRI, True, NOBODY_ACCOUNT_KEY),
    ]
