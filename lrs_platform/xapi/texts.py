"""Texts with a format that come again and again: IRIs, language tags, mailboxes. Checked once, then remembered.

Belongs here: the sets of texts found good, and the checks that use them. A lookup takes a tenth of the time of the
expression. A full set is emptied, so that a flood of new texts costs speed, not memory. Not here: the formats
themselves (identifiers.py, languages.py).
"""

from __future__ import annotations

from lrs_platform.xapi.errors import Flaw
from lrs_platform.xapi.identifiers import is_iri, is_mbox, is_uuid
from lrs_platform.xapi.json_text import check_value
from lrs_platform.xapi.languages import is_language_tag
from lrs_platform.xapi.model import Extensions, LanguageMap

IRI_RULE = "An IRI must be absolute (with a scheme, such as https:) and free of spaces and what else RFC 3987 forbids."
UUID_RULE = "A UUID must be in standard string form, 8-4-4-4-12 hexadecimal digits."
LANGUAGE_RULE = "A language tag must be well-formed by RFC 5646, such as en, de-CH or zh-Hans-CN."

FULL = 20_000  # texts in each set: 4 MB at the 200 bytes of a long IRI
LONG = 400  # characters; a longer text is not remembered

# Read by the hot callers before they call a check here: a call costs more than the lookup.
GOOD_IRIS: set[str] = set()
GOOD_TAGS: set[str] = set()
_LOOKED_INTO = frozenset({dict, list, int})  # the other JSON types are checked by their decoding
_good_mboxes: set[str] = set()


def _remember(good: set[str], text: str) -> None:
    if len(text) <= LONG:
        if len(good) >= FULL:
            good.clear()
        good.add(text)


def check_iri(text: str, *path: str | int) -> None:
    """Flaw at `path` unless `text` is an absolute IRI (Data 2.2, 4.3)."""
    if text not in GOOD_IRIS:
        if not is_iri(text):
            raise Flaw(path, IRI_RULE, text)
        _remember(GOOD_IRIS, text)


def check_uuid(text: str, *path: str | int) -> None:
    """Flaw at `path` unless `text` is a UUID (Data 4.4)."""
    if not is_uuid(text):
        raise Flaw(path, UUID_RULE, text)


def check_mbox(text: str) -> None:
    """Flaw at `mbox` unless `text` is mailto: and an address (Data 2.4.2.3)."""
    if text not in _good_mboxes:
        if not is_mbox(text):
            raise Flaw(("mbox",), "mbox must be mailto: and one e-mail address.", text)
        _remember(_good_mboxes, text)


def check_language(tag: str, *path: str | int) -> None:
    """Flaw at `path` unless `tag` is a language tag (Data 4.2)."""
    if tag not in GOOD_TAGS:
        if not is_language_tag(tag):
            raise Flaw(path, LANGUAGE_RULE, tag)
        _remember(GOOD_TAGS, tag)


def check_languages(texts: LanguageMap, *path: str | int) -> None:
    """Flaw below `path` unless the keys of `texts` are language tags (Data 4.2)."""
    for tag in texts:
        check_language(tag, *path, tag)


def check_extensions(extensions: Extensions) -> None:
    """Flaw below `extensions` unless its keys are IRIs and its values are nested within reason (Data 4.1)."""
    if not extensions.keys() <= GOOD_IRIS:
        for key in extensions:
            check_iri(key, "extensions", key)
    for value in extensions.values():
        if type(value) in _LOOKED_INTO:
            try:
                check_value(value)
            except Flaw as flaw:
                raise flaw.under("extensions") from None
