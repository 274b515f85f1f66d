"""Query parameters of GET /xAPI/statements."""

from __future__ import annotations

import pytest

from lrs_platform.gateway.queries import LARGEST_LIMIT, One, Page, read_query
from lrs_platform.gateway.reading import position_of
from lrs_platform.gateway.refusals import Refused

ID = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"


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
        (b"statementId=" + ID.upper().encode(), One(ID)),
        (b"statementId=" + ID.encode() + b"&attachments=false&format=exact", One(ID)),
    ],
)
def test_a_query_is_understood(query: bytes, meant: Page | One) -> None:
    assert read_query(query) == meant


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
        (b"format=ids", "format"),
        (b"format=pretty", "format"),
        (b"attachments=true", "attachments"),
        (b"attachments=1", "attachments"),
        (b"voidedStatementId=" + ID.encode(), "voidedStatementId"),
        (b"agent={}", "agent"),
        (b"verb=x", "verb"),
        (b"activity=x", "activity"),
        (b"registration=x", "registration"),
        (b"related_agents=true", "related_agents"),
        (b"related_activities=true", "related_activities"),
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
        read_query(query)
    assert refused.value.status == 400
    assert refused.value.details.get("property") == named


@pytest.mark.parametrize(
    "page",
    [Page(), Page(limit=3, ascending=True), Page(since="2026-01-31T12:00:00+00:00", until="2026-02-01T00:00:00+00:00")],
)
def test_a_more_link_holds_all_that_the_first_request_asked_for(page: Page) -> None:
    link = page.more(after=2**60, upto=2**61)
    path, _, query = link.partition("?")
    assert path == "/xAPI/statements"
    following = read_query(query.encode())
    assert following == Page(page.since, page.until, page.limit, page.ascending, 2**60, 2**61)


def test_positions_order_as_the_log_does() -> None:
    assert position_of("") == 0
    assert position_of("5-1") == (5 << 20) + 1
    assert position_of("5-1") < position_of("5-2") < position_of("6-0")
