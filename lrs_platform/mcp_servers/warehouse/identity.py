"""The tools about who is who: find learners, merge two, tell them apart again, list those whom no roster names.

Belongs here: the order of the steps of a merge. Not here: the SQL (lrs_platform/warehouse/people), who may be whom
(lrs_platform/identity/matching.py).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mcp.server.mcpserver import MCPServer

from lrs_platform.identity.matching import Person, suggest
from lrs_platform.mcp_servers.warehouse import people
from lrs_platform.mcp_servers.warehouse.database import Connection, Database, DataFault

ORPHANS_AT_ONCE = 200


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools about learners to `server`."""

    @server.tool()
    async def find_learners(text: str) -> dict[str, Any]:
        """{learners: [...]} that `text` means: an id, a pseudonym, an actor key, a mail address or its SHA-1."""
        async with database.connection() as connection:
            return {"learners": await known(connection, await meant(connection, text))}

    @server.tool()
    async def merge_learners(keep: str, merge: str, note: str = "", by: str = "") -> dict[str, Any]:
        """Make one learner of two: `keep` gets all keys of `merge`. Each may be named as for find_learners.

        Answers {merge_id, effect}; unmerge_learners undoes it.
        """
        async with database.connection() as connection:
            return await merge_by_hand(connection, keep, merge, note=note, by=by or "unknown")

    @server.tool()
    async def unmerge_learners(merge_id: int, by: str = "") -> dict[str, Any]:
        """Undo a merge: the merged learner is there again, with the same keys. Answers {learner_id, effect}."""
        async with database.connection() as connection:
            return await unmerge_by_hand(connection, merge_id, by=by or "unknown")

    @server.tool()
    async def list_merges(limit: int = 50) -> dict[str, Any]:
        """{merges: [...]}, the latest first, also those that were undone."""
        async with database.connection() as connection:
            return {"merges": await people.rows(connection, "merges", rows=max(1, min(limit, 1000)))}

    @server.tool()
    async def list_orphans(limit: int = 50, skip: int = 0) -> dict[str, Any]:
        """Learners in events whom no roster names, with those they may be.

        Answers {total, orphans: [{learner_id, keys, name, mail, events, first_at, last_at, suggestions}]}; a suggestion
        is {learner_id, shown, reason, score from 0 to 1}.
        """
        async with database.connection() as connection:
            return await orphans(connection, limit=max(1, min(limit, ORPHANS_AT_ONCE)), skip=max(0, skip))


async def meant(connection: Connection, text: str) -> list[int]:
    """Ids of the learners that a text means."""
    return [row["learner_id"] for row in await people.rows(connection, "find_learner", text=text.strip())]


async def the_one(connection: Connection, text: str) -> int:
    """The learner that a text means. Raises DataFault where that is none or several."""
    found = await meant(connection, text)
    if len(found) != 1:
        what = "nobody" if not found else f"{len(found)} learners, {', '.join(map(str, found))}: give the id of one"
        raise DataFault(f"the learner that was asked for is {what}")
    return found[0]


async def known(connection: Connection, learner_ids: list[int]) -> list[dict[str, Any]]:
    """What is known of learners."""
    return await people.rows(connection, "learners", learner_ids=learner_ids)


async def merge_by_hand(connection: Connection, keep: str, merge: str, *, note: str, by: str) -> dict[str, Any]:
    """Merge two learners, in one transaction. Raises DataFault."""
    async with connection.transaction():
        await people.begin(connection)
        kept, merged = await the_one(connection, keep), await the_one(connection, merge)
        if kept == merged:
            raise DataFault("both are the same learner already")
        merge_id = await people.join(connection, kept, merged, cause="hand", note=note or None, by=by)
        await people.settle_people(connection)
        effect = await people.told(connection, "merge")
    return {"merge_id": merge_id, "effect": effect}


async def unmerge_by_hand(connection: Connection, merge_id: int, *, by: str) -> dict[str, Any]:
    """Undo a merge, in one transaction. Raises DataFault where there is none to be undone."""
    async with connection.transaction():
        await people.begin(connection)
        learner_id = await people.part(connection, merge_id, by=by)
        if learner_id is None:
            raise DataFault(f"there is no merge {merge_id} that stands: `lrs learners merges` shows them")
        await people.settle_people(connection)
        effect = await people.told(connection, "unmerge")
    return {"learner_id": learner_id, "effect": effect}


async def orphans(connection: Connection, *, limit: int, skip: int) -> dict[str, Any]:
    """A page of the learners whom no roster names, each with suggestions."""
    found = await people.rows(connection, "orphans", rows=limit, skip=skip)
    everybody = [
        Person(row["learner_id"], tuple(row["keys"]), row["name"], row["roster_name"], row["in_roster"])
        for row in await people.rows(connection, "people")
    ]
    suggestions = suggest([row["learner_id"] for row in found], everybody)
    total = found[0]["total"] if found else 0
    for row in found:
        del row["total"]
        row["suggestions"] = [asdict(each) for each in suggestions.get(row["learner_id"], [])]
    return {"total": total, "orphans": found}
