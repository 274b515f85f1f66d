"""The verdict on a text: a query that only reads what readers may see, or SqlRefused.

Belongs here: the order of the opinions and the sizes. Not here: what each of them looks for.
"""

from __future__ import annotations

from dataclasses import dataclass

from lrs_platform.sql_guard.lexing import tokens_of
from lrs_platform.sql_guard.refusal import Rule, SqlRefused
from lrs_platform.sql_guard.shape import check_shape
from lrs_platform.sql_guard.tree import read

# Reading 50 kB takes 0.3 s of Python, so longer texts would let one person hold up everybody.
LONGEST = 50_000
MOST_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Guarded:
    """A query that may run: the text as it was given, comments turned to spaces, without a closing semicolon."""

    text: str
    views: frozenset[str]  # that it reads, without their schema


def check(sql: str) -> Guarded:
    """The guarded form of `sql`. Raises SqlRefused, with the offset where the rule is broken if it is known."""
    if len(sql) > LONGEST:
        raise SqlRefused(
            Rule.SIZE,
            f"The query has {len(sql):,} characters; at most {LONGEST:,} are read.",
            "Shorten it: a list of values is better a condition.",
        )
    text, tokens = tokens_of(sql, most=MOST_TOKENS)
    while tokens and tokens[-1].is_symbol(";"):
        text = text[: tokens.pop().start]
    check_shape(tokens)
    return Guarded(text.rstrip(), read(text))
