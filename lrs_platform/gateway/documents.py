"""The document resources: State, Activity Profile, Agent Profile (Communication 2.2, 2.3, 2.6, 2.7; 2.0: 4.1.6.2, 5,
6).

Belongs here: their parameters, which preconditions a version demands, outcomes to answers. Not here: storing and
merging (the warehouse's documents.py), HTTP itself (resource.py).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from lrs_platform.gateway import queries
from lrs_platform.gateway.auth import Scopes
from lrs_platform.gateway.refusals import JSON, Refused, bad_parameter
from lrs_platform.gateway.resource import Answer, Call, Headers, Resource
from lrs_platform.gateway.watermark import http_date
from lrs_platform.xapi.preconditions import holds
from lrs_platform.xapi.versions import Version

LONGEST_ID = 4096  # characters of a document id; a longer one would be a document itself
NO_TYPE = "application/octet-stream"


class Kept(msgspec.Struct):
    """A document as the warehouse gives it."""

    content_type: str
    contents: bytes  # base64 in JSON
    etag: str
    updated_at: datetime


class Listed(msgspec.Struct):
    """Ids of the documents of a context."""

    ids: list[str]
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Shape:
    """How one of the three resources differs from the others."""

    resource: str
    route: str
    id_parameter: str
    has_activity: bool
    has_agent: bool
    has_registration: bool
    may_read: frozenset[str]
    may_write: frozenset[str]
    section: str


STATE = Shape(
    "state", "/xAPI/activities/state", "stateId", True, True, True, Scopes.READ_STATE, Scopes.WRITE_STATE,
    "Communication 2.3",
)  # fmt: skip
ACTIVITY_PROFILE = Shape(
    "activity_profile", "/xAPI/activities/profile", "profileId", True, False, False, Scopes.READ_PROFILE,
    Scopes.WRITE_PROFILE, "Communication 2.7",
)  # fmt: skip
AGENT_PROFILE = Shape(
    "agent_profile", "/xAPI/agents/profile", "profileId", False, True, False, Scopes.READ_PROFILE,
    Scopes.WRITE_PROFILE, "Communication 2.6",
)  # fmt: skip
SHAPES = (STATE, ACTIVITY_PROFILE, AGENT_PROFILE)


class DocumentResource(Resource):
    """ASGI endpoint of a document resource."""

    allowed: ClassVar[str] = "DELETE, GET, HEAD, POST, PUT"

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.route = shape.route  # type: ignore[misc]  # one class, three routes

    async def answer(self, call: Call) -> Answer:
        if call.method not in ("PUT", "POST", "GET", "HEAD", "DELETE"):
            raise self.not_allowed(call.method)
        reads = call.method in ("GET", "HEAD")
        call.caller.require(self.shape.may_read if reads else self.shape.may_write)
        place, since = self._place(call)
        if reads:
            return await self._get(call, place) if place["document_id"] else await self._list(call, place, since)
        if call.method == "DELETE":
            return await self._delete(call, place)
        return await self._put(call, place)

    def _place(self, call: Call) -> tuple[dict[str, str], str]:
        """The tool parameters that name a document or a context, and `since`. Raises Refused naming the parameter."""
        found, shape = call.parameters, self.shape
        place = {"resource": shape.resource, "activity_id": "", "agent": "", "registration": ""}
        if shape.has_activity:
            place["activity_id"] = queries.activity_id(found)
        if shape.has_agent:
            place["agent"] = queries.required_agent(found, call.version)
        if shape.has_registration and "registration" in found:
            place["registration"] = queries.uuid_of("registration", found.pop("registration"))
        place["document_id"] = found.pop(shape.id_parameter, "")
        deletes_all = call.method == "DELETE" and shape is STATE
        if not place["document_id"] and call.method not in ("GET", "HEAD") and not deletes_all:
            raise bad_parameter(shape.id_parameter, f"is required with {call.method}")
        if len(place["document_id"]) > LONGEST_ID or "\x00" in place["document_id"]:
            raise bad_parameter(shape.id_parameter, f"must have at most {LONGEST_ID} characters, none of them NUL")
        since = ""
        if call.method in ("GET", "HEAD") and not place["document_id"]:
            since = queries.stamp("since", found.pop("since", ""))
        queries.nothing_else(found)
        return place, since

    async def _get(self, call: Call, place: dict[str, str]) -> Answer:
        reply = await call.services.warehouse.ask("get_document", place)
        kept = msgspec.json.decode(reply, type=Kept | None)
        if kept is None:
            raise Refused(404, f"no document {place['document_id'][:80]} is stored here", reason="not_found")
        headers: Headers = [
            (b"etag", b'"%b"' % kept.etag.encode()),
            (b"last-modified", http_date(kept.updated_at).encode()),
        ]
        if not holds("", call.header(b"if-none-match"), kept.etag):
            return Answer(304, b"", headers)
        # What one user stored must not run as a page of ours in another's browser.
        headers.append((b"content-type", kept.content_type.encode("latin-1")))
        headers.append((b"content-security-policy", b"sandbox; default-src 'none'"))
        return Answer(200, kept.contents, headers)

    async def _list(self, call: Call, place: dict[str, str], since: str) -> Answer:
        context = {name: value for name, value in place.items() if name != "document_id"}
        reply = await call.services.warehouse.ask("list_documents", {**context, "since": since})
        listed = msgspec.json.decode(reply, type=Listed)
        headers: Headers = [JSON]
        if listed.updated_at is not None:
            headers.append((b"last-modified", http_date(listed.updated_at).encode()))
        return Answer(200, msgspec.json.encode(listed.ids), headers)

    async def _put(self, call: Call, place: dict[str, str]) -> Answer:
        if_match, if_none_match = call.header(b"if-match"), call.header(b"if-none-match")
        puts = call.method == "PUT"
        content_type = call.header(b"content-type") or NO_TYPE
        contents = await call.body()
        profile = self.shape is not STATE
        if puts and profile and call.version is Version.V1_0_3 and not (if_match or if_none_match):
            raise await self._unasked(call, place)
        arguments: dict[str, Any] = {
            **place,
            "contents": base64.b64encode(contents).decode(),
            "content_type": content_type,
            "if_match": if_match,
            "if_none_match": if_none_match,
            "merge": not puts,
            "replace_only_if_asked": puts and (profile or call.version is Version.V2_0_0),  # 2.0, 4.1.4: a state too
        }
        outcome = await call.services.warehouse.ask_json(
            "put_document", arguments, again=not (if_match or if_none_match)
        )
        if outcome["outcome"] == "stored":
            return Answer(204, b"", [(b"etag", b'"%b"' % outcome["etag"].encode())])
        raise self._refused(outcome["outcome"], place["document_id"])

    async def _unasked(self, call: Call, place: dict[str, str]) -> Refused:
        """1.0.3 wants If-Match or If-None-Match with every PUT of a profile (Communication 3.1)."""
        if await call.services.warehouse.ask("get_document", place) != b"null":
            return self._refused("exists", place["document_id"])
        return Refused(
            400,
            "PUT of a profile needs If-None-Match: * to make it, or If-Match with its ETag to replace it",
            reason="precondition",
            section="Communication 3.1",
        )

    async def _delete(self, call: Call, place: dict[str, str]) -> Answer:
        arguments: dict[str, Any] = {
            **place,
            "if_match": call.header(b"if-match"),
            "all_of_context": not place["document_id"],
        }
        outcome = await call.services.warehouse.ask_json("delete_documents", arguments, again=True)
        if outcome["outcome"] == "deleted":
            return Answer(204, b"", [])
        raise self._refused(outcome["outcome"], place["document_id"])

    def _refused(self, outcome: str, document_id: str) -> Refused:
        name = document_id[:80]
        if outcome == "precondition_failed":
            return Refused(
                412, f"document {name} is not as If-Match or If-None-Match says", reason="precondition",
                section="Communication 3.1",
            )  # fmt: skip
        if outcome == "exists":
            return Refused(
                409,
                f"document {name} is stored already: read it, then send If-Match with its ETag",
                reason="conflict",
                section="Communication 3.1",
            )
        return Refused(
            400,
            f"document {name} cannot be merged: what is stored and what is sent must both be JSON objects "
            "of Content-Type application/json",
            reason="not_json",
            section="Communication 2.2",
        )
