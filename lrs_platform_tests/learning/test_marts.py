"""What each mart says of a small history whose answer anybody can compute by hand."""

from __future__ import annotations

import math
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lrs_platform_tests.learning.history import START, Event, Warehouse, card_iri, lesson_iri

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
AS_OF = START + 10 * DAY


def attempt(who: str, lesson: str, at: Any, *steps: str, **values: Any) -> list[Event]:
    """Events a minute apart: a verb, or a number for a card viewed."""
    return [
        Event(who=who, verb="viewed", lesson=lesson, card=int(step), at=at + n * MINUTE, **values)
        if step.isdigit()
        else Event(who=who, verb=step, lesson=lesson, at=at + n * MINUTE, **values)
        for n, step in enumerate(steps)
    ]


def test_without_registration_a_start_after_an_end_begins_the_next_attempt(warehouse: Warehouse) -> None:
    warehouse.load(attempt("ann", "fire", START, "launched", "started", "1", "completed", "passed"))
    warehouse.load(attempt("ann", "fire", START + DAY, "1"))  # a look back is no new attempt
    warehouse.load(attempt("ann", "fire", START + 2 * DAY, "launched", "started", "1", "2"))
    warehouse.load(attempt("ann", "fire", START + 3 * DAY, "started", "3", "failed"))  # goes on, has not ended before
    warehouse.refresh(AS_OF)
    rows = warehouse.rows("select * from mart.lesson_attempts order by attempt_no")
    assert [(row["attempt_no"], row["events"], row["cards_seen"]) for row in rows] == [(1, 6, 1), (2, 7, 3)]
    assert [row["passed_at"] is not None for row in rows] == [True, False]
    assert rows[1]["failed_at"] == START + 3 * DAY + 2 * MINUTE
    assert rows[0]["active_seconds"] == 4 * 60 + 300  # four gaps of a minute, and the day between counts 300 s
    assert rows[1]["active_seconds"] == 3 * 60 + 300 + 2 * 60  # the gap between the attempts belongs to neither


def test_a_registration_is_an_attempt_whatever_its_verbs(warehouse: Warehouse) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    warehouse.load(attempt("ann", "fire", START + DAY, "started", "1", "completed", "started", registration=second))
    warehouse.load(attempt("ann", "fire", START, "started", "1", registration=first))
    warehouse.refresh(AS_OF)
    rows = warehouse.rows("select attempt_no, registration, events from mart.lesson_attempts order by attempt_no")
    assert [tuple(row.values()) for row in rows] == [(1, first, 2), (2, second, 4)]


def test_a_card_completes_no_lesson(warehouse: Warehouse) -> None:
    warehouse.load([Event(who="ann", verb="completed", lesson="fire", card=1)])
    warehouse.refresh(AS_OF)
    assert warehouse.one("select completed_at from mart.lesson_attempts")["completed_at"] is None


def test_the_score_is_the_lessons_or_else_the_share_of_right_answers(warehouse: Warehouse) -> None:
    answers = [
        Event(who=who, verb="answered", lesson="fire", card=card, success=card != 2, at=START + card * MINUTE)
        for who in ("ann", "bob")
        for card in (1, 2, 3)
    ]
    warehouse.load([*answers, Event(who="bob", verb="passed", lesson="fire", score=0.9, at=START + 9 * MINUTE)])
    warehouse.refresh(AS_OF)
    rows = warehouse.rows("select score from mart.lesson_attempts order by score")
    assert [row["score"] for row in rows] == [pytest.approx(2 / 3), 0.9]


def test_half_is_reached_by_progress_or_by_cards_and_moves_when_the_lesson_grows(warehouse: Warehouse) -> None:
    warehouse.load([Event(who="ann", verb="viewed", lesson="fire", card=1)])
    warehouse.load([Event(who="bob", verb="started", lesson="fire", progress=0.6)])
    warehouse.refresh(AS_OF)
    funnel = "select opened, started, half, completed from mart.lesson_funnel where cohort_id = 0"
    assert tuple(warehouse.one(funnel).values()) == (2, 2, 2, 0)
    warehouse.load([Event(who="cem", verb="viewed", lesson="fire", card=card) for card in (1, 2, 3)])
    warehouse.refresh(AS_OF)
    assert tuple(warehouse.one(funnel).values()) == (3, 3, 2, 0)  # ann has seen one of three cards now


def test_wilsons_interval_is_the_published_one(warehouse: Warehouse) -> None:
    """10 attempts reach card 2, 3 of them end there: 0.1078 to 0.6032 (Newcombe 1998, method 3)."""
    for n in range(10):
        steps = ("started", "1", "2") if n < 3 else ("started", "1", "2", "completed")
        warehouse.load(attempt(f"learner{n}", "fire", START, *steps))
    warehouse.refresh(AS_OF)
    row = warehouse.one("select * from mart.card_drop_off where card_number = 2")
    assert (row["reached"], row["stopped"], row["drop_off"]) == (10, 3, pytest.approx(0.3))
    assert (round(row["drop_off_low"], 4), round(row["drop_off_high"], 4)) == (0.1078, 0.6032)


def test_who_is_at_it_today_has_not_left(warehouse: Warehouse) -> None:
    warehouse.load(attempt("ann", "fire", START, "started", "1"))
    warehouse.refresh(START + 5 * MINUTE)
    assert warehouse.one("select stopped from mart.card_drop_off")["stopped"] == 0
    warehouse.refresh(START + DAY)
    assert warehouse.one("select stopped from mart.card_drop_off")["stopped"] == 1


def test_streaks_end_at_midnight_where_the_learner_is(warehouse: Warehouse) -> None:
    learner = warehouse.learner("ann")
    warehouse.rows_changed("update core.learner set time_zone = 'Pacific/Auckland' where learner_id = %s", (learner,))
    # 22:00 UTC and 13:00 UTC the day after are in Auckland, 13 hours ahead, 3 and 4 March: a day later than in UTC.
    evening = START.replace(hour=22)
    warehouse.load(
        [Event(who="ann", verb="viewed", lesson="fire", card=1, at=evening + n * 15 * 60 * MINUTE) for n in (0, 1)]
    )
    warehouse.refresh(evening + DAY)
    row = warehouse.one("select * from mart.learner_streaks")
    assert (row["current_days"], row["longest_days"]) == (2, 2)
    assert row["longest_from"].isoformat() == "2026-03-03"
    warehouse.refresh(evening + 2 * DAY + 13 * 60 * MINUTE)
    assert warehouse.one("select current_days from mart.learner_streaks")["current_days"] == 0


def test_who_needs_follow_up_is_who_was_to_finish_and_did_not(warehouse: Warehouse) -> None:
    team = warehouse.cohort("Team A", ("ann", "bob", "cem"))
    warehouse.assign(team, "fire", START)
    warehouse.load(attempt("ann", "fire", START + 60 * MINUTE, "started", "1", "completed"))
    warehouse.load(attempt("bob", "fire", START + 2 * DAY, "started", "1"))
    warehouse.refresh(START + 3 * DAY)
    rows = warehouse.rows(
        "select mail, status, overdue_days, needs_follow_up from mart.daily_progress"
        " inner join core.learner using (learner_id) where cohort_id = %s order by mail",
        (team,),
    )
    assert [tuple(row.values()) for row in rows] == [
        ("ann@example.com", "finished_on_time", 0, False),
        ("bob@example.com", "started", 3, True),
        ("cem@example.com", "not_opened", 3, True),
    ]
    warehouse.refresh(START + 30 * DAY)
    assert warehouse.rows("select from mart.daily_progress") == []


def test_a_stalled_learner_comes_with_the_reason(warehouse: Warehouse) -> None:
    team = warehouse.cohort("Team A", ("ann", "bob", "cem", "dia"))
    warehouse.assign(team, "fire", START)
    warehouse.load(attempt("ann", "fire", START, "started", "1", "2"))
    warehouse.load(attempt("bob", "fire", START, "started", "failed", "started", "failed"))
    warehouse.load(attempt("cem", "fire", START, "launched"))
    warehouse.refresh(START + 8 * DAY)
    rows = warehouse.rows(
        "select mail, reason, card.iri from mart.stalled_learners inner join core.learner using (learner_id)"
        " left join core.card on last_card_id = card_id order by mail"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("ann@example.com", "stopped", card_iri("fire", 2)),
        ("bob@example.com", "failed_repeatedly", None),
        ("cem@example.com", "opened_only", None),
        ("dia@example.com", "never_opened", None),
    ]


def test_learning_gain_is_hakes(warehouse: Warehouse) -> None:
    for who, first, last in (("ann", 0.2, 0.6), ("bob", 0.4, 0.8), ("cem", 0.6, 0.7)):
        for day, score in enumerate((first, 0.1, last)):  # the attempt between counts for nothing
            warehouse.load([Event(who=who, verb="started", lesson="fire", at=START + day * DAY)])
            warehouse.load([Event(who=who, verb="failed", lesson="fire", score=score, at=START + day * DAY + MINUTE)])
    warehouse.refresh(AS_OF)
    row = warehouse.one("select * from mart.learning_gain where cohort_id = 0")
    assert row["learners"] == 3
    assert (row["mean_first"], row["mean_last"], row["gain"]) == pytest.approx((0.4, 0.7, 0.3))
    assert row["normalised_gain"] == pytest.approx(0.3 / 0.6)
    spread = 1.959963984540054 * math.sqrt(0.03) / math.sqrt(3)  # gains 0.4, 0.4, 0.1
    assert (row["gain_low"], row["gain_high"]) == pytest.approx((0.3 - spread, 0.3 + spread))


def test_a_question_says_whether_there_are_enough_answers(warehouse: Warehouse) -> None:
    for n in range(30):
        warehouse.load(
            [Event(who=f"learner{n}", verb="answered", lesson="fire", card=1, success=n % 3 > 0, response="ab"[n % 2])]
        )
        warehouse.refresh(AS_OF) if n == 28 else None
        if n == 28:
            assert not warehouse.one("select enough from mart.quiz_items")["enough"]
    warehouse.refresh(AS_OF)
    row = warehouse.one("select * from mart.quiz_items")
    assert (row["answers"], row["correct"], row["enough"]) == (30, 20, True)
    assert row["discrimination"] is None  # there is no other question to compare with
    assert {each["response"]: each["answers"] for each in row["distractors"]} == {"a": 15, "b": 15}


def test_a_word_list_flags_whole_words_for_its_cohort(warehouse: Warehouse) -> None:
    team = warehouse.cohort("Team A", ("ann",))
    for term, severity, cohort in (("quit", "high", team), ("waste of time", "low", 0), ("c++", "low", 0)):
        warehouse.rows_changed(
            "insert into core.word_list (cohort_id, term, severity) values (%s, %s, %s)", (cohort, term, severity)
        )
    texts = {"ann": "I QUIT this", "bob": "I quit that waste  of time, a waste of time", "cem": "quite a C++ lesson"}
    for who, text in texts.items():
        warehouse.load([Event(who=who, verb="answered", lesson="fire", card=1, response=text)])
    warehouse.refresh(AS_OF)
    rows = warehouse.rows(
        "select mail, term, severity, context from mart.flagged_responses"
        " inner join core.learner using (learner_id) order by mail, term"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("ann@example.com", "quit", "high", "I QUIT this"),
        ("bob@example.com", "waste of time", "low", "I quit that waste  of time, a waste of time"),
        ("cem@example.com", "c++", "low", "quite a C++ lesson"),
    ]


def test_what_no_rule_knows_is_counted_and_named(warehouse: Warehouse) -> None:
    warehouse.load([Event(who="ann", verb="viewed", lesson="fire", card=1)])
    warehouse.rows_changed(
        "update core.event set object_id = 'urn:what', parent_id = null, verb_id = 'urn:did', activity_type = 'urn:odd'"
    )
    warehouse.refresh(AS_OF)
    rows = warehouse.rows(
        "select measure, subject, value from mart.data_quality where measure like 'unknown%%by%%'", ()
    )
    assert {tuple(row.values()) for row in rows} == {
        ("unknown_lesson_by_activity", "urn:what", 1),
        ("unknown_lesson_by_type", "urn:odd", 1),
        ("unknown_verb_by_verb", "urn:did", 1),
    }
    assert warehouse.rows("select from mart.learner_days")  # it still was a day of learning


def test_spellings_of_a_mail_address_are_one_learner(warehouse: Warehouse) -> None:
    warehouse.load([Event(who="ann", verb="viewed", lesson="fire", card=1)])
    warehouse.rows_changed("update core.event set actor_key = 'mailto:ann@EXAMPLE.com'")
    warehouse.load([Event(who="ann", verb="viewed", lesson="fire", card=2)])
    warehouse.refresh(AS_OF)
    assert warehouse.one("select events from mart.learner_days")["events"] == 2


def test_the_catalogue_goes_before_every_rule(warehouse: Warehouse) -> None:
    warehouse.load([Event(who="ann", verb="viewed", lesson="fire", card=1)])
    warehouse.refresh(AS_OF)
    warehouse.rows_changed(
        "insert into core.catalogue (iri, kind, lesson_iri, card_number, name) values (%s, 'card', %s, 7, 'Exits')",
        (card_iri("fire", 1), lesson_iri("mail")),
    )
    warehouse.lesson("mail")
    warehouse.change("catalogue", activity_ids=[card_iri("fire", 1)])
    warehouse.refresh(AS_OF)
    row = warehouse.one(
        "select lesson.iri, card.name, furthest_card from mart.lesson_attempts inner join core.lesson using (lesson_id)"
        " inner join core.card on last_card_id = card_id"
    )
    assert tuple(row.values()) == (lesson_iri("mail"), "Exits", 7)


def test_a_year_that_no_calendar_of_ours_has_is_counted_and_stops_nothing(warehouse: Warehouse) -> None:
    """xAPI allows any year of ISO 8601; the first hours of year 1 are in the era before in Los Angeles."""
    warehouse.load([Event(who="ann", verb="viewed", lesson="fire", card=1, at=START)])
    warehouse.refresh(AS_OF)
    warehouse.rows_changed("update core.learner set time_zone = 'America/Los_Angeles'")
    warehouse.load([Event(who="ann", verb="viewed", lesson="fire", card=2, at=datetime(1, 1, 1, 1, tzinfo=UTC))])
    warehouse.refresh(AS_OF)
    assert warehouse.one("select min(day)::text as day from mart.learner_days")["day"] == "0001-12-31 BC"
