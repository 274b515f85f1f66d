"""Dagster's side: one run decides, sends, measures and tells the coordinators; a second one does nothing again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lrs_platform.defs import outreach
from lrs_platform.defs.outreach import resources
from lrs_platform.defs.outreach.assets import coordinator_digest, due_reminders, reminder_effect, sent_reminders
from lrs_platform.defs.outreach.resources import Reminders
from lrs_platform.defs.outreach.schedules import RUNS_BY_ITSELF, daily_reminder
from lrs_platform.outreach.digest import Coordinator
from lrs_platform.settings import Settings, get_settings
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.outreach.office import LESSONS, ROSTER
from lrs_platform_tests.outreach.post import Post, post_of
from lrs_platform_tests.outreach.sink import received

ASSETS = [due_reminders, sent_reminders, reminder_effect, coordinator_digest]
NOW = datetime.now(UTC)


@pytest.fixture
def post(platform: Platform, tmp_path: Path) -> Iterator[Post]:
    patch = pytest.MonkeyPatch()
    lessons = LESSONS.replace("2026-03-02", (NOW - timedelta(days=3)).date().isoformat())
    for made in post_of(platform, tmp_path, ROSTER, lessons, NOW):
        wanted = {
            **made.environment,
            "LRS_REMINDERS": "on",
            "LRS_PUBLIC_URL": "https://learn.example.com",
            "LRS_REMINDER_FROM": "00:00",
            "LRS_REMINDER_UNTIL": "23:59:59",
            "LRS_REMINDER_WEEKENDS": "true",
            "LRS_REMINDER_COORDINATORS": "boss@example.com, Engines=engines@example.com, Nobody=nobody@example.com",
        }
        for name, value in wanted.items():
            patch.setenv(name, value)
        get_settings.cache_clear()
        resources._servers.cache_clear()
        yield made
        patch.undo()
    get_settings.cache_clear()
    resources._servers.cache_clear()


def test_a_run_sends_each_reminder_and_each_morning_list_once(post: Post) -> None:
    with dg.instance_for_test() as instance:
        for again in (False, True):
            result = dg.materialize(ASSETS, instance=instance, resources={"reminders": Reminders()})
            told = {
                asset.key.to_user_string(): result.asset_materializations_for_node(asset.op.name)[0].metadata
                for asset in ASSETS
            }
            assert told["due_reminders"]["planned"].value == (0 if again else 3)
            assert told["sent_reminders"]["sent"].value == (0 if again else 3)
            assert told["sent_reminders"]["waiting"].value == 0
            lists = {"known": 2, "nobody_behind": 1} if again else {"sent": 2, "nobody_behind": 1}
            assert told["coordinator_digest"]["lists"].value == lists
    mails = {message["To"]: message for message in received(post.maildir)}
    assert sorted(mails) == [f"{who}@example.com" for who in ("ada", "ben", "boss", "cyd", "engines")]
    german, digest = mails["ben@example.com"].get_body(("plain",)), mails["boss@example.com"].get_body(("plain",))
    assert german is not None and "Guten Tag Ben," in german.get_content()
    assert digest is not None and "Ada Lovelace, Engines: 1 lesson, 3 d late" in digest.get_content()
    assert mails["engines@example.com"]["Subject"].startswith("Engines: 3 of 3 behind on ")
    link = mails["ada@example.com"]["List-Unsubscribe"]
    assert link.startswith("<https://learn.example.com/unsubscribe/")


def test_the_schedule_runs_by_itself_only_where_reminders_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.model_fields["reminders"].default == "off"
    assert RUNS_BY_ITSELF["off"] is dg.DefaultScheduleStatus.STOPPED
    assert RUNS_BY_ITSELF["dry-run"] is RUNS_BY_ITSELF["on"] is dg.DefaultScheduleStatus.RUNNING
    monkeypatch.setenv("LRS_REMINDERS", "off")
    get_settings.cache_clear()
    try:
        with dg.build_schedule_context() as context:
            assert isinstance(daily_reminder(context), dg.SkipReason)
    finally:
        get_settings.cache_clear()
    assert [daily_reminder] == outreach.SCHEDULES


def test_coordinators_are_addresses_with_or_without_a_cohort() -> None:
    assert Coordinator.several(" a@x.example , Engines / North=b@x.example,") == [
        Coordinator("a@x.example"),
        Coordinator("b@x.example", "Engines / North"),
    ]
