"""The tools about imported files: store one, try one, take one back, list them.

Belongs here: the order in which what files say is settled into learners, cohorts, lessons and deliveries. Not here: the
SQL of it (lrs_platform/warehouse/people), reading files (lrs_platform/roster), merging (identity.py).
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec
from mcp.server.mcpserver import MCPServer
from psycopg.types.json import Jsonb

from lrs_platform.mcp_servers.warehouse import people
from lrs_platform.mcp_servers.warehouse.database import Connection, Database, DataFault
from lrs_platform.warehouse.people import sql

Kind = Literal["roster", "lessons", "responses"]


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools about files to `server`."""

    @server.tool()
    async def import_file(
        kind: Kind, file_name: str, rows: str, complete: bool = False, by: str = "", dry_run: bool = False
    ) -> dict[str, Any]:
        """Store the rows of a file and settle what they say, in one transaction; the same rows again change nothing.

        rows: a JSON array of objects, the columns of core.roster_row, core.course_row or core.response_row. complete:
        of a roster, whoever is not in it has left. dry_run: tell the effect and store nothing. Answers
        {import_id, repeated, effect: counts by what was changed}.
        """
        async with database.connection() as connection:
            return await keep(
                connection, kind, rows, file_name=file_name, complete=complete, by=by or "unknown", dry_run=dry_run
            )

    @server.tool()
    async def undo_import(import_id: int, by: str = "") -> dict[str, Any]:
        """Take an import back. Answers {kind, effect, statements: ids of those that it brought, to be voided}."""
        async with database.connection() as connection:
            return await take_back(connection, import_id, by=by or "unknown")

    @server.tool()
    async def list_imports(limit: int = 50) -> dict[str, Any]:
        """{imports: [...]}, the latest first, also those that were taken back."""
        async with database.connection() as connection:
            found = await people.rows(connection, "imports", import_id=None, rows=max(1, min(limit, 1000)))
        return {"imports": found}

    @server.tool()
    async def lessons_by_slug(slugs: list[str]) -> dict[str, list[str]]:
        """Addresses of the lessons that end in each of these slugs."""
        async with database.connection() as connection:
            found = await people.rows(connection, "lessons_by_slug", slugs=slugs)
        return {row["slug"]: row["iris"] for row in found}

    @server.tool(structured_output=False)
    async def unknown_time_zones(zones: list[str]) -> str:
        """JSON array: which of these are no names of time zones."""
        async with database.connection() as connection:
            found = await people.rows(connection, "time_zones", zones=zones)
        return msgspec.json.encode([row["zone"] for row in found]).decode()

    @server.tool(structured_output=False)
    async def taken_back_responses(ids: list[str]) -> str:
        """JSON array: which of these statements came with an import that was taken back."""
        async with database.connection() as connection:
            found = await people.rows(connection, "taken_back_responses", ids=ids)
        return msgspec.json.encode([str(row["statement_id"]) for row in found]).decode()


async def keep(
    connection: Connection, kind: Kind, rows: str, *, file_name: str, complete: bool, by: str, dry_run: bool = False
) -> dict[str, Any]:
    """Store rows and settle them. Raises DataFault where they are no JSON array of objects, psycopg.Error."""
    try:
        lines = msgspec.json.decode(rows, type=list[dict[str, Any]])
    except msgspec.MsgspecError as error:
        raise DataFault("rows is not a JSON array of objects") from error
    sha256 = _content(lines, complete)
    async with connection.transaction(force_rollback=dry_run):
        await people.begin(connection)
        standing = await people.rows(connection, "standing_file", kind=kind, sha256=sha256)
        # A roster or course file that others came after says something again; responses are what they are.
        if standing and not (standing[0]["overtaken"] and kind != "responses"):
            return {"import_id": standing[0]["import_id"], "repeated": True, "effect": {}}
        kept = await people.rows(
            connection,
            "keep_file",
            kind=kind,
            file_name=file_name,
            sha256=sha256,
            complete=complete and kind == "roster",
            row_count=len(lines),
            by=by,
        )
        import_id = kept[0]["import_id"]
        await connection.execute(sql(f"keep_{kind}"), {"import_id": import_id, "rows": rows})
        effect = await settle(connection, kind)
        await connection.execute(sql("effect_kept"), {"import_id": import_id, "effect": Jsonb(effect)})
    return {"import_id": import_id, "repeated": False, "effect": effect}


async def take_back(connection: Connection, import_id: int, *, by: str) -> dict[str, Any]:
    """Take a file back and settle what the others say. Raises DataFault where there is no such import."""
    async with connection.transaction():
        await people.begin(connection)
        known = await people.rows(connection, "imports", import_id=import_id, rows=1)
        if not known:
            raise DataFault(f"there is no import {import_id}: `lrs import list` shows them")
        kind: Kind = known[0]["kind"]
        undone = await people.rows(connection, "take_back", import_id=import_id, by=by)
        effect = await settle(connection, kind) if undone else {}
        statements = await people.rows(connection, "responses_of_file", import_id=import_id)
    return {"kind": kind, "effect": effect, "statements": [str(row["statement_id"]) for row in statements]}


async def settle(connection: Connection, kind: Kind) -> dict[str, int]:
    """Derive what the standing files of this kind say, and tell the marts; counts of what was changed."""
    if kind == "roster":
        await people.run(connection, "settle_cohorts")
        await people.settle_people(connection)
    elif kind == "lessons":
        for name in ("settle_cohorts", "settle_deliveries", "settle_catalogue", "settle_forgotten"):
            await people.run(connection, name)
    return await people.told(connection, {"roster": "roster", "lessons": "catalogue", "responses": "responses"}[kind])


def _content(lines: list[dict[str, Any]], complete: bool) -> str:
    """Checksum of what the rows say, wherever they stand in the file."""
    said = sorted(
        msgspec.json.encode({name: value for name, value in line.items() if name != "line"}, order="deterministic")
        for line in lines
    )
    return hashlib.sha256(b"\n".join(said) + (b"\ncomplete" if complete else b"")).hexdigest()
