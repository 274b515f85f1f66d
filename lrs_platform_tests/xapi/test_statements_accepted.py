"""Every statement that the standard allows is accepted, in the version that allows it."""

from __future__ import annotations

from typing import Any

import pytest

from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version
from lrs_platform_tests.xapi.examples import (
    ABOUT_AGENT,
    ABOUT_GROUP,
    ACTIVITY_WITH,
    AGENT,
    FULL,
    GROUP,
    LEFT_OUT,
    OTHER_ID,
    SMALLEST,
    SUBSTATEMENT,
    VOIDING,
    Json,
    edited,
    text,
)

WHOLE: dict[str, Json] = {
    "smallest": SMALLEST,
    "every property": FULL,
    "SubStatement": SUBSTATEMENT,
    "SubStatement about an Agent": edited(edited(SUBSTATEMENT, "object object", AGENT | {"objectType": "Agent"}),
                                          "object context platform", LEFT_OUT),
    "SubStatement about a StatementRef": edited(edited(SUBSTATEMENT, "object object",
                                                       {"objectType": "StatementRef", "id": OTHER_ID}),
                                                "object context platform", LEFT_OUT),
    "about an Agent": ABOUT_AGENT,
    "about a Group": ABOUT_GROUP,
    "voiding": VOIDING,
    "voiding SubStatement": {**SMALLEST, "object": {"objectType": "SubStatement", **VOIDING}},
    "anonymous Group": {**SMALLEST, "actor": GROUP},
    "authority of OAuth": {**SMALLEST, "authority": GROUP},
    **{f"interaction with {name}": edited(SMALLEST, "object definition", more) for name, more in ACTIVITY_WITH.items()},
}  # fmt: skip

BOTH = tuple(Version)
ONLY_1 = (Version.V1_0_3,)
ONLY_2 = (Version.V2_0_0,)

# path, value, versions that accept it; the other version refuses it
VALUES: list[tuple[str, Any, tuple[Version, ...]]] = [
    ("id", "FD41C918-B88B-4B20-A0A5-A4C32391AAA0", BOTH),
    ("id", "00000000-0000-0000-0000-000000000000", BOTH),
    ("actor", {"openid": "https://ann.example.org/"}, BOTH),
    ("actor", {"mbox_sha1sum": "EBD31E95054C018B10727ccffd2ef2ec3a016ee9"}, BOTH),
    ("actor", {"account": {"homePage": "https://example.org", "name": "Ünïcode 名"}}, BOTH),
    ("actor", {"mbox": "mailto:a.b+c@sub.example.org", "name": ""}, BOTH),
    ("verb id", "urn:verb", BOTH),
    ("verb id", "tag:adlnet.gov,2013:expapi:0.9", BOTH),
    ("verb display", {}, BOTH),
    ("object id", "course-v1:FUN-MOOC+00002+session01", BOTH),
    ("object id", "http://example.com/فعل/خواندن", BOTH),
    ("object id", "https://example.org/a?b=c%20d#e", BOTH),
    ("object definition", {}, BOTH),
    ("object definition name", {"en-GB-oed": "x", "x-klingon": "y", "i-klingon": "z", "sl-rozaj-biske": "w"}, BOTH),
    ("object definition description", {"de-CH-1996": "x", "en-a-bbb-x-a-ccc": "y", "es-419": "z", "und": ""}, BOTH),
    ("object definition extensions", {}, BOTH),
    ("object definition interactionType", "true-false", BOTH),
    ("object definition", {"interactionType": "other", "correctResponsesPattern": ["(35.9,-86.5)"]}, BOTH),
    ("result", {}, BOTH),
    ("result response", "", BOTH),
    ("result score", {"scaled": -1.0000}, BOTH),
    ("result score", {"scaled": 1}, BOTH),
    ("result score", {"raw": 5, "min": 5, "max": 5.5}, BOTH),
    ("result score", {"raw": 1e308}, BOTH),
    ("result extensions", {"https://example.org/x": 10**300}, BOTH),
    ("result extensions", {"urn:x": ""}, BOTH),
    ("result duration", "P4W", BOTH),
    ("result duration", "P3Y1M29DT4H35M59.14S", BOTH),
    ("result duration", "PT0.12567S", BOTH),
    ("result duration", "PT0S", BOTH),
    ("result duration", "P0,5Y", BOTH),
    ("context registration", "EC531277-B57B-4C15-8D91-D292C5B2B8F7", BOTH),
    ("context instructor", GROUP, BOTH),
    ("context team", GROUP, BOTH),
    ("context contextActivities", {}, BOTH),
    ("context contextActivities other", {"id": "urn:x", "objectType": "Activity"}, BOTH),
    ("context language", "tlh", BOTH),
    ("context contextAgents", [{"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["urn:role"]}], ONLY_2),
    ("context contextAgents", [{"objectType": "contextAgent", "agent": AGENT}], ONLY_2),
    ("context contextGroups", [{"objectType": "contextGroup", "group": GROUP, "relevantTypes": ["urn:role"]}], ONLY_2),
    ("context contextGroups", [], ONLY_2),
    ("timestamp", "2024-02-29T00:00:00+14:00", BOTH),
    ("timestamp", "2016-12-31T23:59:60Z", BOTH),
    ("timestamp", "2999-01-01T00:00:00.123456789Z", BOTH),
    ("timestamp", "2008-09-15T15:53:00.601+00:00", BOTH),
    ("timestamp", "2008-09-15T15:53:00", ONLY_1),
    ("timestamp", "2008-09-15T15:53Z", ONLY_1),
    ("timestamp", "20080915T155300Z", ONLY_1),
    ("timestamp", "20080915T155300.601+0530", ONLY_1),
    ("timestamp", "2008-09-15T15:53:00-05", ONLY_1),
    ("timestamp", "2008-09-15T15:53:00,5Z", ONLY_1),
    ("version", "1.0", BOTH),
    ("version", "1.0.9", BOTH),
    ("version", "2.0.0", ONLY_2),
    ("attachments", [], BOTH),
    ("attachments",
     [{"usageType": "urn:u", "display": {}, "contentType": "image/png", "length": 0, "sha2": "A" * 128}], BOTH),
]  # fmt: skip


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("statement", WHOLE.values(), ids=WHOLE)
def test_a_valid_statement_is_accepted_and_its_text_kept(statement: Json, version: Version) -> None:
    sent = text(statement)
    batch = parse(sent, version)
    assert not batch.many
    assert [incoming.raw for incoming in batch.statements] == [sent]


@pytest.mark.parametrize(
    ("path", "value", "accepting"), VALUES, ids=[f"{path}={value!s:.30}" for path, value, _ in VALUES]
)
@pytest.mark.parametrize("version", Version)
def test_a_valid_value_is_accepted(path: str, value: Any, accepting: tuple[Version, ...], version: Version) -> None:
    sent = text(edited(SMALLEST, path, value))
    if version in accepting:
        assert parse(sent, version).statements[0].raw == sent
    else:
        with pytest.raises(StatementInvalid):
            parse(sent, version)


def test_what_a_reader_of_the_batch_needs_is_there() -> None:
    [incoming] = parse(text({**VOIDING, "id": OTHER_ID.upper()}), Version.V1_0_3).statements
    assert incoming.id == OTHER_ID.lower()
    assert incoming.verb_id == "http://adlnet.gov/expapi/verbs/voided"
    assert incoming.voids == VOIDING["object"]["id"].lower()
    assert incoming.actor_key == "mailto:ann@example.org"


def test_a_batch_of_one_is_told_from_a_single_statement() -> None:
    assert parse(text([SMALLEST]), Version.V1_0_3).many
    assert parse(b" \r\n[ ]\n", Version.V1_0_3) == parse(b"[]", Version.V1_0_3)


def test_each_statement_of_a_batch_keeps_its_own_text() -> None:
    texts = [text(statement) for statement in WHOLE.values() if "id" not in statement]
    batch = parse(b"[ " + b" , \n ".join(texts) + b"\t]", Version.V2_0_0)
    assert [incoming.raw for incoming in batch.statements] == texts


def test_line_breaks_between_tokens_become_spaces_and_nothing_else_changes() -> None:
    sent = text(SMALLEST).replace(b", ", b",\r\n\t").replace(b'"mbox"', b'"name": "a\\n\\tb", "mbox"')
    [incoming] = parse(b"\n" + sent + b"\n", Version.V1_0_3).statements
    assert incoming.raw == sent.replace(b"\r\n\t", b"   ")
