"""Query parameters of GET /xAPI/statements."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lrs_platform.gateway.queries import LARGEST_LIMIT, One, Page, parameters, read_query
from lrs_platform.gateway.reading import position_of
from lrs_platform.gateway.refusals import Refused
from lrs_platform.xapi.versions import Version

ID = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
AGENT = '{"mbox":"mailto:anna@example.com"}'


def understood(query: bytes) -> Page | One:
    """What a query string asks for."""
    return read_query(parameters(query), Version.V1_0_3)


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        (b"", Page()),
        (b"limit=0", Page(limit=LARGEST_LIMIT)),
        (b"limit=5000000", Page(limit=LARGEST_LIMIT)),
        (b"limit=7&ascending=true", Page(limit=7, ascending=True)),
        (b"ascending=false", Page()),
        (b"since=2026-01-31T12:00:00Z", Page(since="2026-01-31T12:00:00+00:00")),
        (b"since=2026-01-31T12:00:00%2B02:00", Page(since="2026-01-31T10:00:00+00:00")),
        (b"since=2026-01-31T12:00:00+02:00", Page(since="2026-01-31T10:00:00+00:00")),
        (b"until=2026-01-31T12:00:00.25", Page(until="2026-01-31T12:00:00.250000+00:00")),
        (b"until=2026-01-31", Page(until="2026-01-31T00:00:00+00:00")),
        (b"attachments=false&format=exact", Page()),
        (b"attachments=true&format=ids", Page(attachments=True, format="ids")),
        (b"agent=" + AGENT.encode(), Page(agent=AGENT)),
        (
            b"agent=%7B%22mbox%22%3A%22mailto%3Aanna%40example.com%22%7D&related_agents=true",
            Page(agent=AGENT, related_agents=True),
        ),
        (
            b"verb=https://example.com/v&activity=https://example.com/a",
            Page(verb="https://example.com/v", activity="https://example.com/a"),
        ),
        (b"registration=" + ID.upper().encode(), Page(registration=ID)),
        (b"voidedStatementId=" + ID.encode(), One(ID, voided=True)),
        (
            b"statementId=" + ID.encode() + b"&format=canonical&attachments=true",
            One(ID, format="canonical", attachments=True),
        ),
        (b"statementId=" + ID.upper().encode(), One(ID)),
        (b"statementId=" + ID.encode() + b"&attachments=false&format=exact", One(ID)),
    ],
)
def test_a_query_is_understood(query: bytes, meant: Page | One) -> None:
    assert understood(query) == meant


@pytest.mark.parametrize(
    ("query", "named"),
    [
        (b"limit=-1", "limit"),
        (b"limit=ten", "limit"),
        (b"limit=", "limit"),
        (b"limit=1.5", "limit"),
        (b"limit=%D9%A3", "limit"),
        (b"ascending=yes", "ascending"),
        (b"ascending=", "ascending"),
        (b"since=yesterday", "since"),
        (b"since=2026-02-30T00:00:00Z", "since"),
        (b"until=2026-01-31T25:00:00Z", "until"),
        (b"until=0001-01-01T00:00:00%2B14:00", "until"),
        (b"statementId={" + ID.encode() + b"}", "statementId"),
        (b"statementId=" + ID.replace("-", "").encode(), "statementId"),
        (b"statementId=" + ID.encode() + b"&limit=1", "limit"),
        (b"format=pretty", "format"),
        (b"attachments=1", "attachments"),
        (b"voidedStatementId=" + ID.encode() + b"&statementId=" + ID.encode(), "voidedStatementId"),
        (b"statementId=" + ID.encode() + b"&verb=https://example.com/v", "verb"),
        (b"agent={}", "agent"),
        (b"agent=", "agent"),
        (b"agent=anna", "agent"),
        (b'agent={"mbox":"mailto:anna@example.com","mbox":"mailto:bob@example.com"}', "agent"),
        (b'agent={"objectType":"Group","member":[{"mbox":"mailto:anna@example.com"}]}', "agent"),
        (b'agent={"mbox":"mailto:anna@example.com","age":7}', "agent"),
        (b"verb=x", "verb"),
        (b"activity=x", "activity"),
        (b"registration=x", "registration"),
        (b"registration=", "registration"),
        (b"related_agents=yes", "related_agents"),
        (b"related_activities=1", "related_activities"),
        (b"Limit=1", "Limit"),
        (b"nonsense=1", "nonsense"),
        (b"more=AAAA", "more"),
        (b"more=!", "more"),
        (b"more=eyJsaW1pdCI6MH0", "more"),
        (b"more=eyJhZnRlciI6LTF9", "more"),
        (b"more=e30&limit=3", "more"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(query: bytes, named: str | None) -> None:
    with pytest.raises(Refused) as refused:
        understood(query)
    assert refused.value.status == 400
    assert refused.value.details.get("property") == named


@pytest.mark.parametrize(
    "page",
    [
        Page(),
        Page(limit=3, ascending=True),
        Page(agent=AGENT, verb="https://example.com/v", registration=ID, related_agents=True, format="ids"),
        Page(activity="https://example.com/a", related_activities=True, attachments=True),
        Page(since="2026-01-31T12:00:00+00:00", until="2026-02-01T00:00:00+00:00"),
    ],
)
def test_a_more_link_holds_all_that_the_first_request_asked_for(page: Page) -> None:
    link = page.more(after=2**60, upto=2**61)
    path, _, query = link.partition("?")
    assert path == "/xAPI/statements"
    assert understood(query.encode()) == replace(page, after=2**60, upto=2**61)


def test_positions_order_as_the_log_does() -> None:
    assert position_of("") == 0
    assert position_of("5-1") == (5 << 20) + 1
    assert position_of("5-1") < position_of("5-2") < position_of("6-0")
