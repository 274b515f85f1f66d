"""The mapping in force applied to all stored statements: rows that it makes otherwise are replaced, the marts follow.

Belongs here: the walk over the record. Not here: mapping and replacing a few (remapping.py), its progress as people see
it (commands.py).
Cut off anywhere, the same walk again does no harm: what is as the mapping makes it stays untouched.
"""

from __future__ import annotations

from collections.abc import Callable

from lrs_platform.mappings.composing import Composed
from lrs_platform.mappings.remapping import McpServer, Remapped, Remapping

STATEMENTS_AT_ONCE = 2000


async def replay(
    python: McpServer,
    warehouse: McpServer,
    mapping: Composed,
    *,
    after: int = 0,
    told: Callable[[int, Remapped, int], None] = lambda position, done, upto: None,
) -> Remapped:
    """Map every stored statement after position `after` again. `told` hears how far it is after each call.

    Raises McpUnavailable, or McpToolError that is transient; `after` with the last position told goes on from there.
    """
    remapping = Remapping(python, warehouse, mapping)
    upto = 0
    while True:
        page = await warehouse.call_json(
            "stored_lines", {"after": after, "upto": upto, "limit": STATEMENTS_AT_ONCE}, safe_to_retry=True
        )
        upto = page["upto"]
        if page["lines"]:
            await remapping.run(page["lines"].split("\n"))
        if page["after"] is None:
            told(upto, remapping.done, upto)
            return remapping.done
        after = page["after"]
        told(after, remapping.done, upto)
