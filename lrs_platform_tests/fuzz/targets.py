"""The parsers that read what strangers send, each as a function of bytes that returns or raises AssertionError.

A target takes any bytes. The parser may refuse them, by its own exception and no other; what it accepts has to hold
what the rest of the platform counts on. Anything else is a finding.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lrs_platform.gateway import multipart, queries
from lrs_platform.gateway.attachments import hasher_of
from lrs_platform.gateway.refusals import Refused
from lrs_platform.roster.lessons import Addresses, read_lessons
from lrs_platform.roster.people import Understood, read_roster
from lrs_platform.roster.responses import read_responses
from lrs_platform.roster.table import FileUnreadable, Table, read_table
from lrs_platform.sql_guard import SqlRefused, check
from lrs_platform.xapi.compose import compose
from lrs_platform.xapi.equality import same_statement
from lrs_platform.xapi.errors import Flaw, StatementInvalid
from lrs_platform.xapi.filters import findable
from lrs_platform.xapi.formats import ids, loaded, written
from lrs_platform.xapi.signatures import check_signature
from lrs_platform.xapi.statements import parse, parse_each
from lrs_platform.xapi.versions import Version

LIMIT = 1 << 20
SITE = "https://7taps.example"
STORED = datetime(2026, 1, 1, tzinfo=UTC)
AUTHORITY = b'{"objectType":"Agent","account":{"homePage":"http://x.example","name":"x"}}'
SIGNED = (Path(__file__).parent / "signed.json").read_bytes()


def statement(data: bytes) -> None:
    """A body of POST /xAPI/statements. What is accepted can be read again, found, compared and shown in every form."""
    for version in Version:
        try:
            batch = parse(data, version)
        except StatementInvalid as refused:
            assert refused.rule
            continue
        for incoming in batch.statements:
            assert not any(byte in incoming.raw for byte in b"\t\n\r"), "a statement must fit one line of the log"
            json.loads(incoming.raw)
            findable(incoming.raw)
            assert same_statement(incoming.raw, incoming.raw)
            whole = compose(
                incoming.raw, statement_id="7f2f3a0c-0000-4000-8000-000000000001", stored=STORED, authority=AUTHORITY,
                version=version, for_version=Version.V2_0_0,
            )  # fmt: skip
            written(ids(loaded(whole)))
        each = parse_each(data, version)
        assert len(each) == len(batch.statements)
        assert not any(isinstance(one, StatementInvalid) for one in each)


def mixed(data: bytes) -> None:
    """A body of multipart/mixed, with its boundary in the first line, arriving in pieces of a size it chooses."""
    head, _, body = data.partition(b"\n")
    size = max(1, len(head))
    pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    messages = iter(
        {"type": "http.request", "body": piece, "more_body": index < len(pieces) - 1}
        for index, piece in enumerate(pieces)
    )

    async def receive() -> Any:
        return next(messages)

    async def read(into: Path) -> None:
        boundary = multipart.boundary_of(f"multipart/mixed; boundary={head.decode('latin-1')}")
        found = await multipart.read_mixed(boundary, {}, receive, into, limit=LIMIT, json_limit=LIMIT)
        for sha2, part in found.parts.items():
            assert part.path.parent == into
            assert hasher_of(sha2).name.startswith("sha")
            assert part.path.stat().st_size == part.size

    with tempfile.TemporaryDirectory() as directory, contextlib.suppress(Refused):
        asyncio.run(read(Path(directory)))


def signature(data: bytes) -> None:
    """An attachment that says it is the signature of a statement. It never passes for another statement's."""
    try:
        check_signature(data, "application/octet-stream", SIGNED)
    except Flaw as flaw:
        assert flaw.rule
        return
    assert data.count(b".") == 2


def query(data: bytes) -> None:
    """The query string of GET /xAPI/statements. A link to the next page reads as what it was made from."""
    for version in Version:
        try:
            wanted = queries.read_query(queries.parameters(data), version)
        except Refused as refused:
            assert refused.status == 400
            assert refused.body()
            continue
        if isinstance(wanted, queries.Page):
            assert 0 <= wanted.limit <= queries.LARGEST_LIMIT
            link = wanted.more(5, 9).partition("?")[2].encode()
            following = queries.read_query(queries.parameters(link), version)
            assert isinstance(following, queries.Page)
            assert (following.after, following.upto, following.agent) == (5, 9, wanted.agent)


def table(data: bytes) -> None:
    """A CSV file as somebody uploads it, read as each kind of file there is."""
    readers: list[Callable[[Table], Understood]] = [
        read_roster,
        lambda found: read_lessons(found, Addresses(SITE)),
        lambda found: read_responses(found, Addresses(SITE)),
    ]
    for reads in readers:
        try:
            understood = reads(read_table(data))
        except FileUnreadable as unreadable:
            assert str(unreadable)
            continue
        json.dumps(understood.rows, default=str)
        for row in understood.rows:
            assert "\x00" not in json.dumps(row, default=str, ensure_ascii=False), "Postgres keeps no NUL in a text"


def sql(data: bytes) -> None:
    """A query of a person. What passes has no second statement in it and passes again."""
    text = data.decode("utf-8", "surrogatepass" if len(data) % 2 else "replace") if _decodes(data) else ""
    try:
        guarded = check(text)
    except SqlRefused as refused:
        assert refused.refusal.reason
        return
    assert check(guarded.text).views == guarded.views


def _decodes(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return len(data) % 2 == 0
    return True


TARGETS: dict[str, Callable[[bytes], None]] = {
    "statement": statement, "mixed": mixed, "signature": signature, "query": query, "table": table, "sql": sql,
}  # fmt: skip
