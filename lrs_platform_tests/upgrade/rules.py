"""What a change of the schema may do while the release before it still runs: add, and take nothing away.

Belongs here: finding what an older release would stumble over. A file that does such a thing all the same is the second
half of a change (expand, then contract) and says so: `-- contract: needs NNN`, the change that code has to know to run
without it (docs/upgrade.md).
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from lrs_platform.warehouse.schema_changes import SchemaChange

# Files of the first release: nothing ran before them.
FIRST_RELEASE = 85
FILLED = (exp.DefaultColumnConstraint, exp.GeneratedAsIdentityColumnConstraint, exp.ComputedColumnConstraint)


def breaks(change: SchemaChange) -> list[str]:
    """What in the file an older release would not survive."""
    made: set[str] = set()
    found = []
    for statement in sqlglot.parse(change.text, dialect="postgres"):
        if isinstance(statement, exp.Create):
            made.add(_name(statement.this))
        found += [f"{change.version:03}: {problem}" for problem in _problems(statement, made)]
    return found


def _problems(statement: exp.Expr | None, made: set[str]) -> Iterator[str]:
    """Problems of one statement; what this file has made itself, nobody uses yet."""
    if isinstance(statement, exp.Drop):
        yield f"drops {_name(statement.this)}"
    elif isinstance(statement, exp.Revoke):
        yield "takes a right away"
    elif isinstance(statement, exp.TruncateTable):
        yield "truncates a table"
    elif isinstance(statement, exp.Create) and statement.args.get("unique"):
        yield from _on_old_table(statement.find(exp.Table), made, "a unique index")
    elif isinstance(statement, exp.Alter):
        if _name(statement.this) not in made:
            yield from _of_alter(statement)
    elif isinstance(statement, exp.Command):
        text = f"{statement.this} {statement.expression or ''}".lower()
        if any(word in text for word in ("drop ", "rename ", "revoke ", "set not null", "set schema")):
            yield f"`{' '.join(text.split())[:60]}`"


def _of_alter(statement: exp.Alter) -> Iterator[str]:
    for action in statement.args.get("actions") or ():
        if isinstance(action, exp.Drop):
            yield f"drops {_name(action.this)}"
        elif isinstance(action, exp.AlterRename | exp.RenameColumn):
            yield f"renames in {_name(statement.this)}"
        elif isinstance(action, exp.AlterColumn):
            if not any(action.args.get(harmless) for harmless in ("allow_null", "default", "drop")):
                yield f"changes a column of {_name(statement.this)}"
        elif isinstance(action, exp.ColumnDef):
            kinds = [constraint.kind for constraint in action.constraints]
            required = any(isinstance(kind, exp.NotNullColumnConstraint) for kind in kinds)
            if required and not any(isinstance(kind, FILLED) for kind in kinds):
                yield f"adds {action.name}, which older code does not fill"
        elif isinstance(action, exp.AddConstraint):
            yield f"adds a constraint to {_name(statement.this)}, which older code does not know"


def _on_old_table(table: exp.Expr | None, made: set[str], what: str) -> Iterator[str]:
    if table is not None and _name(table) not in made:
        yield f"adds {what} to {_name(table)}, which older code does not know"


def _name(node: exp.Expr | None) -> str:
    if isinstance(node, exp.Schema):
        node = node.this
    return node.sql(dialect="postgres") if node is not None else ""
