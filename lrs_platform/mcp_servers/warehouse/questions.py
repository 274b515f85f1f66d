"""The tools about questions in plain words: keep a row of each, keep what people taught.

Belongs here: parameters, descriptions, what a refusal means. Not here: reading questions (lrs_platform/questions).
"""

from __future__ import annotations

from typing import Any

import msgspec
from mcp.server.mcpserver import MCPServer
from psycopg.errors import CheckViolation, InvalidTextRepresentation
from psycopg.rows import dict_row

from lrs_platform.mcp_servers.warehouse.database import Database, DataFault, told
from lrs_platform.warehouse.questions import sql


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools about questions to `server`."""

    @server.tool()
    async def record_question(row: str, keep_days: float = 90.0) -> dict[str, int]:
        """Keep one question; the same question_id again changes nothing. Older ones than `keep_days` are forgotten.

        row: a JSON object {question_id, asked_by, question, mode, model, outcome, intent, sql, row_count, confidence,
        took_ms, tokens}.
        """
        with told():
            values = _row(row)
            async with database.connection() as connection, connection.transaction():
                try:
                    kept = await connection.execute(sql("keep"), {"row": values})
                except (CheckViolation, InvalidTextRepresentation) as error:
                    raise DataFault("the row is none of a question: see the tool's description") from error
                purged = await connection.execute(sql("purge"), {"days": keep_days})
                return {"kept": kept.rowcount, "purged": purged.rowcount}

    @server.tool()
    async def teach_wording(wording: str, figure: str, by: str) -> dict[str, Any]:
        """Keep that people mean `figure` by the words of `wording`; {"figure", "picks"} of what stands."""
        with told():
            if "\x00" in wording + figure + by:
                raise DataFault("a text holds NUL, which Postgres cannot keep")
            async with database.connection() as connection:
                cursor = connection.cursor(row_factory=dict_row)
                try:
                    await cursor.execute(sql("teach"), {"wording": wording, "figure": figure, "by": by})
                except CheckViolation as error:
                    raise DataFault("a wording has 1 to 300 characters, a figure 1 to 200") from error
                return dict(await cursor.fetchone() or {})

    @server.tool(structured_output=False)
    async def list_wordings() -> str:
        """What people taught: JSON {"wordings": {wording: figure}}, the 5,000 picked most."""
        async with database.connection() as connection:
            rows = await (await connection.execute(sql("wordings"))).fetchall()
        return msgspec.json.encode({"wordings": {str(row[0]): str(row[1]) for row in rows}}).decode()


def _row(text: str) -> str:
    try:
        row = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise DataFault("row is not a JSON object") from error
    if "\\u0000" in text or "\x00" in str(row):
        raise DataFault("a text holds NUL, which Postgres cannot keep")
    return msgspec.json.encode(row).decode()
