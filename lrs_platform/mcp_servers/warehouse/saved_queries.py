"""The tools about saved queries: the SQL terminal keeps them here, each under its owner.

Belongs here: parameters, descriptions, what a refusal means. Not here: who the owner is (whoever calls says so: the
gateway knows the login), whether the SQL may run (sql_guard decides that when it is run).
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from mcp.server.mcpserver import MCPServer
from psycopg.errors import CheckViolation, UniqueViolation
from psycopg.rows import dict_row

from lrs_platform.mcp_servers.warehouse.database import Database, DataFault, told
from lrs_platform.warehouse.terminal import sql

MOST_CHART_BYTES = 20_000


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools about saved queries to `server`."""

    @server.tool(structured_output=False)  # the texts once, not twice
    async def list_saved_queries(owner: str) -> str:
        """The queries that `owner` sees, their own first, then shared ones: JSON {"queries": [{query_id, owner, name,
        sql, chart, shared, mine, updated_at}]}."""
        async with database.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(sql("saved_list"), {"owner": owner})
            return msgspec.json.encode({"queries": await cursor.fetchall()}).decode()

    @server.tool(structured_output=False)
    async def get_saved_query(owner: str, query_id: str) -> str:
        """One saved query that `owner` sees: JSON {"query": {...}}, null where there is none."""
        with told():
            return await _one(database, "saved_one", {"owner": owner, "query_id": _uuid(query_id)})

    @server.tool(structured_output=False)
    async def save_query(
        owner: str, name: str, query: str, chart: str = "", shared: bool = False, query_id: str = ""
    ) -> str:
        """Keep a query; answers as get_saved_query does.

        Without query_id: under its name, over what `owner` has under that name. With it: change that one; null where it
        is not `owner`'s. chart: JSON object, or "".
        """
        with told():
            values = {"owner": owner, "name": name.strip(), "sql": query, "chart": _chart(chart), "shared": shared}
            if query_id:
                return await _one(database, "saved_change", {**values, "query_id": _uuid(query_id)})
            return await _one(database, "saved_keep", values)

    @server.tool()
    async def delete_saved_query(owner: str, query_id: str) -> dict[str, bool]:
        """Remove one of `owner`'s queries; {"deleted": false} where it is not theirs."""
        async with database.connection() as connection:
            cursor = await connection.execute(sql("saved_remove"), {"owner": owner, "query_id": _uuid(query_id)})
            return {"deleted": cursor.rowcount > 0}


async def _one(database: Database, statement: str, values: dict[str, Any]) -> str:
    """The one row of a statement as JSON. Raises DataFault for what the table does not take."""
    if any("\x00" in value for value in values.values() if isinstance(value, str)):
        raise DataFault("a text holds NUL, which Postgres cannot keep")
    async with database.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        try:
            await cursor.execute(sql(statement), values)
        except UniqueViolation as error:
            raise DataFault("there is another query of that name: choose a different one") from error
        except CheckViolation as error:
            raise DataFault("a name has 1 to 200 characters, a query 1 to 50,000") from error
        return msgspec.json.encode({"query": await cursor.fetchone()}).decode()


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise DataFault("query_id is not a UUID") from error


def _chart(text: str) -> str | None:
    if not text:
        return None
    try:
        chart = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise DataFault("chart is not a JSON object") from error
    if len(text) > MOST_CHART_BYTES:
        raise DataFault(f"chart is longer than {MOST_CHART_BYTES} bytes")
    return msgspec.json.encode(chart).decode()
