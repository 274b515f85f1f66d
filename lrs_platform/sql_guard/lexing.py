"""Tokens of a query, in a subset of SQL on whose reading every parser agrees.

Belongs here: characters, quotes, comments (PostgreSQL, "Lexical Structure"). What several programs read differently is
refused rather than understood: E'' and U&'' strings, dollar quotes, letters outside ASCII without quotes. So what the
guard has seen is what DBHub splits and Postgres runs; most tricks of the trade live in the difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from lrs_platform.sql_guard.refusal import Rule, SqlRefused

Kind = Literal["word", "quoted", "string", "number", "symbol"]

LONGEST_NAME = 63  # bytes; Postgres cuts longer ones off, so that two texts would mean one thing

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPACE = re.compile(r"[ \t\r\n]+")
_SYMBOLS = frozenset("()[],.;:+-*/<>=~!@#%^&|?")
# Reorder or hide what is shown: a reader would approve another query than the one that runs (CVE-2021-42574).
_DECEPTIVE = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Token:
    """`text` of a word is in lower case, of a quoted name without its quotes; `start` and `end` are offsets."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        """Whether it can name something."""
        return self.kind in ("word", "quoted")

    def is_word(self, *texts: str) -> bool:
        """Whether it is one of these words, not in quotes."""
        return self.kind == "word" and self.text in texts

    def is_symbol(self, text: str) -> bool:
        """Whether it is this symbol."""
        return self.kind == "symbol" and self.text == text


def tokens_of(sql: str, *, most: int) -> tuple[str, list[Token]]:
    """The text with every comment turned to spaces, offsets unchanged, and its tokens. Raises SqlRefused."""
    _check_characters(sql)
    tokens: list[Token] = []
    pieces: list[str] = []
    at = 0
    while at < len(sql):
        if space := _SPACE.match(sql, at):
            pieces.append(space[0])
            at = space.end()
            continue
        end = _comment_end(sql, at)
        if end:
            pieces.append(re.sub(r"[^\n]", " ", sql[at:end]))
            at = end
            continue
        token = _token(sql, at)
        if len(tokens) == most:
            raise SqlRefused(
                Rule.SIZE,
                f"The query has more than {most:,} words and signs; reading it would hold up others.",
                "Split it, or put long lists of values into a shorter condition.",
                at,
            )
        tokens.append(token)
        pieces.append(sql[at : token.end])
        at = token.end
    return "".join(pieces), tokens


def _check_characters(sql: str) -> None:
    if found := _CONTROL.search(sql):
        raise SqlRefused(
            Rule.TEXT,
            f"There is a control character (U+{ord(found[0]):04X}) in the query.",
            "Remove it; it often comes along when text is pasted.",
            found.start(),
        )
    if found := _DECEPTIVE.search(sql):
        raise SqlRefused(
            Rule.TEXT,
            f"There is an invisible character (U+{ord(found[0]):04X}); such can make a query look like another one.",
            "Remove it; it often comes along when text is pasted.",
            found.start(),
        )


def _comment_end(sql: str, at: int) -> int:
    """Where the comment that begins here ends; 0 where none begins. Block comments nest, as in Postgres."""
    if sql.startswith("--", at):
        end = re.compile(r"[\r\n]").search(sql, at)
        return end.start() if end else len(sql)
    if not sql.startswith("/*", at):
        return 0
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(sql, at):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    raise SqlRefused(Rule.TEXT, "A comment that begins here does not end.", "Close it with */.", at)


def _token(sql: str, at: int) -> Token:
    character = sql[at]
    if character == "'":
        end = _closing(sql, at, "'")
        return Token("string", sql[at + 1 : end - 1].replace("''", "'"), at, end)
    if character == '"':
        return _quoted_name(sql, at)
    if word := _WORD.match(sql, at):
        _check_after_word(sql, word)
        return Token("word", word[0].lower(), at, word.end())
    if number := _NUMBER.match(sql, at):
        if _WORD.match(sql, number.end()):
            raise SqlRefused(
                Rule.TEXT, "A number runs into a word; versions of Postgres read that differently.",
                "Put a space between them.", at,
            )  # fmt: skip
        return Token("number", number[0], at, number.end())
    if character in _SYMBOLS:
        return Token("symbol", character, at, at + 1)
    raise _unreadable(sql, at)


def _closing(sql: str, at: int, quote: str) -> int:
    """The offset behind the closing quote; a doubled one stands for itself."""
    end = at + 1
    while True:
        end = sql.find(quote, end)
        if end < 0:
            raise SqlRefused(Rule.TEXT, "A quote that begins here does not end.", f"Close it with {quote}.", at)
        if not sql.startswith(quote * 2, end):
            return end + 1
        end += 2


def _quoted_name(sql: str, at: int) -> Token:
    end = _closing(sql, at, '"')
    name = sql[at + 1 : end - 1].replace('""', '"')
    if not name or len(name.encode()) > LONGEST_NAME:
        raise SqlRefused(
            Rule.TEXT, f"A name in quotes has 1 to {LONGEST_NAME} bytes.", "Use the column's or view's own name.", at
        )
    return Token("quoted", name, at, end)


def _check_after_word(sql: str, word: re.Match[str]) -> None:
    after = sql[word.end() : word.end() + 2]
    if word[0] in "uU" and after in ("&'", '&"'):
        raise SqlRefused(
            Rule.TEXT, "Names and texts written with U& can hide what they say.", "Write the characters themselves.",
            word.start(),
        )  # fmt: skip
    if len(word[0].encode()) > LONGEST_NAME:
        raise SqlRefused(Rule.TEXT, f"A name has at most {LONGEST_NAME} bytes.", "Use a shorter one.", word.start())
    if after[:1] == "$":
        raise _unreadable(sql, word.end())


def _unreadable(sql: str, at: int) -> SqlRefused:
    character = sql[at]
    if character == "$":
        return SqlRefused(
            Rule.TEXT, "Dollar signs outside quotes can hide a text or stand for a parameter; neither is needed here.",
            "Write texts in single quotes, and values instead of $1.", at,
        )  # fmt: skip
    if ord(character) > 127:
        return SqlRefused(
            Rule.TEXT,
            f"{character!r} (U+{ord(character):04X}) stands outside quotes; some such characters look like SQL.",
            'Put names with such letters into double quotes, e.g. "größe", and texts into single ones.',
            at,
        )
    return SqlRefused(Rule.TEXT, f"{character!r} is no part of SQL.", "Remove it.", at)
