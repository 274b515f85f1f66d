"""Query parameters of the xAPI resources, and the cursor in the `more` link of GET /xAPI/statements.

Belongs here: reading and checking parameters. Not here: asking the warehouse (reading.py). A parameter that a resource
does not have is refused by name (Communication 3.2): ignoring a filter would return other people's statements.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec

from lrs_platform.gateway.refusals import Refused, bad_parameter
from lrs_platform.xapi.actors import parse_actor
from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.identifiers import is_iri
from lrs_platform.xapi.texts import IRI_RULE
from lrs_platform.xapi.versions import Version

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000  # what `limit=0` means here (Communication 2.1.3: "the maximum the server will allow")
FORMATS = ("exact", "ids", "canonical")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|z|[+-]\d\d(:?\d\d)?)?)?")
_LOST_PLUS = re.compile(r" (\d\d(:?\d\d)?)$")  # "+" of an offset that the sender did not escape arrives as a space


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of statements: what the first request asked for, and where this page starts.

    `after` is the position of the last statement of the page before (0: the first page); `upto` the position of the
    newest statement when the first page was asked for: what is stored later never shifts the pages.
    """

    agent: str = ""
    verb: str = ""
    activity: str = ""
    registration: str = ""
    related_agents: bool = False
    related_activities: bool = False
    since: str = ""
    until: str = ""
    limit: int = DEFAULT_LIMIT
    ascending: bool = False
    format: str = "exact"
    attachments: bool = False
    after: int = 0
    upto: int = 0

    def more(self, after: int, upto: int) -> str:
        """The relative URL of the next page."""
        next_page = msgspec.structs.replace(self, after=after, upto=upto)
        token = base64.urlsafe_b64encode(msgspec.json.encode(next_page)).rstrip(b"=").decode()
        return f"/xAPI/statements?more={token}"


@dataclass(frozen=True, slots=True)
class One:
    """One statement by its id, lower case; a voided one, or one that is not."""

    statement_id: str
    voided: bool = False
    format: str = "exact"
    attachments: bool = False


def parameters(query: bytes) -> dict[str, str]:
    """Query parameters, each at most once. Raises Refused for a repeated one or for bytes that are no UTF-8."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Refused(400, "the query string is no percent-encoded UTF-8", reason="bad_parameter") from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise bad_parameter(name, "is given twice")
        found[name] = value
    return found


def nothing_else(found: dict[str, str]) -> None:
    """Refuse parameters that were not taken out of `found`."""
    for name, value in found.items():
        raise bad_parameter(name, "is not known here", value)


def partial_success(found: dict[str, str]) -> bool:
    """The one parameter of POST: whether the good statements of a batch are to be stored where others are bad."""
    wanted = _boolean("partialSuccess", found.pop("partialSuccess", "false"))
    nothing_else(found)
    return wanted


def statement_id(found: dict[str, str]) -> str:
    """The one parameter of PUT, lower case."""
    if "statementId" not in found:
        raise bad_parameter("statementId", "is required with PUT: it is the statement's id")
    value = found.pop("statementId")
    nothing_else(found)
    return uuid_of("statementId", value)


def read_query(found: dict[str, str], version: Version) -> Page | One:
    """What GET asks for. Raises Refused naming the parameter."""
    if "more" in found:
        if len(found) > 1:
            raise bad_parameter("more", "stands alone: it holds the other parameters already")
        return _page_of(found["more"], version)
    for name in ("statementId", "voidedStatementId"):
        if name in found:
            wanted = One(
                uuid_of(name, found.pop(name)),
                voided=name == "voidedStatementId",
                format=_format(found),
                attachments=_boolean("attachments", found.pop("attachments", "false")),
            )
            for other, value in found.items():
                raise bad_parameter(other, f"cannot be combined with {name}", value)
            return wanted
    return _page(found, version)


def activity_id(found: dict[str, str]) -> str:
    """Take `activityId` out of `found`; an IRI."""
    if "activityId" not in found:
        raise bad_parameter("activityId", "is required: the IRI of an Activity")
    return _iri("activityId", found.pop("activityId"))


def required_agent(found: dict[str, str], version: Version) -> str:
    """Take `agent` out of `found`, JSON of an Agent or identified Group; its key (xapi/identifiers.py)."""
    if "agent" not in found:
        raise bad_parameter("agent", "is required: an Agent as JSON")
    return _agent(found.pop("agent"), version)


def uuid_of(name: str, value: str) -> str:
    """A UUID parameter, lower case."""
    try:
        found = uuid.UUID(value)
    except ValueError:
        found = None
    if found is None or len(value) != 36:  # UUID() also takes braces, "urn:uuid:" and no hyphens
        raise bad_parameter(name, "must be a UUID in its standard form", value)
    return str(found)


def stamp(name: str, value: str) -> str:
    """An ISO 8601 timestamp in UTC; without an offset it counts as UTC."""
    if not value:
        return ""
    repaired = _LOST_PLUS.sub(r"+\1", value) if "T" in value else value
    try:
        if not _STAMP.fullmatch(repaired):
            raise ValueError
        moment = datetime.fromisoformat(repaired.upper().replace(",", "."))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        raise bad_parameter(name, "must be an ISO 8601 timestamp, e.g. 2026-01-31T12:00:00Z", value) from error


def _page(found: dict[str, str], version: Version) -> Page:
    if "agent" in found:
        _agent(found["agent"], version)
    page = Page(
        agent=found.pop("agent", ""),
        verb=_iri("verb", found.pop("verb")) if "verb" in found else "",
        activity=_iri("activity", found.pop("activity")) if "activity" in found else "",
        registration=uuid_of("registration", found.pop("registration")) if "registration" in found else "",
        related_agents=_boolean("related_agents", found.pop("related_agents", "false")),
        related_activities=_boolean("related_activities", found.pop("related_activities", "false")),
        since=stamp("since", found.pop("since", "")),
        until=stamp("until", found.pop("until", "")),
        limit=_limit(found.pop("limit", str(DEFAULT_LIMIT))),
        ascending=_boolean("ascending", found.pop("ascending", "false")),
        format=_format(found),
        attachments=_boolean("attachments", found.pop("attachments", "false")),
    )
    nothing_else(found)
    return page


def _page_of(token: str, version: Version) -> Page:
    """The page of a `more` link. Whoever has one may have changed it, so it is checked as a query is."""
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        page = msgspec.json.decode(text, type=Page)
        largest = 2**63 - 1  # positions are bigints
        if not (0 < page.limit <= LARGEST_LIMIT and 0 <= page.after <= largest and 0 <= page.upto <= largest):
            raise ValueError
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise bad_parameter("more", "is no cursor of this server: take the link as it was given", token) from error
    asked = {name: value for name, value in msgspec.structs.asdict(page).items() if name not in ("after", "upto")}
    query = {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in asked.items() if value
    }
    return msgspec.structs.replace(_page(query, version), after=page.after, upto=page.upto)


def _agent(value: str, version: Version) -> str:
    try:
        key = parse_actor(value.encode("utf-8"), version)
    except StatementInvalid as error:
        raise bad_parameter("agent", str(error), value) from error
    if key is None:
        raise bad_parameter("agent", "must be an Agent or an identified Group", value)
    return key


def _iri(name: str, value: str) -> str:
    if not is_iri(value):
        raise bad_parameter(name, IRI_RULE, value)
    return value


def _format(found: dict[str, str]) -> str:
    value = found.pop("format", "exact")
    if value not in FORMATS:
        raise bad_parameter("format", f"must be {', '.join(FORMATS[:-1])} or {FORMATS[-1]}", value)
    return value


def _limit(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise bad_parameter("limit", "must be a whole number from 0 on", value)
    return min(int(value), LARGEST_LIMIT) or LARGEST_LIMIT


def _boolean(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise bad_parameter(name, "must be true or false", value)
    return value == "true"
