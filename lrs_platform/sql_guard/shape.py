"""Rules that the tokens of a query can be held to, whatever a parser makes of them.

Belongs here: one statement, what it begins with, brackets, what may stand before a bracket or a text, names that are
never needed. It is the first of two opinions: sqlglot leaves out parts that it does not know (the second function of
ROWS FROM, for one), so calls and names are looked for here as well as in the tree (tree.py).
"""

from __future__ import annotations

from lrs_platform.sql_guard.functions import (
    CATALOG_TYPES,
    FUNCTIONS,
    LONGEST_STRETCH,
    SESSION_WORDS,
    STRETCHING,
    SYSTEM_COLUMNS,
    TYPES,
    instead_of,
    why_not,
    words,
)
from lrs_platform.sql_guard.lexing import Token
from lrs_platform.sql_guard.refusal import Rule, SqlRefused

DEEPEST = 30  # brackets and CASEs within each other; sqlglot needs some 20 frames of Python's stack for each
MOST_PREFIXES = 30  # NOT NOT NOT ..., - - - ...: each is a level of its own

READS = frozenset({"select", "with", "values", "table"})
# May stand before a bracket without being called.
_KEYWORDS = words("""
    all and any array as between both by case cast cross cube distinct else escape except exists fetch filter first for
    from full group having ilike in inner intersect into is join lateral leading left like limit materialized
    natural not offset on or order over partition placing precision recursive right rollup row select sets similar some
    symmetric table then to trailing union using values varying when where window with within zone
""")
# May stand before a text without being a type or a prefix of it.
_BEFORE_TEXT = words("""
    all and any between both by case collate distinct else escape for from having ilike in is leading like limit
    not offset on or placing precision select similar symmetric then to trailing varying when where zone
""")
_WRITES = frozenset({"insert", "update", "delete", "merge", "truncate", "drop", "create", "alter", "grant", "revoke"})
_FOREIGN = frozenset({"information_schema", "pg_catalog", "pg_toast", "public", "lrs", "core", "mart", "report_pii"})
_OPEN, _CLOSED = {"(": ")", "[": "]"}, {")", "]"}


def check_shape(tokens: list[Token]) -> None:
    """Raises SqlRefused for the first rule that is broken. `tokens` end without a semicolon."""
    _check_beginning(tokens)
    _check_nesting(tokens)
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.is_symbol(";"):
            raise SqlRefused(
                Rule.STATEMENT, "One query is run at a time, and something follows this semicolon.",
                "Run what stands behind it by itself.", token.start,
            )  # fmt: skip
        if token.is_name:
            _check_name(token, after)
            if after is not None and after.is_symbol("("):
                _check_call(tokens, index)
            _check_words(token, before, tokens[index + 1 : index + 4])
        if token.kind == "string" and before is not None and before.kind in ("word", "quoted"):
            _check_before_text(before)


def _check_beginning(tokens: list[Token]) -> None:
    first = next((token for token in tokens if not token.is_symbol("(")), None)
    if first is None:
        raise SqlRefused(Rule.STATEMENT, "There is no query.", "Write one that begins with SELECT.")
    if not first.is_word(*READS):
        raise SqlRefused(
            Rule.STATEMENT,
            f"Only queries that read are run here; this begins with {first.text[:40].upper()}.",
            "Begin with SELECT, WITH, VALUES or TABLE.",
            first.start,
        )


def _check_nesting(tokens: list[Token]) -> None:
    waiting: list[Token] = []
    cases = prefixes = 0
    for token in tokens:
        if token.kind == "symbol" and token.text in _OPEN:
            waiting.append(token)
        elif token.kind == "symbol" and token.text in _CLOSED:
            if not waiting or _OPEN[waiting.pop().text] != token.text:
                raise SqlRefused(Rule.SYNTAX, f"This {token.text} closes nothing.", "Check the brackets.", token.start)
        elif token.is_word("case"):
            cases += 1
        elif token.is_word("end"):
            cases = max(0, cases - 1)
        prefixes = prefixes + 1 if token.is_word("not") or token.text in ("-", "+", "~", "@", "!") else 0
        if len(waiting) + cases > DEEPEST or prefixes > MOST_PREFIXES:
            raise SqlRefused(
                Rule.SIZE, f"The query is nested more than {DEEPEST} levels deep.",
                "Name the inner parts with WITH ... AS.", token.start,
            )  # fmt: skip
    if waiting:
        raise SqlRefused(Rule.SYNTAX, "This bracket is not closed.", "Close it.", waiting[-1].start)


def _check_name(token: Token, after: Token | None) -> None:
    """Names that nobody needs who looks at learning, wherever they stand and however they are written."""
    name = token.text.lower()
    if name in _FOREIGN and after is not None and after.is_symbol("."):
        raise SqlRefused(
            Rule.SCHEMA, f"Schema {name} is not for readers.", "Query the views of schema report.", token.start
        )
    if name.startswith("pg_") and name not in FUNCTIONS:
        called = after is not None and after.is_symbol("(")
        rule = Rule.FUNCTION if called else Rule.SCHEMA
        why = why_not(name) if called else "the catalog tells of the server, not of learning"
        advice = instead_of(name) if called else "Query the views of schema report."
        raise SqlRefused(rule, f"{name} may not be used: {why}.", advice, token.start)
    if name in CATALOG_TYPES:
        raise SqlRefused(
            Rule.TYPE, f"{name} looks into the catalog of Postgres or at its own numbers.",
            "Use a type for data, such as text, numeric or date.", token.start,
        )  # fmt: skip
    if name in SYSTEM_COLUMNS:
        raise SqlRefused(
            Rule.SCHEMA, f"{name} is a column of Postgres' own storage.", "Use the columns of the view.", token.start
        )
    if token.kind == "word" and name in SESSION_WORDS:
        raise SqlRefused(
            Rule.FUNCTION, f"{name} tells of the server, not of learning.", "Leave it out.", token.start
        )  # fmt: skip


def _check_call(tokens: list[Token], index: int) -> None:
    """Whether what stands before a bracket may be called, if it is called at all."""
    token, before = tokens[index], tokens[index - 1] if index else None
    if before is not None and before.is_symbol("."):
        raise SqlRefused(
            Rule.FUNCTION, f"{token.text} is called with the name of a schema.", "Write the function's name alone.",
            token.start,
        )  # fmt: skip
    if token.kind == "word" and (token.text in _KEYWORDS or token.text in TYPES):
        return
    if _names_columns(tokens, index):
        return
    if token.kind == "quoted" or token.text not in FUNCTIONS:
        raise SqlRefused(
            Rule.FUNCTION, f"{token.text} may not be called: {why_not(token.text.lower())}.",
            instead_of(token.text.lower()), token.start,
        )  # fmt: skip
    if token.text in STRETCHING:
        _check_stretch(tokens, index)


def _names_columns(tokens: list[Token], index: int) -> bool:
    """Whether the bracket behind this name lists columns: `AS t (a, b)`, `WITH t (a, b) AS (SELECT`.

    A list of columns is told from `f(a, b) AS (a int)`, which calls f, by the query that follows AS.
    """
    if index and tokens[index - 1].is_word("as"):
        return True
    end = index + 2
    while end < len(tokens) and not tokens[end].is_symbol(")"):
        if not (tokens[end].is_name or tokens[end].is_symbol(",")):
            return False
        end += 1
    rest = [token for token in tokens[end + 1 : end + 6] if not token.is_word("not", "materialized")]
    if len(rest) < 3 or not (rest[0].is_word("as") and rest[1].is_symbol("(")):
        return False
    begins = rest[2]
    if begins.is_word("values"):  # may name a column, too
        return len(rest) > 3 and rest[3].is_symbol("(")
    return begins.is_word("select", "with", "table") or begins.is_symbol("(")


def _check_stretch(tokens: list[Token], index: int) -> None:
    """lpad(x, 20): the second argument is one plain number."""
    depth = commas = 0
    second: list[Token] = []
    for token in tokens[index + 1 :]:
        depth += token.is_symbol("(") - token.is_symbol(")")
        if depth == 0:
            break
        if depth == 1 and token.is_symbol(","):
            commas += 1
        elif commas == 1:
            second.append(token)
    plain = len(second) == 1 and second[0].kind == "number" and second[0].text.isdigit()
    if not plain or len(second[0].text) > 4 or int(second[0].text) > LONGEST_STRETCH:
        raise SqlRefused(
            Rule.SIZE, f"{tokens[index].text} can make a text that fills the server's memory.",
            f"Give it a plain number up to {LONGEST_STRETCH} as its second argument.", tokens[index].start,
        )  # fmt: skip


def _check_words(token: Token, before: Token | None, following: list[Token]) -> None:
    """Clauses that write, lock or do not end, and one that sqlglot does not read whole."""
    opens = before is not None and before.is_symbol("(")
    if opens and token.is_word(*_WRITES) and following and following[0].is_name:
        raise SqlRefused(
            Rule.STATEMENT, f"{token.text.upper()} writes; queries here only read.", "Leave it out.", token.start
        )
    if token.is_word("into"):
        raise SqlRefused(Rule.STATEMENT, "SELECT ... INTO makes a table.", "Leave INTO out.", token.start)
    if token.is_word("recursive") and before is not None and before.is_word("with"):
        raise SqlRefused(
            Rule.STATEMENT, "WITH RECURSIVE need not end.", "Use generate_series, or a window function.", token.start
        )
    if token.is_word("for") and following and following[0].is_word("update", "share", "no", "key"):
        raise SqlRefused(Rule.STATEMENT, "FOR UPDATE and FOR SHARE lock rows.", "Leave it out.", token.start)
    if token.is_word("rows") and len(following) > 1 and following[0].is_word("from") and following[1].is_symbol("("):
        raise SqlRefused(Rule.SYNTAX, "ROWS FROM is not read here.", "Join the functions instead.", token.start)


def _check_before_text(word: Token) -> None:
    """A word before a text is part of the grammar or a type; E'' and types that look things up are not."""
    if word.kind == "word" and (word.text in _BEFORE_TEXT or word.text in TYPES):
        return
    raise SqlRefused(
        Rule.TEXT, f"{word.text[:40]} before a text changes what it means, or is a type that is not for data.",
        "Write the text in single quotes alone, or use a type such as date or interval.", word.start,
    )  # fmt: skip
