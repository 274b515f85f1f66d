"""The tools about the rights of learners: erasing, looking for what is left, a copy of their data, retention.

Belongs here: the stages of an erasure as the warehouse sees them. Not here: which rows go (erasing.py), the log,
Dagster, files and the proof (lrs_platform/rights/erasure.py).
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import msgspec
from mcp.server.mcpserver import MCPServer
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from lrs_platform.mcp_servers.warehouse import erasing, identity, people
from lrs_platform.mcp_servers.warehouse.database import Connection, Database, DataFault
from lrs_platform.mcp_servers.warehouse.finding import MILLISECOND, hashed
from lrs_platform.rights.subject import Subject, key_of
from lrs_platform.warehouse.rights import sql
from lrs_platform.xapi import filters

PAGE = 500  # statements of a copy in one answer
EXPIRED_AT_ONCE = 5_000  # statements that retention removes in one transaction

# What may be kept for a time only, and since when a row is kept. Statements are removed with all that hangs on them.
KEPT: dict[str, tuple[LiteralString, LiteralString]] = {
    "lrs.statement": ("stored", "true"),
    "lrs.rejected": ("rejected_at", "true"),
    "lrs.conflict": ("found_at", "true"),
    "lrs.document": ("updated_at", "true"),
    "lrs.retention_run": ("ran_at", "true"),
    "outreach.reminder": ("decided_at", "true"),
    "outreach.digest": ("at", "true"),
    "core.file_import": ("undone_at", "undone_at is not null"),
}


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools about rights to `server`."""

    @server.tool()
    async def plan_erasure(learner: str) -> dict[str, Any]:
        """What erasing a learner would do; changes nothing.

        Answers {learner_ids, kinds, removed, rewritten: rows by table, attachments}.
        """
        async with database.connection() as connection:
            return await plan(connection, learner)

    @server.tool()
    async def start_erasure(learner: str, subject_hash: str, by: str = "") -> dict[str, Any]:
        """Begin to erase a learner, or take up an erasure that was not finished.

        Answers {erasure_id, learner_ids, keys, names, kinds, statement_ids, removed, rewritten, requested_by,
        started_at}.
        """
        async with database.connection() as connection:
            return await start(connection, learner, subject_hash=subject_hash, by=by or "unknown")

    @server.tool()
    async def erase_rows(erasure_id: str) -> dict[str, Any]:
        """Remove and rewrite rows, in one transaction; again it finds what came since.

        Answers {removed, rewritten: rows by table, statement_ids, attachments: hashes that nobody else has}.
        """
        async with database.connection() as connection:
            return await erase(connection, erasure_id)

    @server.tool()
    async def search_erased(erasure_id: str) -> dict[str, Any]:
        """Look for the person in every text of every table. Answers {searched: columns, found: rows by column}."""
        async with database.connection() as connection, connection.transaction():
            await connection.execute(erasing.LONG)
            state = await _under_way(connection, erasure_id)
            searched, found = await erasing.search(connection, Subject(tuple(state["subject"]["keys"])))
        return {"searched": searched, "found": found}

    @server.tool()
    async def finish_erasure(erasure_id: str, removed: str, verified: str, proof_sha256: str) -> dict[str, Any]:
        """End an erasure: its row keeps counts (JSON texts) and forgets whom it was about."""
        async with database.connection() as connection:
            parameters = {
                "erasure_id": uuid.UUID(erasure_id),
                "removed": Jsonb(msgspec.json.decode(removed)),
                "verified": Jsonb(msgspec.json.decode(verified)),
                "proof_sha256": proof_sha256,
            }
            async with connection.transaction():
                await connection.execute(sql("ids_forgotten"), parameters)
                done = await connection.execute(sql("finished"), parameters)
        return {"finished": bool(done.rowcount)}

    @server.tool()
    async def list_erasures(limit: int = 50) -> dict[str, Any]:
        """{erasures: [...]}, the latest first."""
        async with database.connection() as connection:
            return {"erasures": await _rows(connection, "erasures", rows=max(1, min(limit, 1000)))}

    @server.tool(structured_output=False)
    async def copy_of_data(learner: str, after: int = 0) -> str:
        """A copy of what is about a learner: JSON text {statements: [...], more, tables: {name: [rows]}}.

        Statements come in pages: give `more` as `after` for the next. The tables come with the first page.
        """
        async with database.connection() as connection:
            return msgspec.json.encode(await copy(connection, learner, after)).decode()

    @server.tool()
    async def apply_retention(days: dict[str, float], dry_run: bool = False) -> dict[str, Any]:
        """Remove rows that are older than so many days, by table.

        Answers {removed: rows by table, attachments: hashes that no statement has any more, more}. Statements go in
        parts: where `more` is true, call again.
        """
        async with database.connection() as connection:
            return await retain(connection, days, dry_run=dry_run)


async def subject_of(connection: Connection, learner: str) -> tuple[Subject, list[int], list[str]]:
    """Whom a text means: keys, learners, names. Raises DataFault where that is nobody or several."""
    typed = key_of(learner)
    found = await identity.meant(connection, typed or learner)
    if len(found) > 1:
        raise DataFault(f"these are several learners, {', '.join(map(str, found))}: give the id of one")
    if not found and typed is None:
        raise DataFault("nobody is known by that: give a mail address, an actor key, an id or a pseudonym")
    [row] = await _rows(connection, "keys_of", learner_ids=found)
    keys = [*row["keys"], *([typed] if typed else [])]
    return Subject.of(keys), found, row["names"]


async def plan(connection: Connection, learner: str) -> dict[str, Any]:
    """What an erasure would do: it is done, and then undone."""
    subject, learner_ids, _ = await subject_of(connection, learner)
    async with connection.transaction(force_rollback=True):
        await people.begin(connection)
        done = await erasing.erase(connection, subject, learner_ids)
    return {
        "learner_ids": learner_ids,
        "kinds": subject.kinds,
        "removed": dict(done.removed),
        "rewritten": dict(done.rewritten),
        "attachments": len(done.attachments),
    }


async def start(connection: Connection, learner: str, *, subject_hash: str, by: str) -> dict[str, Any]:
    """The row of an erasure: a new one, or the one that was interrupted."""
    async with connection.transaction():
        known = await _rows(connection, "unfinished", erasure_id=None, subject_hash=subject_hash)
        if not known:
            subject, learner_ids, names = await subject_of(connection, learner)
            kept = {"keys": list(subject.keys), "learner_ids": learner_ids, "names": names, "statement_ids": []}
            parameters = {"erasure_id": uuid.uuid4(), "subject": Jsonb(kept), "subject_hash": subject_hash, "by": by}
            await connection.execute(sql("begun"), parameters)
            known = await _rows(connection, "unfinished", erasure_id=None, subject_hash=subject_hash)
    row = known[0]
    return {
        "erasure_id": str(row["erasure_id"]),
        **row["subject"],
        "kinds": Subject(tuple(row["subject"]["keys"])).kinds,
        "requested_by": row["requested_by"],
        "started_at": row["started_at"],
        "removed": row["removed"].get("removed", {}),
        "rewritten": row["removed"].get("rewritten", {}),
    }


async def erase(connection: Connection, erasure_id: str) -> dict[str, Any]:
    """Remove rows and note what was removed; the sums of all times."""
    async with connection.transaction():
        await people.begin(connection)
        state = await _under_way(connection, erasure_id)
        kept = state["subject"]
        subject = Subject(tuple(kept["keys"]))
        learner_ids = sorted({*kept["learner_ids"], *await _learners_of(connection, subject)})
        done = await erasing.erase(connection, subject, learner_ids)
        removed = Counter(state["removed"].get("removed", {})) + done.removed
        rewritten = Counter(state["removed"].get("rewritten", {})) + done.rewritten
        statement_ids = sorted({*kept["statement_ids"], *done.statement_ids})
        attachments = sorted({*kept.get("attachments", []), *done.attachments})
        parameters = {
            "erasure_id": state["erasure_id"],
            "subject": Jsonb({"statement_ids": statement_ids, "attachments": attachments, "learner_ids": learner_ids}),
            "removed": Jsonb({"removed": dict(removed), "rewritten": dict(rewritten)}),
        }
        await connection.execute(sql("noted"), parameters)
    return {
        "removed": dict(removed),
        "rewritten": dict(rewritten),
        "statement_ids": statement_ids,
        "attachments": attachments,
    }


async def copy(connection: Connection, learner: str, after: int) -> dict[str, Any]:
    """A page of a learner's data."""
    async with connection.transaction(force_rollback=True):
        await connection.execute(erasing.LONG)
        subject, learner_ids, _ = await subject_of(connection, learner)
        keys = [hashed(filters.AGENT + key) for key in subject.folded_keys]
        found = await _rows(connection, "statements_of", keys=keys, after=after, rows=PAGE)
        tables = {} if after else await erasing.tables_about(connection, subject, learner_ids)
    return {
        "statements": [row for row in found if subject.is_actor_of(row["raw"])],
        "more": found[-1]["position"] if len(found) == PAGE else None,
        "tables": tables,
    }


async def retain(connection: Connection, days: dict[str, float], *, dry_run: bool) -> dict[str, Any]:
    """Remove what is older. Raises DataFault for a table that is not in KEPT."""
    if unknown := sorted(set(days) - set(KEPT)):
        raise DataFault(f"{', '.join(unknown)} cannot be kept for a time only; these can: {', '.join(KEPT)}")
    removed: Counter[str] = Counter()
    attachments: list[str] = []
    more = False
    async with connection.transaction(force_rollback=dry_run):
        await connection.execute(erasing.LONG)
        await people.begin(connection)
        now = datetime.now(UTC)
        for table, each in days.items():
            before = now - timedelta(days=each)
            if table == "lrs.statement":
                if dry_run:
                    removed[table] += await _older_statements(connection, before)
                else:
                    more, attachments = await _expire_statements(connection, before, removed)
                continue
            column, condition = KEPT[table]
            query = SQL("delete from {} where {} < %(before)s and {}").format(
                Identifier(*table.split(".")), Identifier(column), SQL(condition)
            )
            removed[table] += (await connection.execute(query, {"before": before})).rowcount
        removed["core.cohort"] += (await connection.execute(sql("empty_cohorts"))).rowcount
        if +removed:
            await connection.execute(sql("retention_run"), {"removed": Jsonb(dict(+removed))})
    return {"removed": dict(+removed), "attachments": attachments, "more": more}


async def _older_statements(connection: Connection, before: datetime) -> int:
    [row] = await _rows(connection, "older_statements", before=_position(before))
    return int(row["count"])


async def _expire_statements(connection: Connection, before: datetime, removed: Counter[str]) -> tuple[bool, list[str]]:
    """Remove the oldest statements with all that hangs on them, and tell the marts.

    Whether there are more, and the attachments that nobody has any more.
    """
    await people.run_text(connection, sql("erased_statements"))
    parameters = {"before": _position(before), "rows": EXPIRED_AT_ONCE}
    count = (await connection.execute(sql("erased_by_age"), parameters)).rowcount
    told = {"kind": "retention", "learner_ids": [], "with_cohorts": False}
    await connection.execute(sql("change_told"), told)
    attachments = await erasing.attachments_left_alone(connection)
    await erasing.remove_statements(connection, removed)
    return count == EXPIRED_AT_ONCE, attachments


def _position(moment: datetime) -> int:
    return int(moment.timestamp() * 1000) * MILLISECOND


async def _under_way(connection: Connection, erasure_id: str) -> dict[str, Any]:
    try:
        wanted = uuid.UUID(erasure_id)
    except ValueError as error:
        raise DataFault("erasure_id is not a UUID") from error
    found = await _rows(connection, "unfinished", erasure_id=wanted, subject_hash="")
    if not found:
        raise DataFault("there is no such erasure that is under way")
    return found[0]


async def _learners_of(connection: Connection, subject: Subject) -> Sequence[int]:
    """Learners that were made meanwhile of keys of the person."""
    found: set[int] = set()
    for key in subject.keys:
        found.update(await identity.meant(connection, key))
    return sorted(found)


async def _rows(connection: Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(sql(name), parameters or None)
    return await cursor.fetchall()
