"""What JSON itself must be here: unique keys, no NUL, bounded depth; and why a body is no JSON at all.

Belongs here: rules of the text, whatever it says. Not here: xAPI (grammar.py).

Each rule has a test of a fraction of a microsecond that never passes a bad text, and an exact search that only runs
when that test has doubts, and names the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from lrs_platform.xapi.errors import Flaw, Path

# Of an extension's value; the rest of a statement has its depth from the standard. Real ones stay below 10, and
# decoders and databases differ in what they survive beyond some 500.
MAX_DEPTH = 100

NUMBER_RULE = "A number must be within the range of IEEE 754 binary64, about ±1.8e308."

_WHITE = bytes.maketrans(b"\t\n\r", b"   ")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_LONE_SURROGATE = re.compile(
    rb"(?<!\\)(?:\\\\)*(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F])"
)
_encode = msgspec.json.Encoder().encode


def one_line(text: bytes) -> bytes:
    """Valid JSON `text` with tabs and line breaks turned to spaces: valid JSON has them only between its tokens."""
    if b"\n" in text or b"\t" in text or b"\r" in text:
        return text.translate(_WHITE)
    return text


def keys_unique(text: bytes, decoded: object) -> bool:
    """Whether no object of `text` has a key twice; `text` is valid JSON on one line, `decoded` what it decoded to.

    A decoder keeps one of two equal keys, so writing `decoded` again gives fewer keys than were read. Keys are counted
    by their colons: inside strings there are as many in one text as in the other, but for escaped ones (\\u003a), after
    which only the exact search will do.
    """
    if b"\\" in text and (b"\\u003a" in text or b"\\u003A" in text):
        return find_repeated_key(text) is None
    return text.count(b":") == _encode(decoded).count(b":")


def find_repeated_key(text: bytes) -> Path | None:
    """Path of the first key that stands twice in its object, None where all are unique."""
    repeated: dict[
        int, tuple[str, object]
    ] = {}  # id of a dict -> its repeated key, and the dict, so that the id stays its

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key, value in pairs:
            if key in built:
                repeated.setdefault(id(built), (key, built))
            built[key] = value
        return built

    document = json.loads(text, object_pairs_hook=build, parse_int=str, parse_float=str)
    if not repeated:
        return None
    return next((*path, repeated[id(node)][0]) for path, node in walk(document) if id(node) in repeated)


def walk(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value in a decoded document with its path, outermost first."""
    yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, (*path, key))
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from walk(value, (*path, position))


def check_no_nul(text: bytes) -> None:
    """Flaw where a string or key in the JSON `text` holds NUL."""
    if b"\\u0000" in text and _NUL.search(text):
        rule = "Text must not hold the character NUL (\\u0000): databases cannot keep it."
        for path, value in walk(json.loads(text, parse_int=str)):
            if isinstance(value, str) and "\x00" in value:
                raise Flaw(path, rule, value)
            if path and isinstance(path[-1], str) and "\x00" in path[-1]:
                raise Flaw(path[:-1], rule, path[-1])
        raise Flaw((), rule)


def check_value(value: Any) -> None:
    """Flaw where a decoded `value` is nested deeper than MAX_DEPTH or has an integer beyond binary64."""
    level = [value]
    for depth in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict | list):
                if depth == MAX_DEPTH:
                    raise too_deep()
                inner.extend(each.values() if isinstance(each, dict) else each)
            elif isinstance(each, int) and each.bit_length() > 1024:  # the decoder refuses such floats, not integers
                raise Flaw((), NUMBER_RULE)
        if not inner:
            return
        level = inner


def too_deep() -> Flaw:
    """The flaw of a text nested deeper than MAX_DEPTH."""
    return Flaw((), f"JSON must not be nested deeper than {MAX_DEPTH} levels.")


def malformed(text: bytes, error: Exception) -> Flaw:
    """Why `text`, which a decoder refused with `error`, is not JSON."""
    if isinstance(error, RecursionError):
        return too_deep()
    if not text.strip():
        return Flaw((), "The body must hold a statement or an array of statements; it is empty.")
    if text.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return Flaw((), "JSON must be UTF-8 without a byte order mark (RFC 8259, 8.1).")
    if isinstance(error, UnicodeDecodeError):
        near = error.object[max(error.start - 20, 0) : error.start + 20]
        return Flaw((), "JSON must be UTF-8 (RFC 8259, 8.1); a byte sequence is not.", near)
    surrogate = _LONE_SURROGATE.search(text)
    if surrogate:
        near = text[surrogate.start() : surrogate.end() + 20]
        return Flaw((), "An escaped surrogate must be one of a pair (RFC 8259, 7).", near.decode("utf-8", "replace"))
    place = re.search(r"\(byte (\d+)\)", str(error))
    at = int(place[1]) if place else len(text)
    reason = str(error).removeprefix("JSON is malformed: ")
    return Flaw((), f"The body must be JSON: {reason}.", text[max(at - 20, 0) : at + 20].decode("utf-8", "replace"))
