"""Tools of the incremental catch-up: what the log has and the record has not, events mapped again, cursors of sources.

Belongs here: the tools, and the order of their steps. Not here: SQL (warehouse/catching_up), when they are called
(etl_incremental.py, mappings/).
"""

from __future__ import annotations

from typing import Any

import msgspec
from mcp.server.mcpserver import MCPServer
from psycopg.rows import dict_row

from lrs_platform.mcp_servers.warehouse.database import Connection, Database
from lrs_platform.mcp_servers.warehouse.loading import rejected_lines
from lrs_platform.warehouse.catching_up import sql


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools to `server`."""

    @server.tool()
    async def missing(entries: str) -> dict[str, list[str]]:
        """Which log entries left no trace in the tables: {"missing": [log ids]}.

        entries: lines `log id \\t statement id`.
        """
        async with database.connection() as connection:
            cursor = await connection.execute(sql("missing"), {"entries": entries})
            return {"missing": [str(log_id) for (log_id,) in await cursor.fetchall()]}

    @server.tool()
    async def compare_log(entries: str, after: int, upto: int) -> dict[str, Any]:
        """The log between two positions held against the record: what became of its entries, whose rows stand there.

        entries: lines `log id \\t statement id`, all that the log has behind position `after`, up to `upto`. Answers
        {missing, without_event: log ids, foreign: ids of statements that no entry brought, doubled: rows that stand
        twice, hours: rows of hours since 1970, entries, stored, repeated, conflicts, rejected, rows standing}.
        """
        async with database.connection() as connection:
            cursor = await connection.execute(sql("compared"), {"entries": entries, "after": after, "upto": upto})
            row = await cursor.fetchone()
            assert row is not None
            return dict(zip(("missing", "without_event", "foreign", "doubled", "hours"), row, strict=True))

    @server.tool()
    async def reconciled(log: str) -> dict[str, str]:
        """How far the stream `log` was compared with the record: {"upto", "audited"}, log ids, empty at the start."""
        async with database.connection() as connection:
            row = await (await connection.execute(sql("reconciled"), {"log": log})).fetchone()
            return {"upto": str(row[0]), "audited": str(row[1])} if row else {"upto": "", "audited": ""}

    @server.tool()
    async def set_reconciled(log: str, upto: str, audited: str) -> dict[str, str]:
        """Remember how far the stream `log` was compared with the record."""
        async with database.connection() as connection:
            await connection.execute(sql("set_reconciled"), {"log": log, "upto": upto, "audited": audited})
            return {"upto": upto, "audited": audited}

    @server.tool(structured_output=False)
    async def rejected_by_other_mapping(mapping: str, after: int = 0, limit: int = 1000) -> str:
        """Rejected statements of the record that another version than `mapping` refused.

        JSON text {"lines": statement lines joined by newlines, "after": id to go on from, null at the end}.
        """
        async with database.connection() as connection:
            cursor = await connection.execute(
                sql("rejected_by_other_mapping"), {"mapping": mapping, "after": after, "rows": limit}
            )
            rows = await cursor.fetchall()
            return _lines([str(line) for _, line in rows], rows[-1][0] if len(rows) == limit else None)

    @server.tool()
    async def remap(events: str, rejected: str = "") -> dict[str, int]:
        """Replace events of stored statements by others, and add those of rejected ones; in one transaction.

        events: event lines in any order. rejected: rejected lines of statements that still cannot be mapped. Marks what
        changed for the marts. Repeating a call changes nothing.
        """
        async with database.connection() as connection:
            return await _remap(connection, events, rejected)

    @server.tool(structured_output=False)
    async def source_cursors() -> str:
        """Where pulling from each source LRS was left, as a JSON array."""
        async with database.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(sql("source_cursors"))
            return msgspec.json.encode(await cursor.fetchall()).decode()

    @server.tool()
    async def set_source_cursor(
        source: str,
        since: str | None,
        seen: list[str],
        pulled: int,
        refused: int,
        complete: bool,
        not_before: str | None = None,
        error: str | None = None,
    ) -> dict[str, str]:
        """Remember where pulling from `source` was left. `pulled` and `refused` are added to what stands."""
        async with database.connection() as connection:
            await connection.execute(
                sql("set_source_cursor"),
                {
                    "source": source,
                    "since": since,
                    "seen": seen,
                    "not_before": not_before,
                    "pulled": pulled,
                    "refused": refused,
                    "complete": complete,
                    "error": error[:500] if error else None,
                },
            )
            return {"source": source}

    @server.tool(structured_output=False)
    async def catch_up_state() -> str:
        """Rejected statements by stage, changes that wait for the marts, the last refresh, logs reconciled; JSON."""
        async with database.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(sql("state"))
            return msgspec.json.encode(await cursor.fetchone()).decode()


async def _remap(connection: Connection, events: str, rejected: str) -> dict[str, int]:
    refused = rejected_lines(rejected)
    counts = (0, 0, 0, 0, 0)
    async with connection.transaction():
        if events:
            row = await (await connection.execute(sql("remap"), {"events": events})).fetchone()
            assert row is not None
            counts = tuple(count for count in row if isinstance(count, int))  # type: ignore[assignment]
        for line in refused:
            values = msgspec.structs.asdict(line)
            values["reason"] = line.reason.replace("\x00", "\\u0000")  # Postgres has no NUL in text
            await connection.execute(sql("rejected_again"), values)
    mapped, changed, added, cleared, marks = counts
    return {
        "mapped": mapped,
        "changed": changed,
        "added": added,
        "cleared": cleared,
        "marks": marks,
        "rejected": len(refused),
    }


def _lines(lines: list[str], after: object) -> str:
    return msgspec.json.encode({"lines": "\n".join(lines), "after": after}).decode()
