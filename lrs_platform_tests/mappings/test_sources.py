"""What becomes of statements as each kind of source sends them; their shapes are those that its profile publishes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from lrs_platform.mappings.composing import compose
from lrs_platform_tests.mappings.sandboxed import chosen, lines_of, mapped, run

ADL = "http://adlnet.gov/expapi/verbs/"
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "fun-mooc-video-22k.jsonl.gz"

# 7taps: PUT one by one, a bare course address, the learner's mail; cards below the address of their course.
SEVENTAPS_COURSE = {
    "actor": {"objectType": "Agent", "name": "Ana Lima", "mbox": "mailto:ana.lima@example.com"},
    "verb": {"id": f"{ADL}launched", "display": {"en-US": "launched"}},
    "object": {"objectType": "Activity", "id": "https://7taps.com/working-safely/?utm_source=mail#start"},
    "result": {},
}
SEVENTAPS_CARD = {
    **SEVENTAPS_COURSE,
    "verb": {"id": f"{ADL}answered"},
    "object": {"id": "https://app.7taps.com/working-safely/card/3"},
    "result": {"success": True, "response": "b", "duration": "PT7.5S"},
}

# cmi5 (AICC), section 9: the category says that a statement is a defined one, the session which launch it belongs to.
CMI5_CONTEXT = {
    "registration": "b53ff6fd-1c93-4b97-bf12-22b2b2f5c6f2",
    "contextActivities": {
        "category": [
            {"id": "https://w3id.org/xapi/cmi5/context/categories/moveon"},
            {"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"},
        ],
        "grouping": [{"id": "https://publisher.example.com/units/fire-drill"}],
    },
    "extensions": {"https://w3id.org/xapi/cmi5/context/extensions/sessionid": "s-4711"},
}
CMI5_UNIT = {
    "actor": {"account": {"homePage": "https://lms.example.com", "name": "u-17"}},
    "object": {"id": "https://lms.example.com/xapi/activities/7c1f2f90"},
    "context": CMI5_CONTEXT,
}
CMI5_PASSED = {
    **CMI5_UNIT,
    "verb": {"id": f"{ADL}passed"},
    "result": {"score": {"scaled": 0.9}, "duration": "PT1H2M3S"},
}
CMI5_ALLOWED = {
    **CMI5_UNIT,
    "verb": {"id": f"{ADL}answered"},
    "object": {"id": "https://publisher.example.com/units/fire-drill/q1"},
    "context": {"extensions": CMI5_CONTEXT["extensions"]},
}

# xAPI Video Profile 1.0.
VIDEO_EXTENSIONS = "https://w3id.org/xapi/video/extensions/"
VIDEO_PAUSED = {
    "verb": {"id": "https://w3id.org/xapi/video/verbs/paused"},
    "object": {"id": "https://media.example.com/intro", "definition": {"name": {"de": "Einleitung"}}},
    "context": {
        "contextActivities": {"category": [{"id": "https://w3id.org/xapi/video"}]},
        "extensions": {f"{VIDEO_EXTENSIONS}session-id": "v-1", f"{VIDEO_EXTENSIONS}length": 100},
    },
    "result": {
        "extensions": {
            f"{VIDEO_EXTENSIONS}time": 60.0,
            f"{VIDEO_EXTENSIONS}played-segments": "10[.]30[,]0[.]20[,]50[.]60",
        }
    },
}

# Open edX, as event-routing-backends makes statements.
OPENEDX_BLOCK = "https://lms.example.org/xblock/block-v1:Uni+Bio+2026+type@problem+block@3fc5461f86"
OPENEDX_COURSE = "https://lms.example.org/course/course-v1:Uni+Bio+2026"
OPENEDX_CONTEXT = {
    "extensions": {
        "https://w3id.org/xapi/openedx/extension/transformer-version": "event-routing-backends@9.0.0",
        "https://w3id.org/xapi/openedx/extensions/session-id": "056aca2a1c6b",
    }
}
OPENEDX_ANSWER = {
    "actor": {"account": {"homePage": "https://lms.example.org", "name": "32e08e30"}},
    "verb": {"id": "https://w3id.org/xapi/acrossx/verbs/evaluated"},
    "object": {
        "id": OPENEDX_BLOCK,
        "definition": {"type": "http://adlnet.gov/expapi/activities/cmi.interaction", "interactionType": "choice"},
    },
    "result": {"score": {"min": 0, "max": 1, "raw": 0, "scaled": 0}, "success": False, "response": "a"},
    "context": OPENEDX_CONTEXT,
}
OPENEDX_PROGRESS = {
    **OPENEDX_ANSWER,
    "verb": {"id": f"{ADL}progressed"},
    "object": {"id": OPENEDX_BLOCK, "definition": {"type": "http://id.tincanapi.com/activitytype/resource"}},
    "result": {"completion": True, "extensions": {"https://w3id.org/xapi/cmi5/result/extensions/progress": 100.0}},
    "context": {**OPENEDX_CONTEXT, "contextActivities": {"parent": [{"id": OPENEDX_COURSE}]}},
}
OPENEDX_PASSED = {
    **OPENEDX_ANSWER,
    "verb": {"id": f"{ADL}passed"},
    "object": {"id": OPENEDX_COURSE, "definition": {"type": "http://adlnet.gov/expapi/activities/course"}},
    "result": {},
}

CASES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "7taps course", SEVENTAPS_COURSE, "seventaps",
        {"object_id": "https://7taps.com/working-safely", "parent_id": None, "actor_name": "Ana Lima",
         "actor_key": "mailto:ana.lima@example.com"},
    ),
    (
        "7taps card", SEVENTAPS_CARD, "seventaps",
        {"object_id": "https://app.7taps.com/working-safely/card/3", "success": True, "response": "b",
         "parent_id": "https://app.7taps.com/working-safely", "duration_seconds": 7.5},
    ),
    (
        "7taps by its platform", {"context": {"platform": "7taps"}}, "seventaps",
        {"platform": "7taps", "object_id": "https://7taps.example/safety-at-work"},
    ),
    (
        "cmi5 passed", CMI5_PASSED, "cmi5",
        {"session_id": "s-4711", "success": True, "completion": None, "score_scaled": 0.9, "duration_seconds": 3723.0,
         "activity_type": "http://adlnet.gov/expapi/activities/lesson", "actor_key": "https://lms.example.com|u-17",
         "grouping_id": "https://publisher.example.com/units/fire-drill",
         "registration": "b53ff6fd-1c93-4b97-bf12-22b2b2f5c6f2"},
    ),
    (
        "cmi5 failed", {**CMI5_PASSED, "verb": {"id": f"{ADL}failed"}}, "cmi5", {"success": False, "completion": None},
    ),
    (
        "cmi5 completed", {**CMI5_UNIT, "verb": {"id": f"{ADL}completed"}, "result": {}}, "cmi5",
        {"success": None, "completion": True},
    ),
    (
        "cmi5 waived", {**CMI5_UNIT, "verb": {"id": "https://w3id.org/xapi/adl/verbs/waived"}, "result": {}}, "cmi5",
        {"success": True, "completion": True},
    ),
    (
        "cmi5 allowed", CMI5_ALLOWED, "cmi5",
        {"session_id": "s-4711", "activity_type": None, "success": None, "completion": None},
    ),
    (
        "video with segments", VIDEO_PAUSED, "video",
        {"progress": 0.4, "session_id": "v-1", "object_name": "Einleitung",
         "activity_type": "https://w3id.org/xapi/video/activity-type/video"},
    ),
    (
        "video with progress",
        {**VIDEO_PAUSED, "result": {"extensions": {f"{VIDEO_EXTENSIONS}progress": 0.472}}}, "video",
        {"progress": 0.472},
    ),
    (
        "video by its verb alone",
        {"verb": {"id": "https://w3id.org/xapi/video/verbs/played"}, "object": {"id": "urn:film:1"}, "result": {}},
        "video", {"activity_type": "https://w3id.org/xapi/video/activity-type/video", "progress": None},
    ),
    (
        "Open edX answer", OPENEDX_ANSWER, "openedx",
        {"parent_id": OPENEDX_COURSE, "session_id": "056aca2a1c6b", "success": False, "score_max": 1},
    ),
    (
        "Open edX completion", OPENEDX_PROGRESS, "openedx",
        {"parent_id": OPENEDX_COURSE, "progress": 1.0, "completion": True},
    ),
    ("Open edX grade", OPENEDX_PASSED, "openedx", {"success": True, "object_id": OPENEDX_COURSE, "parent_id": None}),
    (
        "any other source",
        {"context": {"contextActivities": {"parent": {"id": "urn:a"}, "grouping": [{"id": "urn:b"}]}}},
        "canonical", {"parent_id": "urn:a", "grouping_id": "urn:b", "score_scaled": 0.5, "duration_seconds": 90.0},
    ),
    (
        "about a person", {"object": {"objectType": "Agent", "mbox": "mailto:b@example.com", "name": "B"}}, "canonical",
        {"object_type": "Agent", "object_id": "mailto:b@example.com", "object_name": "B", "activity_type": None},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "script", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_statements_of_each_source_become_its_events(
    sent: dict[str, Any], script: str, expected: dict[str, Any]
) -> None:
    assert chosen(sent) == [script]
    [event] = mapped(sent)
    assert {column: event.get(column) for column in expected} == expected


def test_one_that_cannot_be_mapped_is_told_and_its_neighbours_are_mapped() -> None:
    bad = {"actor": {"account": {"homePage": "https://x.example"}}}
    first, broken, last = mapped({}, bad, {})
    assert first["verb_id"] == last["verb_id"] == f"{ADL}completed"
    assert broken["error"].startswith("KeyError")


def test_names_fall_back_from_english_to_whatever_there_is() -> None:
    names: list[dict[str, str]] = [
        {"de": "Titel", "en": "Title"}, {"en-GB": "Colour", "en-US": "Color"}, {"pt": "Nome"}, {},
    ]  # fmt: skip
    made = mapped(*({"object": {"id": "urn:x", "definition": {"name": name}}} for name in names))
    assert [event["object_name"] for event in made] == ["Title", "Color", "Nome", None]


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("PT0S", 0.0), ("PT1H2M3.5S", 3723.5), ("P1DT1M", 86460.0), ("P2W", 1209600.0), ("PT0,5S", 0.5)],
)
def test_durations_become_seconds(duration: str, seconds: float) -> None:
    assert mapped({"result": {"duration": duration}})[0]["duration_seconds"] == seconds


@pytest.mark.skipif(not REAL.exists(), reason="needs the collection of real statements beside the project")
def test_real_statements_of_a_mooc_all_become_events_of_videos() -> None:
    with gzip.open(REAL, "rt", encoding="utf-8") as file:
        statements = [json.loads(line) for _, line in zip(range(500), file, strict=False)]
    made = [json.loads(line) for line in run(compose(None).text, lines_of(statements)).split("\n")]
    assert all(isinstance(event, list) for event in made)
    assert all(event[20] for event in made)  # the session
    assert any(event[21] for event in made)  # progress
