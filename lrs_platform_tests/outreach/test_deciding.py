"""Who is reminded, of what and when: decided once a learner and day, by a clock that the test holds."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest

from lrs_platform.mcp_servers.warehouse import outreach
from lrs_platform.mcp_servers.warehouse.outreach import Report
from lrs_platform.outreach.links import address_of, token_of
from lrs_platform.outreach.rules import Rules
from lrs_platform_tests.outreach.office import MONDAY, ON, TUESDAY, Office
from lrs_platform_tests.roster.company import Company

SATURDAY = datetime(2026, 3, 7, 10, tzinfo=UTC)
ALL = ["ada", "ben", "cyd"]


def test_nobody_is_reminded_on_the_day_a_lesson_is_due_and_everybody_the_day_after(office: Office) -> None:
    assert office.due(MONDAY) == []
    assert office.due(TUESDAY) == ALL


def test_whoever_has_finished_is_left_alone(office: Office) -> None:
    office.stands("ada", completed_at=MONDAY)
    assert office.due() == ["ben", "cyd"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({}, "not_opened"),
        ({"stage": 1}, "opened"),
        ({"stage": 3}, "started"),
        ({"stage": 2, "last_attempt_failed": True}, "failed"),
    ],
)
def test_the_reason_says_how_far_somebody_came(office: Office, columns: dict[str, Any], reason: str) -> None:
    office.stands("ada", **columns)
    office.decide()
    assert office.reminders()["ada"]["reason"] == reason


def test_a_learner_gets_one_mail_a_day_about_the_lesson_that_was_due_last(office: Office) -> None:
    office.another_lesson("ice", date(2026, 2, 26))
    office.another_lesson("snow", date(2026, 2, 27))
    assert office.due() == ALL
    told = {each["to"]: each for each in office.following()["reminders"]}
    assert (told["ada@example.com"]["lesson"], told["ada@example.com"]["others"]) == ("Fire safety", 2)
    assert office.decide(TUESDAY + timedelta(hours=3))["planned"] == 0


def test_each_day_is_decided_anew_until_it_was_often_enough(office: Office) -> None:
    for number in range(3):
        now = TUESDAY + timedelta(days=number)
        assert office.due(now) == ALL
        assert office.recorded("sent", now) == 3
    assert office.due(TUESDAY + timedelta(days=3)) == []
    assert office.states()["ada"] == ("skipped", "enough")


def test_a_lesson_that_was_due_long_ago_is_let_go(office: Office) -> None:
    assert office.due(MONDAY + timedelta(days=14)) == ALL
    assert office.due(MONDAY + timedelta(days=15)) == []


ZONES = {"ada": "America/Los_Angeles", "ben": "Europe/Berlin", "cyd": "Asia/Tokyo"}


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-03T07:59:00+00:00", ["cyd"]),  # 08:59 in Berlin, 16:59 in Tokyo, the night before in Los Angeles
        ("2026-03-03T08:00:00+00:00", ["ben", "cyd"]),  # 09:00 in Berlin
        ("2026-03-03T09:00:00+00:00", ["ben"]),  # 18:00 in Tokyo
        ("2026-03-03T16:59:00+00:00", ["ben"]),  # 08:59 in Los Angeles
        ("2026-03-03T17:00:00+00:00", ["ada"]),  # 09:00 there, 18:00 in Berlin
        ("2026-03-03T02:00:00+00:00", ["cyd"]),  # 11:00 in Tokyo
        ("2026-03-02T23:59:00+00:00", []),  # 08:59 in Tokyo, already Tuesday
    ],
)
def test_mail_goes_out_in_the_day_of_each_learner(office: Office, now: str, due: list[str]) -> None:
    for who, zone in ZONES.items():
        office.lives_in(who, zone)
    assert office.due(datetime.fromisoformat(now)) == due


def test_the_hour_that_a_clock_change_skips_or_repeats_sends_nothing_twice(office: Office) -> None:
    """Berlin, 29 March 2026: 02:00 becomes 03:00. The window is open from 02:30 on, an hour that does not exist."""
    office.lives_in("ben", "Europe/Berlin")
    office.lesson_due(date(2026, 3, 28))
    rules = Rules(dry_run=False, from_time=time(2, 30), until_time=time(4), weekends=True)
    sent = 0
    for minutes in range(0, 180, 10):
        now = datetime(2026, 3, 29, 0, 0, tzinfo=UTC) + timedelta(minutes=minutes)
        office.decide(now, rules)
        sent += sum(each["to"].startswith("ben") for each in office.following(now, rules)["reminders"])
        office.recorded("sent", now)
    assert sent == 1


def test_weekends_are_quiet_unless_they_are_asked_for(office: Office) -> None:
    assert office.due(SATURDAY) == []
    assert office.decide(SATURDAY)["quiet"] == 3
    assert office.due(SATURDAY, Rules(dry_run=False, weekends=True)) == ALL


def test_what_was_not_sent_when_the_day_ends_is_not_sent_at_night_or_the_next_morning(office: Office) -> None:
    office.decide()
    office.recorded("deferred", retry_after=60)
    assert office.following(TUESDAY.replace(hour=18))["reminders"] == []
    assert office.states()["ada"] == ("expired", "day_over")
    wednesday = TUESDAY + timedelta(days=1)
    assert office.due(wednesday) == ALL
    assert {each["key"].split("/")[1] for each in office.following(wednesday)["reminders"]} == {"2026-03-04"}


def test_a_temporary_failure_is_tried_again_later_and_later(office: Office) -> None:
    office.decide()
    now, waits = TUESDAY, []
    for _ in range(4):
        assert office.recorded("deferred", now, retry_after=60) == 3
        assert office.following(now)["reminders"] == []
        next_at = office.reminders()["ada"]["next_try_at"]
        waits.append((next_at - now).total_seconds())
        now = next_at
    assert waits == [60, 120, 240, 480]


@pytest.mark.parametrize("state", ["sent", "refused", "unknown"])
def test_a_final_answer_stands_whatever_comes_after(office: Office, state: str) -> None:
    office.decide()
    reminders = office.following()["reminders"]
    assert office.recorded(state) == 3
    office.record(reminders, "deferred", TUESDAY)
    assert {row["state"] for row in office.reminders().values()} == {state}
    assert office.due(TUESDAY + timedelta(hours=1)) == []


def test_whoever_finishes_or_leaves_after_the_decision_gets_no_mail(office: Office) -> None:
    office.decide()
    office.stands("ada", completed_at=TUESDAY)
    office.says("ben@example.com", "opted_out")
    assert [each["to"] for each in office.following()["reminders"]] == ["cyd@example.com"]
    assert office.states()["ada"] == ("dropped", "finished")
    assert office.states()["ben"] == ("dropped", "opted_out")


def test_a_refusal_holds_in_any_spelling_until_it_is_taken_back(office: Office) -> None:
    office.says("ada@EXAMPLE.com", "opted_out")
    assert office.due() == ["ben", "cyd"]
    assert office.states()["ada"] == ("skipped", "opted_out")
    recorded = office.says("ada@example.com", "consented")
    assert [(each["choice"], each["source"], each["note"]) for each in recorded] == [
        ("consented", "page", "by letter"),
        ("opted_out", "page", "by letter"),
    ]
    assert all(each["at"] for each in recorded)
    assert office.due(TUESDAY + timedelta(days=1)) == ALL


def test_where_consent_is_asked_for_nobody_else_gets_mail(office: Office) -> None:
    rules = Rules(dry_run=False, opt_in=True)
    office.says("ben@example.com", "consented")
    assert office.due(TUESDAY, rules) == ["ben"]
    assert office.states()["ada"] == ("skipped", "no_consent")


def test_a_bounce_or_a_complaint_ends_mail_and_counts_once(office: Office) -> None:
    office.decide()
    office.recorded("sent")
    of_ada = office.reminders()["ada"]["message_id"]
    reports = [
        Report("bounce", "mark-1", message_id=of_ada, detail="5.1.1 no such user"),
        Report("complaint", "mark-2", recipient="ben@Example.com"),
        Report("bounce", "mark-3", recipient="stranger@example.net"),
    ]
    assert office.came_back(*reports) == {"bounced": 2, "complained": 1}
    assert office.came_back(*reports) == {"known": 3}
    assert office.due(TUESDAY + timedelta(days=1)) == ["cyd"]
    assert office.states()["ada"] == ("skipped", "bounced")
    assert office.states()["ben"] == ("skipped", "complained")


def test_an_address_that_was_put_right_gets_mail_again_and_a_refusal_stays(office: Office) -> None:
    office.says("ben@example.com", "opted_out")
    office.came_back(
        Report("bounce", "mark-1", recipient="ada@example.com"), Report("bounce", "mark-2", recipient="ben@example.com")
    )
    office.says("ada@example.com", "released")
    office.says("ben@example.com", "released")
    assert office.due() == ["ada", "cyd"]
    assert office.states()["ben"] == ("skipped", "opted_out")


def test_a_full_mailbox_is_forgiven_twice(office: Office) -> None:
    for number in range(2):
        office.came_back(Report("soft_bounce", f"mark-{number}", recipient="ada@example.com"))
    assert office.due() == ALL
    office.came_back(Report("soft_bounce", "mark-1", recipient="ada@example.com"))  # known already
    assert office.due(TUESDAY + timedelta(days=1)) == ALL
    office.came_back(Report("soft_bounce", "mark-2", recipient="ada@example.com"))
    assert office.due(TUESDAY + timedelta(days=2)) == ["ben", "cyd"]


def test_the_stop_button_stops_deciding_and_sending(office: Office) -> None:
    office.decide()
    office.rows("update outreach.stop set stopped = true, by = 'test'")
    assert office.following()["reminders"] == []
    assert office.decide(TUESDAY + timedelta(days=1))["stopped"] is True
    office.rows("update outreach.stop set stopped = false, by = 'test'")
    assert len(office.following()["reminders"]) == 3


def test_a_dry_run_decides_and_sends_nothing_and_does_not_stand_in_the_way(office: Office) -> None:
    dry = Rules(dry_run=True)
    assert office.decide(TUESDAY, dry)["planned"] == 3
    assert office.following(TUESDAY, dry)["reminders"] == []
    assert office.following(TUESDAY, ON)["reminders"] == []
    assert office.due(TUESDAY, ON) == ALL


def test_chance_holds_out_the_same_learners_however_often_it_is_asked(office: Office) -> None:
    office.join(120)
    rules = Rules(dry_run=False, holdout=0.25)
    told = office.decide(TUESDAY, rules)
    assert told["planned"] + told["held_out"] == 123
    assert 12 <= told["held_out"] <= 50
    assert office.decide(TUESDAY, rules)["planned"] == 0


def test_a_learner_without_an_address_is_counted_and_not_lost(office: Office) -> None:
    office.rows("update core.learner set mail = null where mail = 'ada@example.com'")
    assert office.decide()["skipped"] == {"no_address": 1}


def test_two_learners_with_one_address_get_one_mail(office: Office) -> None:
    office.join(1)
    office.rows("update core.learner set mail = 'ada@EXAMPLE.com' where mail = 'n1@example.com'")
    assert office.due() == ALL


def test_the_effect_is_told_against_matched_learners_with_an_interval(office: Office) -> None:
    """40 reminded of whom 20 finish, 40 held out of whom 10 finish: 25 points more, within an interval around it."""
    office.join(77)
    office.decide()
    who = sorted(office.reminders())
    reminded, held_out = who[:40], who[40:]
    for each in held_out:
        office.rows(
            "update outreach.reminder set state = 'held_out', settled_at = decided_at where learner_id in "
            "(select learner_id from core.learner where mail = %(mail)s)",
            mail=f"{each}@example.com",
        )
    assert office.recorded("sent") == 40
    for each in reminded[:20] + held_out[:10]:
        office.stands(each, completed_at=TUESDAY + timedelta(hours=2))
    office.stands(reminded[30], completed_at=TUESDAY + timedelta(hours=25))
    effect = {row["reason"]: row for row in office.rows("select * from report.reminder_effect")}
    told = effect["all"]
    assert (told["reminded"], told["not_reminded"]) == (40, 40)
    assert told["finished_reminded"] == pytest.approx(0.5)
    assert told["finished_not_reminded"] == pytest.approx(0.25)
    assert told["effect"] == pytest.approx(0.25)
    assert 0.02 < told["effect_low"] < 0.1
    assert 0.4 < told["effect_high"] < 0.48
    assert effect["not_opened"]["effect"] == pytest.approx(told["effect"])


def test_two_schedulers_that_decide_at_once_decide_once(opened: Company) -> None:

    async def one() -> int:
        async with await psycopg.AsyncConnection.connect(opened.writer, autocommit=True) as connection:
            return int((await outreach.decide(connection, ON, TUESDAY))["planned"])

    async def both() -> list[int]:
        return await asyncio.gather(*(one() for _ in range(4)))

    try:
        assert sorted(asyncio.run(both())) == [0, 0, 0, 3]
    finally:
        opened.rows_changed("delete from outreach.reminder")


def test_a_link_names_one_address_and_cannot_be_made_up() -> None:
    key, secret = "ab" * 32, "of this warehouse"
    token = token_of(key, secret)
    assert address_of(token, secret) == key
    assert key not in token
    for wrong in ("", ".", token[:-1], "A" + token[1:], token + "A", token.replace(".", ""), "é.é", "x" * 500):
        assert address_of(wrong, secret) is None
    assert address_of(token, "of another one") is None
