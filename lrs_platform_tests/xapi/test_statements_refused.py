"""Every statement that the standard forbids is refused, and the error names the property, the rule and the section."""

from __future__ import annotations

from typing import Any

import pytest

from lrs_platform.xapi.errors import SHOWN, StatementInvalid
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version
from lrs_platform_tests.xapi.examples import (
    ABOUT_AGENT,
    AGENT,
    FULL,
    GROUP,
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

ATTACHMENT = FULL["attachments"][0]
ACCOUNT = {"homePage": "https://example.org", "name": "x"}

# path in a statement, values that must not stand there
WRONG_VALUES: list[tuple[Json, str, list[Any]]] = [
    (SMALLEST, "id", [
        1, "", STATEMENT_ID + "0", STATEMENT_ID.replace("-", ""), "{" + STATEMENT_ID + "}", "g" + STATEMENT_ID[1:],
        STATEMENT_ID + "\n",
    ]),
    (SMALLEST, "timestamp", [
        "", "should fail", "01/011/2015", "2008-09-15", "15:53:00Z", "2008-09-15 15:53:00Z", "2008-09-15T25:00:00Z",
        "2023-02-29T00:00:00Z", "2008-13-01T00:00:00Z", "2008-00-10T00:00:00Z", "2008-09-00T00:00:00Z",
        "2008-09-15T15:60:00Z", "2008-09-15T15:53:61Z", "2008-09-15T15:53:00.Z", "2008-09-15T15:53:00.601-00:00",
        "2008-09-15T15:53:00.601-00", "2008-09-15T15:53:00.601-0000", "2008-09-15T15:53:00+25:00",
        "2008-09-15T15:53:00+05:60", "2008-09-15T15:53:00Z+05:00", "2008-09-15T15:53:00Z\n", "٢٠٠٨-09-15T15:53:00Z",
        "2008-W38-1T15:53:00Z", "2008-09-15T24:00:00Z", "2008-09-15T15:53:00.1-2Z", "0000-01-01T00:00:00Z", 1221493980,
    ]),
    (SMALLEST, "actor mbox", [
        "ann@example.org", "mailto:", "mailto:ann", "mailto:ann@", "mailto:@example.org", "http://example.org/a@b",
        "mailto:a b@example.org", "mailto:a@example.org,b@example.org", "mailto:a@b@example.org",
        "mailto:a@b?subject=c", "mailto:a@b\n", 1,
    ]),
    (edited(SMALLEST, "actor", {}), "actor mbox_sha1sum", ["", "a" * 39, "g" * 40, "a" * 41, {}]),
    (edited(SMALLEST, "actor", {}), "actor openid", ["", "ann.example.org", "ab=c://x", 3]),
    (SMALLEST, "verb id", [
        "", "adlnet.gov/expapi/verbs/completed", "//adlnet.gov", "http:", "1http://x", "http://a b", "http://a\tb",
        "http://a<b", 'http://a"b', "http://a|b", "http://a%2", "http://a\\b", "http://a#b#c", "http://a\n", " http://a",
        None,
    ]),
    (SMALLEST, "result duration", [
        "", "P", "PT", "P1", "P1YT", "PA1H0M0S", "P4W1D", "1H", "PT1H30", "P1S", "PT1S1M", "-PT1S", "PT-1S", "PT.5S",
        "P0003-06-04T12:30:05", "PT1.5H3M", "P1.5Y2M", "PT1S ", "pt1s", 30,
    ]),
    (SMALLEST, "context language", ["", "something", "en_US", None]),
    (FULL, "attachments 0 usageType", ["certificate", LEFT_OUT]),
    (FULL, "attachments 0 display", ["x", LEFT_OUT]),
    (FULL, "attachments 0 description", [5, None]),
    (FULL, "attachments 0 contentType", ["text", "a b/c", "text/plain\n", 5, LEFT_OUT]),
    (FULL, "attachments 0 length", ["27", -1, 2.5, True, 10**400, LEFT_OUT]),
    (FULL, "attachments 0 sha2", ["x" * 64, "a" * 63, 5, LEFT_OUT]),
    (FULL, "attachments 0 fileUrl", ["c.txt"]),
    (FULL, "attachments 0 size", [27]),
]  # fmt: skip
WRONG_LANGUAGES = [
    "", "x", "a12345", "something", "abcdefghi", "en_US", "en-", "en us", "zh-z-aaa-z-bbb-c-ccc", "de-1996-1996",
]  # fmt: skip

# statement, path, value, property named by the error ("" for the path itself)
CASES: list[tuple[Json, str, Any, str]] = [
    *((statement, path, value, "") for statement, path, values in WRONG_VALUES for value in values),
    # properties of a statement (Data 2.2, 2.4)
    (SMALLEST, "actor", LEFT_OUT, ""),
    (SMALLEST, "verb", LEFT_OUT, ""),
    (SMALLEST, "object", LEFT_OUT, ""),
    (SMALLEST, "actor", None, ""),
    (SMALLEST, "result", None, ""),
    (SMALLEST, "Actor", AGENT, ""),
    (SMALLEST, "iD", STATEMENT_ID, ""),
    (SMALLEST, "extensions", {}, ""),
    (SMALLEST, "version", "", ""),
    (SMALLEST, "version", "1.1.0", ""),
    (SMALLEST, "version", "0.9.9", ""),
    (SMALLEST, "version", "1.0.x", ""),
    (SMALLEST, "stored", "yesterday", ""),
    # who (Data 2.4.2)
    (SMALLEST, "actor", {}, "actor"),
    (SMALLEST, "actor", "ann", "actor"),
    (SMALLEST, "actor", [AGENT], "actor"),
    (SMALLEST, "actor", {"name": "Ann"}, "actor"),
    (SMALLEST, "actor", {**AGENT, "openid": "https://ann.example.org"}, "actor"),
    (SMALLEST, "actor", {**AGENT, "account": ACCOUNT}, "actor"),
    (SMALLEST, "actor", {"openid": "urn:x", "mbox_sha1sum": "a" * 40}, "actor"),
    (SMALLEST, "actor", {**AGENT, "member": []}, "actor.member"),
    (SMALLEST, "actor objectType", "agent", ""),
    (SMALLEST, "actor objectType", "Activity", ""),
    (SMALLEST, "actor objectType", None, ""),
    (SMALLEST, "actor name", 5, ""),
    (SMALLEST, "actor email", "x", ""),
    (SMALLEST, "actor", {"account": {}}, "actor.account.homePage"),
    (SMALLEST, "actor", {"account": {"homePage": "https://example.org"}}, "actor.account.name"),
    (SMALLEST, "actor", {"account": {"name": "x"}}, "actor.account.homePage"),
    (SMALLEST, "actor", {"account": {**ACCOUNT, "homePage": "example.org"}}, "actor.account.homePage"),
    (SMALLEST, "actor", {"account": {**ACCOUNT, "name": 1}}, "actor.account.name"),
    (SMALLEST, "actor", {"account": {**ACCOUNT, "id": "x"}}, "actor.account.id"),
    (SMALLEST, "actor", {"objectType": "Group"}, "actor.member"),
    (SMALLEST, "actor", {"objectType": "Group", "member": []}, "actor.member"),
    (SMALLEST, "actor", {"objectType": "Group", "member": AGENT}, "actor.member"),
    (SMALLEST, "actor", {"objectType": "Group", "member": [AGENT, {"name": "x"}]}, "actor.member[1]"),
    (SMALLEST, "actor", {"objectType": "Group", "member": [GROUP]}, "actor.member[0].objectType"),
    (SMALLEST, "actor", {"objectType": "Group", "member": [{**AGENT, "member": []}]}, "actor.member[0].member"),
    (SMALLEST, "actor", {**GROUP, **AGENT, "openid": "urn:x"}, "actor"),
    (SMALLEST, "authority", {"objectType": "Group", **AGENT}, "authority"),
    (SMALLEST, "authority", {"objectType": "Group", "member": [AGENT]}, "authority"),
    (SMALLEST, "authority", {"objectType": "Group", "member": [AGENT] * 3}, "authority"),
    (SMALLEST, "authority", {"name": "x"}, "authority"),
    # verb (Data 2.4.3)
    (SMALLEST, "verb", {}, "verb.id"),
    (SMALLEST, "verb", "completed", "verb"),
    (SMALLEST, "verb display", "completed", ""),
    (SMALLEST, "verb display", {"en": 1}, "verb.display.en"),
    (SMALLEST, "verb display", {"en": None}, "verb.display.en"),
    (SMALLEST, "verb display", {"en": "x", "de": ["y"]}, "verb.display.de"),
    (SMALLEST, "verb name", "x", ""),
    # object (Data 2.4.4)
    (SMALLEST, "object", {}, "object.id"),
    (SMALLEST, "object", [], "object"),
    (SMALLEST, "object objectType", "activity", ""),
    (SMALLEST, "object objectType", "Verb", ""),
    (SMALLEST, "object objectType", 7, ""),
    (SMALLEST, "object id", "lesson/1", ""),
    (SMALLEST, "object definition", "x", ""),
    (SMALLEST, "object definition name", {"bad tag": "x"}, 'object.definition.name["bad tag"]'),
    (SMALLEST, "object definition type", "lesson", ""),
    (SMALLEST, "object definition moreInfo", "www.example.org", ""),
    (SMALLEST, "object definition extensions", {"x": 1}, "object.definition.extensions.x"),
    (SMALLEST, "object definition extensions", [], ""),
    (SMALLEST, "object definition extensions", None, ""),
    (SMALLEST, "object definition Name", {}, ""),
    (SMALLEST, "object definition interactionType", "Choice", ""),
    (SMALLEST, "object definition interactionType", "essay", ""),
    (SMALLEST, "object definition correctResponsesPattern", ["a"], "object.definition.interactionType"),
    (SMALLEST, "object definition steps", [{"id": "a"}], "object.definition.interactionType"),
    (SMALLEST, "object definition", {"interactionType": "likert", "choices": []}, "object.definition.choices"),
    (SMALLEST, "object definition", {"interactionType": "choice", "scale": []}, "object.definition.scale"),
    (SMALLEST, "object definition", {"interactionType": "choice", "target": []}, "object.definition.target"),
    (SMALLEST, "object definition", {"interactionType": "numeric", "correctResponsesPattern": "1"},
     "object.definition.correctResponsesPattern"),
    (SMALLEST, "object definition", {"interactionType": "numeric", "correctResponsesPattern": [1]},
     "object.definition.correctResponsesPattern[0]"),
    (FULL, "object definition choices", [{"id": "a"}, {"id": "a"}], "object.definition.choices[1].id"),
    (FULL, "object definition choices", [{"description": {}}], "object.definition.choices[0].id"),
    (FULL, "object definition choices", [{"id": "a", "description": {"e": "x"}}],
     "object.definition.choices[0].description.e"),
    (FULL, "object definition choices", [{"id": 1}], "object.definition.choices[0].id"),
    (ABOUT_AGENT, "object objectType", LEFT_OUT, "object.mbox"),
    (ABOUT_AGENT, "object mbox", "x", ""),
    (ABOUT_AGENT, "object definition", {}, ""),
    (ABOUT_AGENT, "context platform", "phone", ""),
    (ABOUT_AGENT, "context revision", "1", ""),
    (SMALLEST, "object", {"objectType": "Group"}, "object.member"),
    (VOIDING, "object id", LEFT_OUT, ""),
    (VOIDING, "object id", "https://example.org", ""),
    (VOIDING, "object definition", {}, ""),
    (VOIDING, "object objectType", LEFT_OUT, "object.id"),
    (VOIDING, "object objectType", "statementRef", ""),
    (VOIDING, "object", {"id": "https://example.org/x"}, "object.objectType"),
    (VOIDING, "object", {**AGENT, "objectType": "Agent"}, "object.objectType"),
    # SubStatements (Data 2.4.4.3)
    (SUBSTATEMENT, "object id", STATEMENT_ID, ""),
    (SUBSTATEMENT, "object stored", "2024-02-29T12:00:01Z", ""),
    (SUBSTATEMENT, "object version", "1.0.0", ""),
    (SUBSTATEMENT, "object authority", AGENT, ""),
    (SUBSTATEMENT, "object actor", LEFT_OUT, ""),
    (SUBSTATEMENT, "object verb", LEFT_OUT, ""),
    (SUBSTATEMENT, "object object", LEFT_OUT, ""),
    (SUBSTATEMENT, "object object", "museum", ""),
    (SUBSTATEMENT, "object object", None, ""),
    (SUBSTATEMENT, "object object", SUBSTATEMENT["object"], "object.object.objectType"),
    (SUBSTATEMENT, "object object id", "museum", ""),
    (SUBSTATEMENT, "object verb id", "visit", ""),
    (SUBSTATEMENT, "object actor mbox", "x", ""),
    (SUBSTATEMENT, "object timestamp", "soon", ""),
    (SUBSTATEMENT, "object context registration", "x", ""),
    (SUBSTATEMENT, "object result duration", "1h", ""),
    (SUBSTATEMENT, "object object", {"objectType": "StatementRef", "id": OTHER_ID}, "object.context.platform"),
    (SUBSTATEMENT, "object attachments 0 sha2", "x", "object.attachments[0].sha2"),
    # result (Data 2.4.5)
    (SMALLEST, "result score", 5, ""),
    (SMALLEST, "result score scaled", "0.5", ""),
    (SMALLEST, "result score scaled", True, ""),
    (SMALLEST, "result score scaled", 1.01, ""),
    (SMALLEST, "result score scaled", -1.00001, ""),
    (SMALLEST, "result score", {"raw": 11, "max": 10}, "result.score.raw"),
    (SMALLEST, "result score", {"raw": -1, "min": 0}, "result.score.raw"),
    (SMALLEST, "result score", {"min": 2, "max": 1}, "result.score.min"),
    (SMALLEST, "result score", {"min": 1, "max": 1}, "result.score.min"),
    (SMALLEST, "result score points", 1, ""),
    (SMALLEST, "result success", "true", ""),
    (SMALLEST, "result success", 1, ""),
    (SMALLEST, "result completion", None, ""),
    (SMALLEST, "result response", 5, ""),
    (SMALLEST, "result extensions", {"not an iri": 1}, 'result.extensions["not an iri"]'),
    # context (Data 2.4.6)
    (SMALLEST, "context registration", "ec531277", ""),
    (SMALLEST, "context registration", {}, ""),
    (SMALLEST, "context instructor", {"name": "x"}, ""),
    (SMALLEST, "context instructor", {"mbox": "x"}, "context.instructor.mbox"),
    (SMALLEST, "context team", AGENT, "context.team.objectType"),
    (SMALLEST, "context team", {**AGENT, "objectType": "Agent"}, "context.team.objectType"),
    (SMALLEST, "context team", {"objectType": "Group"}, "context.team.member"),
    (SMALLEST, "context contextActivities", [], ""),
    (SMALLEST, "context contextActivities consequences", [], ""),
    (SMALLEST, "context contextActivities parent", "urn:x", ""),
    (SMALLEST, "context contextActivities parent", [{"id": "x"}], "context.contextActivities.parent[0].id"),
    (SMALLEST, "context contextActivities category", {"id": "x"}, "context.contextActivities.category.id"),
    (SMALLEST, "context contextActivities other", [{"id": "urn:x"}, {"id": "urn:y", "definition": {"type": "z"}}],
     "context.contextActivities.other[1].definition.type"),
    (SMALLEST, "context contextActivities grouping", [{"id": "urn:x", "objectType": "Agent"}],
     "context.contextActivities.grouping[0].objectType"),
    (SMALLEST, "context revision", 1, ""),
    (SMALLEST, "context platform", {}, ""),
    (SMALLEST, "context statement", {"id": OTHER_ID}, "context.statement.objectType"),
    (SMALLEST, "context statement", {"objectType": "StatementRef", "id": "x"}, "context.statement.id"),
    (SMALLEST, "context extensions", {"example.org/x": 1}, 'context.extensions["example.org/x"]'),
    (SMALLEST, "context contextAgent", [], ""),
    # attachments (Data 2.4.11)
    (SMALLEST, "attachments", ATTACHMENT, ""),
    (SMALLEST, "attachments", [5], "attachments[0]"),
    (FULL, "attachments 0 display", {"en-": "x"}, 'attachments[0].display["en-"]'),
]  # fmt: skip

ONLY_IN_2: list[tuple[str, Any, str]] = [
    ("context contextAgents", [AGENT], "context.contextAgents[0].mbox"),
    ("context contextAgents", [{"objectType": "Agent", "agent": AGENT}], "context.contextAgents[0].objectType"),
    ("context contextAgents", [{"agent": AGENT}], "context.contextAgents[0].objectType"),
    ("context contextAgents", [{"objectType": "contextAgent"}], "context.contextAgents[0].agent"),
    ("context contextAgents", [{"objectType": "contextAgent", "agent": {}}], "context.contextAgents[0].agent"),
    ("context contextAgents", [{"objectType": "contextAgent", "agent": AGENT, "relevantTypes": []}],
     "context.contextAgents[0].relevantTypes"),
    ("context contextAgents", [{"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["urn:x", "y"]}],
     "context.contextAgents[0].relevantTypes[1]"),
    ("context contextGroups", [{"objectType": "contextGroup", "group": AGENT}],
     "context.contextGroups[0].group.objectType"),
    ("context contextGroups", [{"objectType": "contextGroup", "group": {"objectType": "Group"}}],
     "context.contextGroups[0].group.member"),
    ("context contextGroups", [{"objectType": "contextAgent", "group": GROUP}], "context.contextGroups[0].objectType"),
]  # fmt: skip


def named(path: str) -> str:
    """The property that an error names for the path of an edit."""
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path.split()).removeprefix(".")


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(
    ("statement", "path", "value", "expected"), CASES, ids=[f"{path}={value!s:.30}" for _, path, value, _ in CASES]
)
def test_an_invalid_statement_is_refused_by_name(
    statement: Json, path: str, value: Any, expected: str, version: Version
) -> None:
    with pytest.raises(StatementInvalid) as refused:
        parse(text(edited(statement, path, value)), version)
    assert refused.value.property == (expected or named(path))
    assert refused.value.index is None
    assert refused.value.rule.endswith(".")
    assert refused.value.section.startswith("Data " if version is Version.V1_0_3 else "4.2.")


@pytest.mark.parametrize(("path", "value", "expected"), ONLY_IN_2)
def test_context_agents_and_groups_are_checked_in_2_and_unknown_in_1(path: str, value: Any, expected: str) -> None:
    sent = text(edited(SMALLEST, path, value))
    with pytest.raises(StatementInvalid) as refused:
        parse(sent, Version.V2_0_0)
    assert refused.value.property == expected
    with pytest.raises(StatementInvalid) as refused:
        parse(sent, Version.V1_0_3)
    assert refused.value.property == named(path)


@pytest.mark.parametrize("tag", WRONG_LANGUAGES)
@pytest.mark.parametrize("path", ["verb display", "object definition name", "object definition description"])
def test_a_language_map_has_language_tags_for_keys(path: str, tag: str) -> None:
    with pytest.raises(StatementInvalid) as refused:
        parse(text(edited(SMALLEST, path, {"en": "x", tag: "y"})), Version.V1_0_3)
    assert refused.value.property.startswith(named(path))
    assert refused.value.value == tag


def test_the_error_tells_statement_property_rule_value_and_section() -> None:
    with pytest.raises(StatementInvalid) as refused:
        parse(text([SMALLEST, edited(SMALLEST, "actor account", {"homePage": "x" * 200, "name": ""})]), Version.V1_0_3)
    error = refused.value
    assert (error.index, error.property) == (1, "actor.account.homePage")
    assert "scheme" in error.rule
    assert error.value is not None
    assert len(error.value) == SHOWN
    assert error.section == "Data 2.4.2.4"
    assert all(part in str(error) for part in ("statement 1", error.property, error.rule, error.value, error.section))


@pytest.mark.parametrize(
    ("path", "value", "in_1", "in_2"),
    [
        ("verb id", "x", "Data 2.4.3", "4.2.2.2"),
        ("object definition type", "x", "Data 2.4.4.1", "4.2.2.3"),
        ("result score scaled", 2, "Data 2.4.5.1", "4.2.2.4"),
        ("context contextActivities parent", [{"id": "x"}], "Data 2.4.6.2", "4.2.2.5"),
        ("id", "x", "Data 2.4.1", "4.2.4.2"),
        ("timestamp", "x", "Data 2.4.7", "4.2.4.2"),
        ("colour", "x", "Data 2.2", "4.2.4.1"),
    ],
)
def test_the_section_is_that_of_the_property_in_the_version_spoken(path: str, value: Any, in_1: str, in_2: str) -> None:
    for version, section in ((Version.V1_0_3, in_1), (Version.V2_0_0, in_2)):
        with pytest.raises(StatementInvalid) as refused:
            parse(text(edited(SMALLEST, path, value)), version)
        assert refused.value.section == section


def test_two_statements_with_one_id_are_refused_whatever_their_case() -> None:
    with pytest.raises(StatementInvalid) as refused:
        parse(
            text([{**SMALLEST, "id": STATEMENT_ID}, SMALLEST, {**SMALLEST, "id": STATEMENT_ID.upper()}]), Version.V1_0_3
        )
    assert (refused.value.index, refused.value.property) == (2, "id")


def test_a_statement_found_good_once_does_not_make_its_neighbour_good() -> None:
    good = text(FULL)
    for _ in range(2):
        parse(good, Version.V1_0_3)
        with pytest.raises(StatementInvalid):
            parse(text(edited(FULL, "object id", "lesson/1")), Version.V1_0_3)
