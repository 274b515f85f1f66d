"""Reading statements: from the warehouse through its MCP server, put together as an LRS returns them.

Belongs here: a page or one statement as JSON bytes. Not here: parameters (queries.py), HTTP (statements.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from lrs_platform.gateway.queries import Page
from lrs_platform.gateway.refusals import away
from lrs_platform.mcp_client import McpClient, McpToolError, McpUnavailable
from lrs_platform.stream.log import entry_key
from lrs_platform.xapi.compose import compose
from lrs_platform.xapi.versions import Version


class Found(msgspec.Struct):
    """A statement as the warehouse holds it: `raw` the text as received, `authority` one JSON object as text."""

    statement_id: str
    position: int
    stored: datetime
    version: str
    authority: str
    raw: str

    def composed(self, for_version: Version) -> bytes:
        """The statement with what an LRS adds: id, stored, authority, version, and timestamp where it is missing."""
        return compose(
            self.raw.encode(),
            statement_id=self.statement_id,
            stored=self.stored,
            authority=self.authority.encode(),
            version=self.version,
            for_version=for_version,
        )


class _Reply(msgspec.Struct):
    statements: list[Found]
    more: int | None = None


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The warehouse as the gateway sees it. Every method raises Refused (503) where it cannot be reached."""

    client: McpClient

    async def one(self, statement_id: str) -> Found | None:
        """The statement with this id."""
        reply = await self._find(statement_id=statement_id, limit=1)
        return reply.statements[0] if reply.statements else None

    async def raw(self, statement_id: str) -> bytes | None:
        """The text of the statement with this id, as it was received."""
        found = await self.one(statement_id)
        return found.raw.encode() if found else None

    async def page(self, page: Page, *, newest: str, version: Version) -> bytes:
        """A StatementResult (Data 2.5). `newest` is the id of the log's newest entry when the request came in."""
        upto = page.upto or position_of(newest)
        reply = await self._find(
            since=page.since,
            until=page.until,
            limit=page.limit,
            ascending=page.ascending,
            after=page.after,
            upto=upto,
        )
        more = page.more(reply.more, upto).encode() if reply.more else b""
        statements = b",".join(found.composed(version) for found in reply.statements)
        return b'{"statements":[' + statements + b'],"more":"' + more + b'"}'

    async def _find(self, **arguments: Any) -> _Reply:
        try:
            reply = await self.client.call("find_statements", arguments, safe_to_retry=True)
        except McpUnavailable as error:
            raise away("the warehouse cannot be reached", reason="warehouse_away") from error
        except McpToolError as error:
            raise away(f"the warehouse cannot answer: {error}"[:300], reason="warehouse_away") from error
        return msgspec.json.decode(reply, type=_Reply)


def position_of(entry_id: str) -> int:
    """An entry id of the log as a position of the record: ms * 2^20 + seq; 0 for ""."""
    ms, seq = entry_key(entry_id)
    return (ms << 20) + seq
