"""A cmi5 course by @xapi/cmi5, in a real browser, on another web origin than the LRS."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from lrs_platform_tests.browser.conftest import running_chromium
from lrs_platform_tests.clients.conftest import Course
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.gateway.conftest import Gateway

pytestmark = pytest.mark.browser

VERBS = "http://adlnet.gov/expapi/verbs/"
MET = ["initialized", "answered", "progressed", "passed", "completed", "terminated"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for this module."""
    with running_chromium() as chromium:
        yield chromium


def launch(platform: Platform, gateway: Gateway, course: Course) -> dict[str, Any]:
    """What an LMS does before it opens a course (cmi5 8.1, 10.0): LaunchData, preferences; the launch's parameters."""
    scene = str(uuid.uuid4())
    actor = {"objectType": "Agent", "account": {"homePage": "https://lms.example.com", "name": scene}}
    activity = f"https://example.com/units/{scene}"
    data = {
        "contextTemplate": {"extensions": {"https://w3id.org/xapi/cmi5/context/extensions/sessionid": scene}},
        "launchMode": "Normal",
        "masteryScore": 0.8,
        "moveOn": "CompletedAndPassed",
    }
    place = {"activityId": activity, "agent": json.dumps(actor), "registration": scene, "stateId": "LMS.LaunchData"}
    assert platform.client.put("/xAPI/activities/state", params=place, json=data).status_code == 204
    wishes = {"agent": json.dumps(actor), "profileId": "cmi5LearnerPreferences"}
    stored = platform.client.put(
        "/xAPI/agents/profile", params=wishes, json={"languagePreference": "en-US"}, headers={"If-None-Match": "*"}
    )
    assert stored.status_code == 204
    return {
        "endpoint": f"{gateway.url}/xAPI/",
        "fetch": f"{course.origin}/fetch",
        "actor": json.dumps(actor),
        "registration": scene,
        "activityId": activity,
    }


def test_a_learner_takes_a_cmi5_course_in_a_browser(
    platform: Platform, open_gateway: Gateway, course: Course, browser: Browser
) -> None:
    launched = launch(platform, open_gateway, course)
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"{course.origin}/?{urlencode(launched)}")
        expect(page.get_by_role("status")).to_have_text("ready", timeout=60_000)
        page.get_by_label("Foam").check()
        page.get_by_role("button", name="Answer").click()
        expect(page.get_by_role("status")).to_have_text("done", timeout=60_000)
    finally:
        context.close()
    assert course.fetched == 1
    found: list[dict[str, Any]] = []

    def all_there() -> bool:
        wanted = {"registration": launched["registration"], "ascending": "true"}
        found[:] = platform.client.get("/xAPI/statements", params=wanted).json()["statements"]
        return len(found) >= len(MET)

    wait_for(all_there, 120, "all statements of the course")
    assert [one["verb"]["id"].removeprefix(VERBS) for one in found] == MET
    assert {one["actor"]["account"]["name"] for one in found} == {launched["registration"]}
    passed = found[MET.index("passed")]
    assert passed["result"]["score"]["scaled"] == 1
    assert {one["id"] for one in passed["context"]["contextActivities"]["category"]} == {
        "https://w3id.org/xapi/cmi5/context/categories/cmi5",
        "https://w3id.org/xapi/cmi5/context/categories/moveon",
    }
