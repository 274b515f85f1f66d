"""Rules that the parsed query is held to: what kinds of nodes it is made of, which relations it reads.

Belongs here: the walk over sqlglot's tree. The second of two opinions; the first is of the tokens (shape.py). Nodes are
allowed by name, so a clause that nobody thought of is refused.
"""

from __future__ import annotations

import logging

import sqlglot
from sqlglot import exp

from lrs_platform.sql_guard.functions import FUNCTIONS, TYPES, instead_of, why_not
from lrs_platform.sql_guard.refusal import Rule, SqlRefused

READABLE = "report"  # the one schema that readers have
MOST_NODES = 60_000
_WORDS = frozenset({"all", "any", "row", "some"})  # of the language, taken for functions by sqlglot

# sqlglot says in its log what it could not parse, with the query: a query may hold what must not be in a log.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_QUERIES = (exp.Select, exp.SetOperation, exp.Values, exp.Subquery)
_CLAUSES = (
    exp.Alias, exp.Aliases, exp.AtTimeZone, exp.Boolean, exp.CTE, exp.Column, exp.ColumnDef, exp.Cube, exp.DataType,
    exp.DataTypeParam, exp.Distinct, exp.Dot, exp.Fetch, exp.Filter, exp.From, exp.Group, exp.GroupingSets, exp.Having,
    exp.Identifier,
    exp.IgnoreNulls, exp.Interval, exp.Join, exp.Lateral, exp.Limit, exp.LimitOptions, exp.Literal, exp.Null,
    exp.Offset, exp.Order, exp.Ordered, exp.Paren, exp.RespectNulls, exp.Rollup, exp.Schema, exp.Slice, exp.Star,
    exp.Table, exp.TableAlias, exp.Tuple, exp.Unnest, exp.Var, exp.Where, exp.Window, exp.WindowSpec, exp.With,
    exp.WithinGroup, exp.JSONPath, exp.JSONPathPart, exp.All, exp.Any, exp.Exists, exp.IntervalSpan,
)  # fmt: skip
_OPERATORS = (exp.Binary, exp.Unary, exp.Between, exp.In, exp.Condition, exp.Predicate, exp.Func)
_REFUSED = (  # conditions and functions to sqlglot, but not for looking at data
    exp.Parameter, exp.Placeholder, exp.SessionParameter, exp.NextValueFor, exp.XMLTable, exp.Operator, exp.Command,
    exp.CurrentUser, exp.SessionUser, exp.CurrentSchema, exp.CurrentCatalog, exp.Version, exp.DML,
)  # fmt: skip


def read(sql: str) -> frozenset[str]:
    """Names of the views that the one query of `sql` reads. Raises SqlRefused."""
    query = _parse(sql)
    if not isinstance(query, _QUERIES):
        raise SqlRefused(
            Rule.STATEMENT, "Only queries that read are run here.", "Begin with SELECT, WITH, VALUES or TABLE."
        )
    named: set[str] = set()
    views: set[str] = set()
    for count, node in enumerate(query.walk()):
        if count > MOST_NODES:
            raise SqlRefused(Rule.SIZE, "The query has too many parts.", "Split it.")
        _check_node(node)
        if isinstance(node, exp.CTE):
            named.add(node.alias)
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            _check_relation(node)
            views.add(node.name)
    return frozenset(views - named)


def _parse(sql: str) -> exp.Expr:
    try:
        statements = [each for each in sqlglot.parse(sql, read="postgres") if each is not None]
    except sqlglot.errors.SqlglotError as error:
        raise _not_understood(sql, error) from error
    except RecursionError as error:
        raise SqlRefused(
            Rule.SIZE, "The query is nested too deeply.", "Name the inner parts with WITH ... AS."
        ) from error
    if len(statements) != 1:
        raise SqlRefused(
            Rule.STATEMENT, f"One query is run at a time; these are {len(statements)}.", "Run one of them."
        )
    return statements[0]


def _not_understood(sql: str, error: sqlglot.errors.SqlglotError) -> SqlRefused:
    """The parser's words without the piece of the query that it repeats."""
    details = getattr(error, "errors", None)
    if not details:
        return SqlRefused(Rule.SYNTAX, "This is not understood as SQL.", "Check quotes and brackets.")
    said = str(details[0].get("description") or "not understood").rstrip(".")
    line, column = details[0].get("line"), details[0].get("col")
    at = None
    if isinstance(line, int) and isinstance(column, int):
        start = sum(len(each) + 1 for each in sql.split("\n")[: line - 1])
        at = max(0, min(start + column - len(str(details[0].get("highlight") or "")), len(sql)))
    return SqlRefused(Rule.SYNTAX, f"This is not understood as SQL: {said}.", "Check what stands there.", at)


def _check_node(node: exp.Expr) -> None:
    kind = type(node).__name__
    if isinstance(node, _REFUSED) or not isinstance(node, (*_QUERIES, *_CLAUSES, *_OPERATORS)):
        raise SqlRefused(Rule.STATEMENT, f"{_spoken(kind)} is not for queries here.", "Leave it out.")
    if isinstance(node, exp.With) and node.args.get("recursive"):
        raise SqlRefused(Rule.STATEMENT, "WITH RECURSIVE need not end.", "Use generate_series, or a window function.")
    if isinstance(node, exp.Query) and (node.args.get("into") or node.args.get("locks")):
        raise SqlRefused(Rule.STATEMENT, "INTO and FOR UPDATE write or lock.", "Leave them out.")
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        if name not in FUNCTIONS and name not in _WORDS:
            raise SqlRefused(Rule.FUNCTION, f"{node.name} may not be called: {why_not(name)}.", instead_of(name))
    if isinstance(node, exp.DataType):
        _check_type(node)


def _check_type(node: exp.DataType) -> None:
    """A type that sqlglot knows is one for data, but for those few that look into the catalog (functions.py)."""
    given = node.this
    if given in (exp.DataType.Type.USERDEFINED, exp.DataType.Type.XML):
        name = str(node.args.get("kind") or node.sql("postgres"))
        if name.lower() not in TYPES:
            raise SqlRefused(Rule.TYPE, f"{name[:63]} is no type for data.", "Use text, numeric, date or the like.")


def _check_relation(table: exp.Table) -> None:
    schema = table.db
    if table.catalog or (schema and schema.lower() != READABLE):
        whole = ".".join(part for part in (table.catalog, schema, table.name) if part)
        raise SqlRefused(Rule.SCHEMA, f"{whole[:200]} is not for readers.", f"Query the views of schema {READABLE}.")


def _spoken(kind: str) -> str:
    """TableSample -> TABLE SAMPLE."""
    return "".join(f" {letter}" if letter.isupper() and index else letter for index, letter in enumerate(kind)).upper()
