"""A statement is returned as it was sent, with exactly what the standard has an LRS add."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lrs_platform.xapi.compose import compose
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version
from lrs_platform_tests.xapi.examples import FULL, OTHER_ID, SMALLEST, STATEMENT_ID, SUBSTATEMENT, Json, edited, text

AUTHORITY = {"account": {"homePage": "https://lrs.example.org", "name": "another key"}}
STORED = datetime(2024, 3, 1, 13, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=1)))


def read(raw: bytes, sent_by: Version = Version.V1_0_3, asked_by: Version = Version.V1_0_3) -> bytes:
    return compose(
        raw,
        statement_id=OTHER_ID,
        stored=STORED,
        authority=text(AUTHORITY),
        version=sent_by.value,
        for_version=asked_by,
    )


def test_what_is_missing_is_added_and_the_rest_is_the_text_that_was_sent() -> None:
    raw = (
        b'{ "object":{"id":"urn:x:1e2","definition":{"extensions":{"urn:n":1.50e+1}}},  "verb":{"id":"urn:v"},'
        b'"actor":{"openid":"urn:a"} }'
    )
    composed = read(raw)
    assert composed.startswith(raw[:-1])
    assert json.loads(composed) == json.loads(raw) | {
        "id": OTHER_ID,
        "stored": "2024-03-01T12:00:00.123Z",
        "timestamp": "2024-03-01T12:00:00.123Z",
        "authority": AUTHORITY,
        "version": "1.0.0",
    }


@pytest.mark.parametrize(("sent_by", "stands"), [(Version.V1_0_3, "1.0.0"), (Version.V2_0_0, "2.0.0")])
def test_a_version_is_kept_as_sent_and_else_told_by_the_request(sent_by: Version, stands: str) -> None:
    assert json.loads(read(text(SMALLEST), sent_by, Version.V2_0_0))["version"] == stands
    assert json.loads(read(text({**SMALLEST, "version": "1.0.7"}), sent_by))["version"] == "1.0.7"


def test_a_sent_id_and_timestamp_stay_and_sent_stored_and_authority_are_replaced() -> None:
    composed = read(text(FULL))
    members = json.loads(composed)
    assert members["id"] == STATEMENT_ID
    assert members["timestamp"] == FULL["timestamp"]
    assert members["stored"] == "2024-03-01T12:00:00.123Z"
    assert members["authority"] == AUTHORITY
    assert composed.count(b'"stored":') == composed.count(b'"authority":') == 1
    unchanged = [name for name in FULL if name not in ("stored", "authority", "context")]
    assert {name: members[name] for name in unchanged} == {name: FULL[name] for name in unchanged}
    assert b"1.5" in composed


def test_single_context_activities_become_arrays_also_in_a_substatement() -> None:
    activities = json.loads(read(text(FULL)))["context"]["contextActivities"]
    sent = FULL["context"]["contextActivities"]
    assert activities == {**sent, "parent": [sent["parent"]]}
    inner = json.loads(read(text(SUBSTATEMENT)))["object"]
    assert inner["context"] == {
        "contextActivities": {"parent": [{"id": "https://example.org/trip"}]},
        "platform": "feet",
    }
    escaped = (
        text(SUBSTATEMENT).replace(b"contextActivities", b"context\\u0041ctivities").replace(b'"Sub', b'"\\u0053ub')
    )
    assert json.loads(read(escaped))["object"] == inner


@pytest.mark.parametrize(
    ("sent", "in_2"),
    [
        ("2023-05-04T12:00:00-05:00", "2023-05-04T17:00:00Z"),
        ("2023-05-04T12:00:00.123456789+05:30", "2023-05-04T06:30:00.123456789Z"),
        ("2023-05-04T12:00:00.5Z", "2023-05-04T12:00:00.5Z"),
        ("2023-05-04T12:00:00+00:00", "2023-05-04T12:00:00+00:00"),
        ("2016-12-31T23:59:60+01:00", "2016-12-31T23:00:00Z"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("0999-01-01T00:00:00+01:00", "0998-12-31T23:00:00Z"),
        ("2023-05-04T12:00:00", "2023-05-04T12:00:00Z"),
        ("20230504T1200+0530", "2023-05-04T06:30:00Z"),
        ("2023-05-04T12,5+01:00", "2023-05-04T11:30:00Z"),
    ],
)
def test_2_returns_timestamps_in_utc_and_1_as_sent(sent: str, in_2: str) -> None:
    statement = edited(edited(SUBSTATEMENT, "timestamp", sent), "object timestamp", sent)
    for version, expected in ((Version.V1_0_3, sent), (Version.V2_0_0, in_2)):
        composed = json.loads(read(text(statement), asked_by=version))
        assert (composed["timestamp"], composed["object"]["timestamp"]) == (expected, expected)


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("statement", [SMALLEST, FULL, SUBSTATEMENT])
def test_what_an_lrs_returns_is_a_valid_statement(statement: Json, version: Version) -> None:
    assert parse(read(text(statement), Version.V1_0_3, version), version).statements
    assert parse(read(text(statement).replace(b"}", b" } ") + b" "), version).statements


def test_stored_is_written_to_the_millisecond_in_utc() -> None:
    whole = compose(
        text(SMALLEST),
        statement_id=OTHER_ID,
        stored=datetime(2024, 3, 1, tzinfo=UTC),
        authority=b"{}",
        version="2.0.0",
        for_version=Version.V2_0_0,
    )
    assert json.loads(whole)["stored"] == "2024-03-01T00:00:00.000Z"
