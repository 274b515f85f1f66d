"""The tools about documents: State, Activity Profile and Agent Profile (xAPI 1.0.3, Communication 2.2, 2.3, 2.6, 2.7).

Belongs here: reading and writing them, merging, preconditions, one writer after the other. Not here: which
preconditions a version of the standard demands, HTTP (gateway/documents.py), SQL (warehouse/record).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from mcp.server.mcpserver import MCPServer
from psycopg.rows import dict_row

from lrs_platform.mcp_servers.warehouse.database import Connection, Database, DataFault
from lrs_platform.mcp_servers.warehouse.finding import hashed
from lrs_platform.warehouse import sql
from lrs_platform.xapi.preconditions import holds

Resource = Literal["state", "activity_profile", "agent_profile"]
Outcome = Literal["stored", "deleted", "precondition_failed", "exists", "not_json"]

JSON_TYPE = "application/json"
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document lies; "" for what its resource does not have. `agent` is the agent's key."""

    resource: Resource
    activity_id: str
    agent: str
    registration: str
    document_id: str

    def checked(self) -> Place:
        """Itself, with the registration as Postgres writes it. DataFault for what cannot be kept."""
        try:
            registration = str(uuid.UUID(self.registration)) if self.registration else ""
        except ValueError as error:
            raise DataFault("registration is not a UUID") from error
        if "\x00" in self.activity_id + self.agent + self.document_id:
            raise DataFault("an id holds NUL, which Postgres cannot keep")
        return Place(self.resource, self.activity_id, self.agent, registration, self.document_id)

    @property
    def parameters(self) -> dict[str, str | None]:
        """For the SQL files."""
        context = msgspec.json.encode([self.resource, self.activity_id, self.agent]).decode()
        document = msgspec.json.encode([context, self.registration, self.document_id]).decode()
        return {
            "document_key": hashed(document),
            "context_key": hashed(context),
            "resource": self.resource,
            "activity_id": self.activity_id or None,
            "agent_key": self.agent or None,
            "registration": self.registration or None,
            "document_id": self.document_id,
        }


class Document(msgspec.Struct):
    """A document as it is kept."""

    content_type: str
    contents: bytes
    etag: str = ""
    updated_at: datetime | None = None


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools about documents to `server`."""

    @server.tool()
    async def put_document(
        resource: Resource,
        document_id: str,
        contents: str,
        content_type: str,
        activity_id: str = "",
        agent: str = "",
        registration: str = "",
        if_match: str = "",
        if_none_match: str = "",
        merge: bool = False,
        replace_only_if_asked: bool = False,
    ) -> dict[str, str]:
        """Store a document, of which `contents` are the bytes in base64; the answer's `outcome` is `stored`, with its
        `etag`, or why it is not.

        agent: the agent's key, as in core.event.actor_key. if_match, if_none_match: values of these HTTP headers, ""
        for none; where they do not hold: `precondition_failed`. merge: put the members of a JSON object into those of
        the one that is there; `not_json` where either is no JSON object. replace_only_if_asked: without either header a
        document that is there is not replaced: `exists`.
        """
        async with database.connection() as connection, connection.transaction():
            place = Place(resource, activity_id, agent, registration, document_id).checked()
            sent = Document(content_type, _bytes(contents))
            return await _put(
                connection, place, sent, (if_match, if_none_match), merge=merge, unasked=not replace_only_if_asked
            )

    @server.tool(structured_output=False)  # the contents once, not twice
    async def get_document(
        resource: Resource, document_id: str, activity_id: str = "", agent: str = "", registration: str = ""
    ) -> str:
        """One document as JSON: content_type, contents in base64, etag, updated_at; null where there is none."""
        async with database.connection() as connection:
            place = Place(resource, activity_id, agent, registration, document_id).checked()
            return msgspec.json.encode(await _get(connection, place)).decode()

    @server.tool(structured_output=False)
    async def list_documents(
        resource: Resource, activity_id: str = "", agent: str = "", registration: str = "", since: str = ""
    ) -> str:
        """Ids of a context's documents as JSON: {"ids": [...], "updated_at": of the newest, or null}.

        registration: only those of this one. since: only those written later (ISO 8601).
        """
        async with database.connection() as connection:
            place = Place(resource, activity_id, agent, registration, "").checked()
            cursor = await connection.execute(sql("document_list"), {**place.parameters, "since": _moment(since)})
            rows = await cursor.fetchall()
        newest = max((str(row[1].isoformat()) for row in rows if isinstance(row[1], datetime)), default=None)
        return msgspec.json.encode({"ids": [row[0] for row in rows], "updated_at": newest}).decode()

    @server.tool()
    async def delete_documents(
        resource: Resource,
        document_id: str = "",
        activity_id: str = "",
        agent: str = "",
        registration: str = "",
        if_match: str = "",
        all_of_context: bool = False,
    ) -> dict[str, str]:
        """Remove one document, or with all_of_context every one of the context (and registration, where given).

        `outcome` is `deleted`, also where there was none, or `precondition_failed` where if_match does not hold.
        """
        async with database.connection() as connection, connection.transaction():
            place = Place(resource, activity_id, agent, registration, document_id).checked()
            if all_of_context:
                await connection.execute(sql("documents_delete"), place.parameters)
                return _outcome("deleted")
            await connection.execute(sql("document_in_turn"), place.parameters)
            there = await _get(connection, place)
            if not holds(if_match, "", there.etag if there else None):
                return _outcome("precondition_failed")
            await connection.execute(sql("document_delete"), place.parameters)
            return _outcome("deleted")


async def _put(
    connection: Connection, place: Place, sent: Document, headers: tuple[str, str], *, merge: bool, unasked: bool
) -> dict[str, str]:
    await connection.execute(sql("document_in_turn"), place.parameters)
    there = await _get(connection, place)
    if not holds(*headers, there.etag if there else None):
        return _outcome("precondition_failed")
    if there and not any(headers) and not unasked:
        return _outcome("exists")
    contents = sent.contents
    if merge and (there or _is_json(sent)):
        objects = [members for document in (there, sent) if document and (members := _object(document)) is not None]
        if len(objects) < 1 + bool(there):
            return _outcome("not_json")
        if there:
            contents = _merged(objects)
    etag = hashlib.sha1(contents, usedforsecurity=False).hexdigest()
    parameters = {**place.parameters, "content_type": sent.content_type, "contents": contents, "etag": etag}
    await connection.execute(sql("document_put"), parameters)
    return _outcome("stored", etag)


async def _get(connection: Connection, place: Place) -> Document | None:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(sql("document_get"), place.parameters)
    row = await cursor.fetchone()
    return Document(**row) if row else None


def _is_json(document: Document) -> bool:
    return document.content_type.partition(";")[0].strip().lower() == JSON_TYPE


def _object(document: Document) -> dict[str, msgspec.Raw] | None:
    """The members of a JSON object, each with its own text; None where the document is none."""
    if not _is_json(document):
        return None
    try:
        members = _members(document.contents)
        msgspec.json.decode(document.contents)  # the members too are to be JSON
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return members


def _merged(objects: Sequence[dict[str, msgspec.Raw]]) -> bytes:
    """Members of later objects replace those of earlier ones, one level deep (Communication 2.2, JSON merge)."""
    whole: dict[str, msgspec.Raw] = {}
    for members in objects:
        whole.update(members)
    return msgspec.json.encode(whole)


def _bytes(contents: str) -> bytes:
    try:
        return base64.b64decode(contents, validate=True)
    except binascii.Error as error:
        raise DataFault("contents are not base64") from error


def _moment(since: str) -> datetime | None:
    try:
        return datetime.fromisoformat(since) if since else None
    except ValueError as error:
        raise DataFault("since is not an ISO 8601 timestamp") from error


def _outcome(outcome: Outcome, etag: str = "") -> dict[str, str]:
    return {"outcome": outcome, "etag": etag}
