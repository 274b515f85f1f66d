"""Any valid statement is accepted with its text; with one thing spoilt it is refused by the name of that thing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version
from lrs_platform_tests.xapi.examples import LEFT_OUT, Json, edited, text

# No limit of time: a slow machine is no reason to fail.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)

# Text as JSON can carry it and a database can keep it: no surrogates, no NUL.
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
iris = st.builds(
    "{}:{}".format,
    st.sampled_from(["https", "urn", "tag", "x-y+z.1"]),
    st.from_regex(r"[\w/?&=.;@+-]{1,20}", fullmatch=True),
)
tags = st.sampled_from(["en", "en-US", "zh-Hans-CN", "de-CH-1996", "x-mine", "i-klingon"])
language_maps = st.dictionaries(tags, words, max_size=3)
hexadecimal = st.text("0123456789abcdefABCDEF", min_size=40, max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
extensions = st.dictionaries(iris, values, max_size=3)
timestamps = st.builds(
    "{}{}".format,
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.sampled_from(["Z", "+00:00", "-11:30", "+14:00"]),
)


def objects(required: Json, optional: Json) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(required, optional=optional)


identities = st.one_of(
    st.fixed_dictionaries({"mbox": st.from_regex(r"mailto:[a-zA-Z.+]{1,8}@[a-zA-Z]{1,8}\.org", fullmatch=True)}),
    st.fixed_dictionaries({"mbox_sha1sum": hexadecimal}),
    st.fixed_dictionaries({"openid": iris}),
    st.fixed_dictionaries({"account": st.fixed_dictionaries({"homePage": iris, "name": words})}),
)
agents = st.builds(
    lambda who, more: {**more, **who}, identities, objects({}, {"objectType": st.just("Agent"), "name": words})
)
groups = st.builds(
    lambda who, more: {**more, **who, "objectType": "Group"},
    identities | st.just({}),
    objects({"member": st.lists(agents, min_size=1, max_size=3)}, {"name": words}),
)
components = st.lists(
    objects({"id": words}, {"description": language_maps}), max_size=3, unique_by=lambda one: one["id"]
)
definitions = st.one_of(
    objects({}, {"name": language_maps, "description": language_maps, "type": iris, "moreInfo": iris,
                 "extensions": extensions}),
    objects({"interactionType": st.just("matching")}, {"source": components, "target": components}),
    objects({"interactionType": st.sampled_from(["choice", "sequencing"])},
            {"choices": components, "correctResponsesPattern": st.lists(words, max_size=2)}),
)  # fmt: skip
activities = objects({"id": iris}, {"objectType": st.just("Activity"), "definition": definitions})
references = objects({"objectType": st.just("StatementRef"), "id": st.uuids().map(str)}, {})
verbs = objects({"id": iris}, {"display": language_maps})
results = objects({}, {
    "score": objects({}, {"scaled": st.floats(-1, 1), "raw": st.integers()}),
    "success": st.booleans(),
    "completion": st.booleans(),
    "response": words,
    "duration": st.from_regex(r"P([1-9]{1,3}W|[0-9]{1,3}DT[0-9]{1,3}M[0-9]{1,2}(\.[0-9]{1,3})?S)", fullmatch=True),
    "extensions": extensions,
})  # fmt: skip
contexts = objects({}, {
    "registration": st.uuids().map(str),
    "instructor": agents | groups,
    "team": groups,
    "contextActivities": st.dictionaries(st.sampled_from(["parent", "grouping", "category", "other"]),
                                         activities | st.lists(activities, max_size=2), max_size=2),
    "language": tags,
    "statement": references,
    "extensions": extensions,
})  # fmt: skip
events = {"actor": agents | groups, "verb": verbs}
more = {"result": results, "context": contexts, "timestamp": timestamps}
plain_objects = st.one_of(activities, references, groups, agents.map(lambda agent: {**agent, "objectType": "Agent"}))
substatements = objects({**events, "objectType": st.just("SubStatement"), "object": plain_objects}, more)
statements = objects({**events, "object": plain_objects | substatements}, {**more, "id": st.uuids().map(str)})


@given(
    st.lists(statements, min_size=1, max_size=3, unique_by=lambda one: one.get("id", id(one))), st.sampled_from(Version)
)
def test_any_valid_statement_is_accepted_with_its_text(sent: list[Json], version: Version) -> None:
    texts = [text(one) for one in sent]
    batch = parse(b"[" + b",".join(texts) + b"]", version)
    assert [incoming.raw for incoming in batch.statements] == texts


# What is changed, to what; the property and a word of the rule that the refusal names.
SPOILT: list[tuple[str, Any, str, str]] = [
    ("actor", LEFT_OUT, "actor", "required"),
    ("verb", None, "verb", "null"),
    ("verb id", "completed", "verb.id", "IRI"),
    ("verb display", {"not a tag": "x"}, 'verb.display["not a tag"]', "language tag"),
    ("object id", "lesson", "object.id", "IRI"),
    ("object definition", {"colour": "red"}, "object.definition.colour", "no such property"),
    ("id", "1", "id", "UUID"),
    ("timestamp", "2024-02-30T00:00:00Z", "timestamp", "timestamp"),
    ("result duration", "1 h", "result.duration", "duration"),
    ("result score", {"scaled": 7}, "result.score.scaled", "<= 1"),
    ("result success", "yes", "result.success", "true or false"),
    ("context language", None, "context.language", "null"),
    ("context registration", "r1", "context.registration", "UUID"),
    ("context extensions", {"x": 1}, "context.extensions.x", "IRI"),
    ("context contextActivities", {"parents": []}, "context.contextActivities.parents", "no such property"),
    ("attachments", [{}], "attachments[0].usageType", "required"),
    ("remark", "x", "remark", "no such property"),
]


@steady
@given(
    objects({**events, "object": activities}, more),
    st.sampled_from(SPOILT),
    st.integers(0, 2),
    st.sampled_from(Version),
)
def test_one_thing_spoilt_is_refused_by_its_name_and_rule(
    good: Json, spoilt: tuple[str, Any, str, str], index: int, version: Version
) -> None:
    path, value, expected, rule = spoilt
    batch = [good, good, good]
    batch[index] = edited(good, path, value)
    with pytest.raises(StatementInvalid) as refused:
        parse(text(batch), version)
    assert (refused.value.index, refused.value.property) == (index, expected)
    assert rule in refused.value.rule
