"""Two texts are the same statement when they differ only in what the standard lets an LRS or a sender change."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lrs_platform.xapi.compose import compose
from lrs_platform.xapi.equality import same_statement
from lrs_platform.xapi.versions import Version
from lrs_platform_tests.xapi.examples import (
    ABOUT_AGENT,
    FULL,
    LEFT_OUT,
    OTHER_ID,
    SMALLEST,
    STATEMENT_ID,
    SUBSTATEMENT,
    VOIDING,
    Json,
    edited,
    text,
)

SAME: list[tuple[Json, str, Any]] = [
    (FULL, "id", STATEMENT_ID.upper()),
    (FULL, "id", LEFT_OUT),
    (FULL, "stored", "2000-01-01T00:00:00Z"),
    (FULL, "authority", {"mbox": "mailto:other@example.org"}),
    (FULL, "version", LEFT_OUT),
    (FULL, "timestamp", LEFT_OUT),
    (FULL, "timestamp", "2024-02-29T17:30:00.123+05:30"),
    (FULL, "timestamp", "2024-02-29T12:00:00.123456789Z"),
    (FULL, "attachments", LEFT_OUT),
    (FULL, "verb display", {"fr": "terminé"}),
    (FULL, "object definition", LEFT_OUT),
    (FULL, "object objectType", LEFT_OUT),
    (FULL, "actor member", list(reversed(FULL["actor"]["member"]))),
    (FULL, "actor member 0 objectType", LEFT_OUT),
    (FULL, "actor member 0 mbox", "mailto:ann@EXAMPLE.org"),
    (FULL, "actor member 1 mbox_sha1sum", "A" * 40),
    (FULL, "result duration", "PT1M30.50S"[:-2] + "S"),
    (edited(FULL, "result duration", "PT1.234S"), "result duration", "PT1.239S"),
    (FULL, "result score raw", 5.0),
    (FULL, "context registration", FULL["context"]["registration"].upper()),
    (FULL, "context language", "DE-ch"),
    (FULL, "context statement id", OTHER_ID.upper()),
    (FULL, "context contextActivities parent", [{"id": "https://example.org/course", "objectType": "Activity"}]),
    (FULL, "context contextActivities other 1 definition", LEFT_OUT),
    (VOIDING, "object id", STATEMENT_ID.lower()),
    (SUBSTATEMENT, "object timestamp", "2030-01-01T01:00:00+01:00"),
    (SUBSTATEMENT, "object verb display", {"en": "visit"}),
    (SUBSTATEMENT, "object attachments", LEFT_OUT),
]

OTHER: list[tuple[Json, str, Any]] = [
    (FULL, "id", OTHER_ID),
    (FULL, "timestamp", "2024-02-29T12:00:00.124Z"),
    (FULL, "timestamp", "2024-02-29T12:00:00.123+01:00"),
    (FULL, "actor name", "Other"),
    (FULL, "actor account name", "Team"),
    (FULL, "actor member 0 mbox", "mailto:Ann@example.org"),
    (FULL, "actor member", FULL["actor"]["member"][:1]),
    (FULL, "verb id", "http://adlnet.gov/expapi/verbs/Completed"),
    (FULL, "object id", "https://example.org/lesson/2"),
    (FULL, "result", LEFT_OUT),
    (FULL, "result success", False),
    (FULL, "result response", ""),
    (FULL, "result duration", "PT90.5S"),
    (FULL, "result duration", "PT1M30.51S"),
    (FULL, "result score raw", 5.0000001),
    (FULL, "result extensions", {"https://example.org/time": "1.25", "https://example.org/none": None}),
    (edited(FULL, "result extensions", {"urn:x": 1}), "result extensions", {"urn:x": True}),
    (edited(FULL, "result extensions", {"urn:x": [0]}), "result extensions", {"urn:x": [False]}),
    (edited(FULL, "result extensions", {"urn:x": [1, 2]}), "result extensions", {"urn:x": [2, 1]}),
    (edited(FULL, "result extensions", {"urn:x": None}), "result extensions", {}),
    (FULL, "context platform", LEFT_OUT),
    (FULL, "context contextActivities category", [{"id": "urn:x"}]),
    (FULL, "context contextActivities other", list(reversed(FULL["context"]["contextActivities"]["other"]))),
    (ABOUT_AGENT, "object objectType", "Group"),
    (SUBSTATEMENT, "object timestamp", LEFT_OUT),
    (SUBSTATEMENT, "object verb id", "https://example.org/leave"),
    (SUBSTATEMENT, "object object id", "https://example.org/cinema"),
]


@pytest.mark.parametrize(("statement", "path", "value"), SAME, ids=[f"{path}={value!s:.20}" for _, path, value in SAME])
def test_a_change_that_the_standard_allows_is_the_same_statement(statement: Json, path: str, value: Any) -> None:
    changed = text(edited(statement, path, value))
    assert same_statement(text(statement), changed)
    assert same_statement(changed, text(statement))


@pytest.mark.parametrize(
    ("statement", "path", "value"), OTHER, ids=[f"{path}={value!s:.20}" for _, path, value in OTHER]
)
def test_any_other_change_makes_another_statement(statement: Json, path: str, value: Any) -> None:
    changed = text(edited(statement, path, value))
    assert not same_statement(text(statement), changed)
    assert not same_statement(changed, text(statement))


def test_layout_key_order_and_spelling_of_numbers_do_not_count() -> None:
    backwards = json.dumps(dict(reversed(FULL.items())), indent=3).encode().replace(b"1.25", b"125e-2")
    assert same_statement(text(FULL), backwards)


def test_numbers_are_compared_to_their_last_digit() -> None:
    one = text(edited(SMALLEST, "result extensions", {"urn:x": "N"}))
    exact = b"12345678901234567.00000000001"
    assert same_statement(one.replace(b'"N"', exact), one.replace(b'"N"', exact + b"0"))
    assert not same_statement(one.replace(b'"N"', exact), one.replace(b'"N"', exact + b"1"))


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("statement", [SMALLEST, FULL, SUBSTATEMENT, VOIDING])
def test_a_statement_read_back_is_the_one_that_was_sent(statement: Json, version: Version) -> None:
    read = compose(
        text(statement),
        statement_id=statement.get("id", OTHER_ID),
        stored=datetime(2024, 3, 1, tzinfo=UTC),
        authority=b'{"mbox": "mailto:lrs@example.org"}',
        version=version.value,
        for_version=version,
    )
    assert same_statement(text(statement), read)
