"""The pages about reminders and what comes from outside, on the running platform, in a dry run of its own."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import httpx
import pytest

from lrs_platform.local.credentials import load_secrets
from lrs_platform.mcp_client import McpClient
from lrs_platform.outreach.rules import Rules
from lrs_platform.roster.lessons import Addresses, read_lessons
from lrs_platform.roster.people import read_roster
from lrs_platform.roster.table import read_table
from lrs_platform_tests.conftest import Platform

ALL_DAY = Rules(dry_run=True, from_time=time(0), until_time=time(23, 59, 59), weekends=True)
BROWSER = {"Accept": "text/html"}


@dataclass
class Behind:
    """Somebody who is behind with a lesson, on the running platform."""

    platform: Platform
    mail: str
    lesson: str

    def tool(self, name: str, **arguments: Any) -> Any:
        async def call() -> Any:
            token = load_secrets(self.platform.instance).warehouse_token
            client = McpClient("warehouse", self.platform.urls["warehouse"], token, read_timeout=300)
            try:
                return await client.call_json(name, arguments)
            finally:
                await client.close()

        return asyncio.run(call())

    def decided(self) -> dict[str, Any]:
        """Decide about everybody who is not decided yet; the decision about this one."""
        self.tool("decide_reminders", rules=ALL_DAY.text())
        listed = self.tool("list_reminders", dry_run=True, limit=500)
        return next(dict(each) for each in listed if each["mail"] == self.mail)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.platform.urls["gateway"] + path, timeout=60, trust_env=False, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return httpx.post(self.platform.urls["gateway"] + path, timeout=60, trust_env=False, **options)


@pytest.fixture(scope="module")
def behind(platform: Platform) -> Iterator[Behind]:
    word = uuid.uuid4().hex[:12]
    due = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    somebody = Behind(platform, f"zoe-{word}@example.com", f"Lesson {word}")
    roster = f"First Name,Last Name,Email,Group\nZoë,Example,{somebody.mail},Cohort {word}\n"
    lessons = f"Slug,Title,Group,Delivered At,Due\n{word},{somebody.lesson},Cohort {word},{due}T06:00:00Z,{due}\n"
    for kind, rows in (
        ("roster", read_roster(read_table(roster.encode())).rows),
        ("lessons", read_lessons(read_table(lessons.encode()), Addresses("https://7taps.example")).rows),
    ):
        somebody.tool("import_file", kind=kind, file_name="made.csv", rows=json.dumps(rows), by="test")
    somebody.tool("refresh_marts")
    yield somebody


def test_a_decision_can_be_looked_at_and_its_link_ends_mail(behind: Behind, platform: Platform) -> None:
    decided = behind.decided()
    assert (decided["state"], decided["reason"], decided["lesson"]) == ("planned", "not_opened", behind.lesson)
    page = behind.get("/ui/reminders", headers={**platform.admin, **BROWSER})
    assert page.status_code == 200
    assert behind.mail in page.text
    mail = behind.get(f"/ui/reminders/{decided['reminder_id']}", headers=platform.admin).json()
    assert mail["error"] == ""
    assert "Hello Zoë," in mail["text"]
    html = behind.get(f"/ui/reminders/{decided['reminder_id']}?part=html", headers=platform.admin)
    assert "sandbox" in html.headers["content-security-policy"]
    assert behind.lesson in html.text
    link = re.search(r"/unsubscribe/\S+", mail["text"])
    assert link is not None

    assert behind.get(link[0], headers=BROWSER).status_code == 200  # opening it changes nothing
    assert choices(behind) == []
    done = behind.post(link[0], content="List-Unsubscribe=One-Click", headers=BROWSER)
    assert (done.status_code, "no more reminders" in done.text) == (200, True)
    assert [(each["choice"], each["source"]) for each in choices(behind)] == [("opted_out", "link")]


def choices(behind: Behind) -> list[dict[str, Any]]:
    found = behind.tool("choose_contact", person=behind.mail, choice=None, source="cli")
    return [dict(each) for each in found]


@pytest.mark.parametrize("token", ["x", "A" * 43 + "." + "A" * 22, "%2e%2e"])
def test_a_made_up_link_ends_nothing(behind: Behind, token: str) -> None:
    assert behind.post(f"/unsubscribe/{token}").status_code in (400, 404)


def test_what_came_back_is_reported_with_a_token_and_counts_once(behind: Behind, platform: Platform) -> None:
    report = {"events": [{"kind": "bounce", "id": uuid.uuid4().hex, "recipient": behind.mail, "detail": "5.1.1"}]}
    path = "/api/reminders/events"
    assert behind.post(path, json=report).status_code == 401
    assert behind.post(path, json=report, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert behind.post(path, json=report, headers=platform.admin).json() == {"kept": {"bounced": 1}}
    assert behind.post(path, json=report, headers=platform.admin).json() == {"kept": {"known": 1}}
    assert behind.post(path, json={"events": [{"kind": "sneeze"}]}, headers=platform.admin).status_code == 400


def test_a_choice_is_entered_on_the_page_and_kept_with_its_source(behind: Behind, platform: Platform) -> None:
    form = {"person": behind.mail, "choice": "consented", "note": "told me so"}
    done = behind.post("/ui/reminders/contact", data=form, headers={**platform.admin, **BROWSER})
    assert done.status_code == 303
    last = choices(behind)[0]
    assert (last["choice"], last["source"], last["note"]) == ("consented", "page", "told me so")
    unknown = {**form, "person": "nobody who is known"}
    assert behind.post("/ui/reminders/contact", data=unknown, headers=platform.admin).status_code == 400


def test_the_stop_button_is_kept_with_who_pressed_it(behind: Behind, platform: Platform) -> None:
    try:
        assert behind.post("/ui/reminders/stop", data={"stopped": "yes"}, headers=platform.admin).status_code == 200
        assert behind.get("/ui/test-reminders", headers=platform.admin).json()["stopped"] is True
        assert behind.tool("decide_reminders", rules=ALL_DAY.text())["stopped"] is True
    finally:
        behind.post("/ui/reminders/stop", data={"stopped": "no"}, headers=platform.admin)
    assert behind.get("/ui/test-reminders", headers=platform.admin).json()["stopped"] is False


def test_the_short_answer_tells_mode_counts_and_effect(behind: Behind, platform: Platform) -> None:
    behind.decided()
    told = behind.get("/ui/test-reminders", headers=platform.admin).json()
    assert told["status"] == told["mode"] == "off"
    assert told["counts"]
    assert told["last_look"]
    assert told["mail_server"] is None
    assert isinstance(told["effect"], list)
    assert behind.get("/ui/test-reminders").status_code == 401
