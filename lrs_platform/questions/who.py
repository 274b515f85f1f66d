"""Who the learners of an answer are, for those who may know: names beside pseudonyms.

Belongs here: putting them into the rows. Not here: who may (gateway/access.py), looking them up (the warehouse server).
The query and what a chat model is told never have them.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from lrs_platform.asking import Answer, DatabaseAway
from lrs_platform.mcp_client import McpClient, McpToolError, McpUnavailable

LEARNER = "learner"
TOLD = ("name", "mail")


async def with_names(rows: Answer, warehouse: McpClient) -> Answer:
    """`rows` with name and mail address beside each learner, where there are learners. Raises DatabaseAway."""
    if LEARNER not in rows.columns or not rows.row_count:
        return rows
    at, found = rows.columns.index(LEARNER), rows.rows()
    try:
        told = await warehouse.call_json(
            "reveal_learners", {"learners": sorted({row[at] for row in found if row[at]})}, safe_to_retry=True
        )
    except (McpUnavailable, McpToolError) as error:
        raise DatabaseAway("names cannot be looked up: the warehouse server does not answer") from error
    names = {each[LEARNER]: [each[name] for name in TOLD] for each in told["learners"]}
    wider = [[*row, *names.get(row[at], [None] * len(TOLD))] for row in found]
    return replace(
        rows,
        columns=[*rows.columns, *TOLD],
        types=[*rows.types, *("text" for _ in TOLD)],
        cells=msgspec.json.encode(wider)[1:-1].decode(),
    )
