"""The tools about activities and agents: what all statements together say of one (xAPI 1.0.3, Communication 2.4, 2.5).

Belongs here: looking them up. Not here: putting definitions together (xapi/definitions.py, at load), HTTP
(gateway/entities.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from mcp.server.mcpserver import MCPServer

from lrs_platform.mcp_servers.warehouse import finding
from lrs_platform.mcp_servers.warehouse.database import Database
from lrs_platform.warehouse import sql
from lrs_platform.xapi.identifiers import agent_key

NAMED_IN = 20  # newest statements that are asked for an agent's names


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools about activities and agents to `server`."""

    @server.tool(structured_output=False)
    async def get_definitions(activity_ids: list[str]) -> str:
        """What statements say of activities: JSON {IRI: definition}, without those of which they say nothing."""
        keys = {finding.hashed(activity_id): activity_id for activity_id in activity_ids}
        async with database.connection() as connection:
            cursor = await connection.execute(sql("activity_get"), {"keys": list(keys)})
            rows = await cursor.fetchall()
        return msgspec.json.encode({str(iri): msgspec.Raw(str(text).encode()) for iri, text in rows}).decode()

    @server.tool(structured_output=False)
    async def get_names(agent: str) -> str:
        """Names that the newest statements of an agent (JSON of an xAPI Agent or Group) call it by, newest first; a
        JSON array.
        """
        wanted = finding.Filters(agent=agent)
        within = finding.span(since="", until="", ascending=False, after=0, upto=0)
        async with database.connection() as connection:
            positions = await finding.positions(connection, wanted, within, NAMED_IN)
            cursor = await connection.execute(sql("texts_at"), {"positions": positions})
            texts = [str(row[0]) for row in await cursor.fetchall()]
        key = agent_key(msgspec.json.decode(agent, type=dict[str, Any]))
        names: dict[str, None] = {}
        for text in texts:
            names.update(dict.fromkeys(_names(msgspec.json.decode(text), key)))
        return msgspec.json.encode(list(names)).decode()


def _names(node: Any, key: str | None) -> Iterator[str]:
    """Names beside the identifier `key`, anywhere in a statement."""
    if isinstance(node, dict):
        try:
            if isinstance(node.get("name"), str) and agent_key(node) == key:
                yield node["name"]
        except (KeyError, TypeError):  # an account of something that is no agent
            pass
        for inner in node.values():
            yield from _names(inner, key)
    elif isinstance(node, list):
        for inner in node:
            yield from _names(inner, key)
