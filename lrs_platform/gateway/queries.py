"""Query parameters of GET /xAPI/statements, and the cursor in its `more` link.

Belongs here: reading and checking parameters. Not here: asking the warehouse (reading.py). A parameter that is not
supported yet is refused by name: ignoring a filter would return other people's statements as if they matched.
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

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000  # what `limit=0` means here (Communication 2.1.3: "the maximum the server will allow")
LATER = frozenset(
    {"voidedStatementId", "agent", "verb", "activity", "registration", "related_activities", "related_agents"}
)  # Communication 2.1.3, not supported yet
_STAMP = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|z|[+-]\d\d(:?\d\d)?)?)?")
_LOST_PLUS = re.compile(r" (\d\d(:?\d\d)?)$")  # "+" of an offset that the sender did not escape arrives as a space


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of statements: what the first request asked for, and where this page starts.

    `after` is the position of the last statement of the page before (0: the first page); `upto` the position of the
    newest statement when the first page was asked for: what is stored later never shifts the pages.
    """

    since: str = ""
    until: str = ""
    limit: int = DEFAULT_LIMIT
    ascending: bool = False
    after: int = 0
    upto: int = 0

    def more(self, after: int, upto: int) -> str:
        """The relative URL of the next page."""
        next_page = msgspec.structs.replace(self, after=after, upto=upto)
        token = base64.urlsafe_b64encode(msgspec.json.encode(next_page)).rstrip(b"=").decode()
        return f"/xAPI/statements?more={token}"


@dataclass(frozen=True, slots=True)
class One:
    """One statement by its id, lower case."""

    statement_id: str


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


def no_parameters(query: bytes) -> None:
    """Refuse any parameter, as POST does."""
    for name, value in parameters(query).items():
        raise bad_parameter(name, "is not known here", value)


def statement_id(query: bytes) -> str:
    """The one parameter of PUT, lower case."""
    found = parameters(query)
    if "statementId" not in found:
        raise bad_parameter("statementId", "is required with PUT: it is the statement's id")
    value = found.pop("statementId")
    for name, other in found.items():
        raise bad_parameter(name, "is not known here", other)
    return _uuid("statementId", value)


def read_query(query: bytes) -> Page | One:
    """What GET asks for. Raises Refused naming the parameter."""
    found = parameters(query)
    if "more" in found:
        if len(found) > 1:
            raise bad_parameter("more", "stands alone: it holds the other parameters already")
        return _page_of(found["more"])
    _settled(found)
    if "statementId" in found:
        wanted = One(_uuid("statementId", found.pop("statementId")))
        for name, value in found.items():
            raise bad_parameter(name, "cannot be combined with statementId", value)
        return wanted
    page = Page(
        since=_stamp("since", found.pop("since", "")),
        until=_stamp("until", found.pop("until", "")),
        limit=_limit(found.pop("limit", str(DEFAULT_LIMIT))),
        ascending=_boolean("ascending", found.pop("ascending", "false")),
    )
    for name, value in found.items():
        raise bad_parameter(name, "is not known here", value)
    return page


def _settled(found: dict[str, str]) -> None:
    """Take out parameters whose only supported value is the default, and refuse those of a later version of this
    server.
    """
    for name in found.keys() & LATER:
        raise bad_parameter(name, "is not supported yet", found[name])
    if (form := found.pop("format", "exact")) != "exact":
        rule = "is not supported yet: only exact" if form in ("ids", "canonical") else "must be exact, ids or canonical"
        raise bad_parameter("format", rule, form)
    if _boolean("attachments", found.pop("attachments", "false")):
        raise bad_parameter("attachments", "true is not supported yet", "true")


def _page_of(token: str) -> Page:
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        page = msgspec.json.decode(text, type=Page)
        largest = 2**63 - 1  # positions are bigints
        if not (0 < page.limit <= LARGEST_LIMIT and 0 <= page.after <= largest and 0 <= page.upto <= largest):
            raise ValueError
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise bad_parameter("more", "is no cursor of this server: take the link as it was given", token) from error
    return Page(
        _stamp("more", page.since), _stamp("more", page.until), page.limit, page.ascending, page.after, page.upto
    )


def _uuid(name: str, value: str) -> str:
    try:
        found = uuid.UUID(value)
    except ValueError:
        found = None
    if found is None or len(value) != 36:  # UUID() also takes braces, "urn:uuid:" and no hyphens
        raise bad_parameter(name, "must be a UUID in its standard form", value)
    return str(found)


def _stamp(name: str, value: str) -> str:
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


def _limit(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise bad_parameter("limit", "must be a whole number from 0 on", value)
    return min(int(value), LARGEST_LIMIT) or LARGEST_LIMIT


def _boolean(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise bad_parameter(name, "must be true or false", value)
    return value == "true"
