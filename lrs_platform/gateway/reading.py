"""Reading statements: from the warehouse through its MCP server, put together as an LRS returns them.

Belongs here: a page or one statement as JSON bytes, in the format asked for. Not here: parameters (queries.py), HTTP
(statements.py), what a format is (xapi/formats.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from lrs_platform.gateway.queries import Page
from lrs_platform.gateway.refusals import Refused, away
from lrs_platform.mcp_client import McpClient, McpToolError, McpUnavailable
from lrs_platform.stream.position import entry_key
from lrs_platform.xapi import formats
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
    voided: bool = False

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
    more: int | None


class _Attachment(msgspec.Struct):
    sha2: str
    contentType: str


class _Inner(msgspec.Struct):
    attachments: list[_Attachment] = []


class _Attaching(msgspec.Struct):
    """Where a statement may describe attachments: in itself and in a SubStatement."""

    attachments: list[_Attachment] = []
    object: _Inner | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The JSON of an answer, and the attachments of its statements: hash -> Content-Type."""

    body: bytes
    attachments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The warehouse as the gateway uses it. Every method raises Refused: 503 where it cannot be reached, 400 for what
    it cannot take.
    """

    client: McpClient

    async def one(self, statement_id: str) -> Found | None:
        """The statement with this id, also a voided one."""
        reply = msgspec.json.decode(await self.ask("find_statements", {"statement_id": statement_id}), type=_Reply)
        return reply.statements[0] if reply.statements else None

    async def raw(self, statement_id: str) -> bytes | None:
        """The text of the statement with this id, as it was received."""
        found = await self.one(statement_id)
        return found.raw.encode() if found else None

    async def page(self, page: Page, upto: int, authority: str) -> tuple[list[Found], int | None]:
        """Statements of a page, and the position after which there are more."""
        asked = msgspec.structs.asdict(page)
        for name in ("format", "attachments"):
            del asked[name]
        reply = await self.ask("find_statements", {**asked, "upto": upto, "authority": authority})
        decoded = msgspec.json.decode(reply, type=_Reply)
        return decoded.statements, decoded.more

    async def definitions(self, activity_ids: Collection[str]) -> dict[str, Any]:
        """What statements say of activities, by IRI."""
        reply = await self.ask("get_definitions", {"activity_ids": list(activity_ids)})
        found: dict[str, Any] = formats.loaded(reply)
        return found

    async def names(self, agent: str) -> list[str]:
        """Names that statements call an agent by."""
        return msgspec.json.decode(await self.ask("get_names", {"agent": agent}), type=list[str])

    async def ask(self, tool: str, arguments: dict[str, Any], *, again: bool = True) -> bytes:
        """The text of a tool's result. `again`: the call may run twice without harm."""
        try:
            return (await self.client.call(tool, arguments, safe_to_retry=again)).encode()
        except McpUnavailable as error:
            raise away("the warehouse cannot be reached", reason="warehouse_away") from error
        except McpToolError as error:
            if str(error).startswith("data:"):
                raise Refused(400, str(error).removeprefix("data: ")[:300], reason="warehouse_refused") from error
            raise away(f"the warehouse cannot answer: {error}"[:300], reason="warehouse_away") from error

    async def ask_json(self, tool: str, arguments: dict[str, Any], *, again: bool = True) -> dict[str, Any]:
        """The result of a tool that answers with a JSON object."""
        return msgspec.json.decode(await self.ask(tool, arguments, again=again), type=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Reader:
    """Statements for one request: its version, format, and the languages it accepts."""

    warehouse: Warehouse
    version: Version
    format: str
    language: str

    async def one(self, statement_id: str, *, authority: bytes) -> Found | None:
        """The statement with this id; with `authority` only where that vouches for it."""
        found = await self.warehouse.one(statement_id)
        if found is None or (authority and not same_json(found.authority, authority)):
            return None
        return found

    async def whole(self, found: Found) -> Told:
        """One statement."""
        (text,) = await self._texts([found])
        return Told(text, _attachments([found]))

    async def page(self, page: Page, *, newest: str, authority: bytes) -> Told:
        """A StatementResult (Data 2.5). `newest` is the id of the log's newest entry when the request came in."""
        upto = page.upto or position_of(newest)
        statements, after = await self.warehouse.page(page, upto, authority.decode())
        more = page.more(after, upto).encode() if after else b""
        texts = b",".join(await self._texts(statements))
        body = b'{"statements":[' + texts + b'],"more":"' + more + b'"}'
        return Told(body, _attachments(statements) if page.attachments else {})

    async def _texts(self, statements: Sequence[Found]) -> list[bytes]:
        exact = [found.composed(self.version) for found in statements]
        if self.format == "exact":
            return exact
        loaded = [formats.loaded(text) for text in exact]
        if self.format == "ids":
            return [formats.written(formats.ids(statement)) for statement in loaded]
        activities = set[str]().union(*map(formats.activity_ids, loaded))
        definitions = await self.warehouse.definitions(activities) if activities else {}
        return [formats.written(formats.canonical(one, definitions, self.language)) for one in loaded]


def _attachments(statements: Sequence[Found]) -> dict[str, str]:
    found: dict[str, str] = {}
    for statement in statements:
        if '"sha2"' in statement.raw:
            described = msgspec.json.decode(statement.raw.encode(), type=_Attaching)
            inner = described.object.attachments if described.object else []
            found.update({one.sha2.lower(): one.contentType for one in (*described.attachments, *inner)})
    return found


def same_json(one: str | bytes, other: str | bytes) -> bool:
    """Whether two texts are the same JSON value."""
    return bool(msgspec.json.decode(one) == msgspec.json.decode(other))


def position_of(entry_id: str) -> int:
    """An entry id of the log as a position of the record: ms * 2^20 + seq; 0 for ""."""
    ms, seq = entry_key(entry_id)
    return (ms << 20) + seq
