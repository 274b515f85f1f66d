"""A mart that followed its changes is the mart built at once, whatever came late, twice, out of order or voided."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_platform_tests.learning.history import START, Event, Warehouse, lesson_iri

PEOPLE = ("ann", "bob", "cem", "dia")
LESSONS = ("fire", "mail", "lift")
AS_OF = START + timedelta(days=40, hours=3)
TABLES = (
    "core.event, core.learning_event, core.change, core.cohort_member, core.assignment, core.catalogue, core.word_list"
)
# Few ends: an attempt that is finished hides what its cards say.
VERBS = ("launched", "started", *["viewed"] * 6, *["answered"] * 4, "completed", "passed", "failed", "failed")
RESPONSES = ("a", "b", "it was a waste of time", "I quit, honestly", "")


@st.composite
def events(draw: st.DrawFn) -> Event:
    """One event of few people at few lessons, so that they meet."""
    verb = draw(st.sampled_from(VERBS))
    of_card = verb in ("viewed", "answered") or (verb == "completed" and draw(st.integers(0, 4)) == 0)
    return Event(
        who=draw(st.sampled_from(PEOPLE)),
        verb=verb,
        lesson=draw(st.sampled_from(LESSONS)),
        card=draw(st.integers(1, 4)) if of_card else None,
        at=START + timedelta(minutes=draw(st.integers(0, 38 * 24 * 60))),
        registration=draw(st.sampled_from((None, None, uuid.UUID(int=1), uuid.UUID(int=2)))),
        success=draw(st.sampled_from((None, True, False))) if verb == "answered" else None,
        score=draw(st.sampled_from((None, 0.25, 0.5, 1.0))) if verb in ("passed", "failed") else None,
        response=draw(st.sampled_from(RESPONSES)) if verb == "answered" else None,
        progress=draw(st.sampled_from((None, 0.3, 0.7))) if verb == "started" else None,
        name=draw(st.sampled_from((None, "Old name", "New name"))),
        id=uuid.UUID(int=draw(st.integers(0, 2**128 - 1))),
    )


class Happening:
    """What happens to a warehouse between two refreshes."""

    def __init__(self, kind: str, **values: Any) -> None:
        self.kind, self.values = kind, values

    def __repr__(self) -> str:
        return f"{self.kind}({self.values})"

    def to(self, warehouse: Warehouse) -> None:
        if self.kind == "load":
            warehouse.load(self.values["events"], stored=self.values["stored"])
        elif self.kind == "cohort":
            warehouse.cohort(self.values["name"], self.values["members"])
        elif self.kind == "assign":
            warehouse.assign(warehouse.cohort("Team A", ()), self.values["lesson"], self.values["at"])
        elif self.kind == "leave":
            learner = warehouse.learner(self.values["who"])
            cohort = warehouse.cohort("Team A", ())
            warehouse.rows_changed("delete from core.cohort_member where learner_id = %s", (learner,))
            warehouse.change("roster", cohort_ids=[cohort], learner_ids=[learner])
        elif self.kind == "zone":
            learner = warehouse.learner(self.values["who"])
            warehouse.rows_changed(
                "update core.learner set time_zone = %s where learner_id = %s", (self.values["zone"], learner)
            )
            warehouse.change("roster", learner_ids=[learner])
        elif self.kind == "catalogue":
            iri = f"{lesson_iri(self.values['lesson'])}/card/{self.values['card']}"
            warehouse.rows_changed(
                "insert into core.catalogue (iri, kind, lesson_iri, card_number, card_type)"
                " values (%s, 'card', %s, %s, %s) on conflict do nothing",
                (iri, lesson_iri(self.values["lesson"]), self.values["number"], self.values["type"]),
            )
            warehouse.change("catalogue", activity_ids=[iri])
        elif self.kind == "merge":
            ann, bob = warehouse.learner("ann"), warehouse.learner("bob")
            warehouse.rows_changed("update core.learner_key set learner_id = %s where learner_id = %s", (ann, bob))
            warehouse.change("merge", learner_ids=[ann, bob])
        elif self.kind == "words":
            warehouse.rows_changed(
                "insert into core.word_list (term, severity) values (%s, 'high') on conflict do nothing",
                (self.values["term"],),
            )
            warehouse.change("word_list", marts=["flagged_responses"])
        elif self.kind == "erase":
            learner = warehouse.learner(self.values["who"])
            warehouse.rows_changed(
                "delete from core.event using core.learner_key as key"
                " where event.actor_key = key.actor_key and key.learner_id = %s",
                (learner,),
            )
            warehouse.change("erase", learner_ids=[learner])


@st.composite
def histories(draw: st.DrawFn) -> list[list[Happening]]:
    """Happenings in a random order, cut at random into what each refresh finds."""
    loaded = draw(st.lists(events(), min_size=16, max_size=50, unique_by=lambda event: event.id))
    voided = draw(st.lists(st.sampled_from(loaded), max_size=4, unique=True))
    repeated = draw(st.lists(st.sampled_from(loaded), max_size=4))
    voidings = [Event(who="admin", verb="voided", voids=event.id, at=event.at) for event in voided]
    arriving = draw(st.permutations([*loaded, *repeated, *voidings]))
    batches = []
    while arriving:
        size = draw(st.integers(1, 12))
        batch, arriving = arriving[:size], arriving[size:]
        stored = START + timedelta(days=draw(st.integers(0, 39)))
        batches.append(Happening("load", events=batch, stored=stored))
    others = [
        Happening("cohort", name="Team A", members=("ann", "bob", "cem")),
        Happening("assign", lesson="fire", at=START),
        Happening("assign", lesson="lift", at=START + timedelta(days=37)),
        Happening("leave", who="cem"),
        Happening("zone", who="ann", zone="Pacific/Auckland"),
        Happening("catalogue", lesson="mail", card=3, number=9, type="free_text"),
        Happening("merge"),
        Happening("words", term="waste of time"),
        Happening("erase", who="dia"),
    ]
    chosen = draw(st.lists(st.sampled_from(others), unique=True))
    order = draw(st.permutations([*batches, *chosen]))
    cuts = draw(st.lists(st.integers(0, len(order)), max_size=4).map(sorted))
    return [order[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]


def play(warehouse: Warehouse, history: list[list[Happening]]) -> None:
    for number, part in enumerate(history):
        for happening in part:
            happening.to(warehouse)
        warehouse.refresh(AS_OF if number % 2 else AS_OF - timedelta(days=1))
    warehouse.refresh(AS_OF)


def empty(warehouse: Warehouse) -> None:
    """As new, but for the learners and activities that it knows."""
    tables = ", ".join(f"mart.{name}" for name in warehouse.marts())
    warehouse.rows_changed(f"truncate {TABLES}, mart.refreshed, core.loaded_day, {tables}")
    warehouse.rows_changed("truncate core.learner, core.cohort cascade")
    warehouse.rows_changed("truncate core.activity cascade")
    warehouse.rows_changed(
        "insert into core.cohort (cohort_id, name) overriding system value values (0, 'All learners')"
    )


@pytest.mark.timeout(900)  # a hundred refreshes: half a minute where nothing else runs
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=histories())
def test_following_changes_gives_what_a_full_build_gives(warehouse: Warehouse, history: list[list[Happening]]) -> None:
    empty(warehouse)
    play(warehouse, history)
    followed = warehouse.marts()
    warehouse.refresh(AS_OF, "full")
    built = warehouse.marts()
    for mart, rows in built.items():
        assert followed[mart] == rows, mart


def random_events(seed: int, count: int) -> list[Event]:
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        verb = dice.choice(("launched", "started", "viewed", "viewed", "answered", "answered", "completed", "passed"))
        of_card = verb in ("viewed", "answered")
        made.append(
            Event(
                who=dice.choice(PEOPLE),
                verb=verb,
                lesson=dice.choice(LESSONS),
                card=dice.randint(1, 4) if of_card else None,
                at=START + timedelta(minutes=dice.randrange(38 * 24 * 60)),
                success=dice.choice((True, False)) if verb == "answered" else None,
                response=dice.choice(RESPONSES) if verb == "answered" else None,
            )
        )
    return made


def test_a_warehouse_that_grew_is_the_same_as_one_that_was_filled_at_once(
    warehouse: Warehouse, other_warehouse: Warehouse
) -> None:
    loaded = random_events(1, 300)
    stored = START + timedelta(days=39)
    for begin in range(0, len(loaded), 37):
        warehouse.load(loaded[begin : begin + 37], stored=stored)
        warehouse.refresh(AS_OF)
    other_warehouse.load(loaded, stored=stored)
    other_warehouse.refresh(AS_OF, "full")
    assert warehouse.marts() == other_warehouse.marts()


@pytest.mark.parametrize("first", ["voiding", "voided"])
def test_a_voided_statement_leaves_no_trace_whichever_comes_first(
    warehouse: Warehouse, other_warehouse: Warehouse, first: str
) -> None:
    loaded = random_events(2, 40)
    victim = Event(who="ann", verb="completed", lesson="fire", at=START, name="A name that only this one gives")
    voiding = Event(who="admin", verb="voided", voids=victim.id, at=START)
    order = [voiding, victim] if first == "voiding" else [victim, voiding]
    stored = START + timedelta(days=39)
    warehouse.load(loaded, stored=stored)
    for event in order:
        warehouse.load([event], stored=stored)
        warehouse.refresh(AS_OF)
    other_warehouse.load(loaded, stored=stored)
    other_warehouse.refresh(AS_OF)
    counted = {"data_quality", "learner_activity"}  # positions differ, and so does what counts as received
    mine, others = warehouse.marts(), other_warehouse.marts()
    assert {name: rows for name, rows in mine.items() if name not in counted} == {
        name: rows for name, rows in others.items() if name not in counted
    }
    assert not warehouse.rows("select from core.lesson where name = 'A name that only this one gives'")


def test_a_late_statement_changes_the_rows_of_its_keys_alone(warehouse: Warehouse) -> None:
    warehouse.load(random_events(3, 200), stored=START + timedelta(days=39))
    warehouse.refresh(AS_OF)
    versions = "select xmin::text, learner_id, lesson_id, attempt_no from mart.lesson_attempts"
    before = warehouse.rows(versions)
    warehouse.load([Event(who="bob", verb="viewed", lesson="mail", card=1, at=START)], stored=AS_OF)
    done = warehouse.refresh(AS_OF)
    assert done.marts["lesson_attempts"].keys == 1
    after = warehouse.rows(versions)
    bob = warehouse.learner("bob")
    mail = warehouse.one("select lesson_id from core.lesson where iri = %s", (lesson_iri("mail"),))["lesson_id"]
    for row in before:
        touched = (row["learner_id"], row["lesson_id"]) == (bob, mail)
        assert (row in after) != touched


def test_a_refresh_that_fails_leaves_its_changes_to_the_next(warehouse: Warehouse) -> None:
    warehouse.load(random_events(4, 50))
    warehouse.rows_changed("alter table mart.data_quality add constraint broken check (value < 0)")
    with pytest.raises(Exception, match="broken"):
        warehouse.refresh(AS_OF)
    assert warehouse.rows("select from mart.lesson_attempts") == []
    assert warehouse.one("select count(*) as pending from core.change where applied_at is null")["pending"] == 1
    warehouse.rows_changed("alter table mart.data_quality drop constraint broken")
    assert warehouse.refresh(AS_OF).changes == 1
    assert warehouse.rows("select from mart.lesson_attempts")


def test_only_one_refresh_runs_at_a_time(warehouse: Warehouse) -> None:
    from lrs_platform.warehouse.marts.refresh import LOCK, RefreshRunning

    warehouse.rows_changed("select pg_advisory_lock(%s)", (LOCK,))
    with pytest.raises(RefreshRunning):
        warehouse.refresh(AS_OF)


def test_a_clock_that_moved_rebuilds_what_depends_on_it_and_nothing_else(warehouse: Warehouse) -> None:
    warehouse.load([Event(who="ann", verb="viewed", lesson="fire", card=1, at=START)])
    warehouse.refresh(START + timedelta(hours=1))
    assert warehouse.one("select current_days from mart.learner_streaks")["current_days"] == 1
    done = warehouse.refresh(START + timedelta(days=3))
    assert warehouse.one("select current_days from mart.learner_streaks")["current_days"] == 0
    assert done.marts["learner_streaks"].keys is None
    assert done.marts["lesson_attempts"] == type(done.marts["lesson_attempts"])(0, 0, 0.0)


def test_a_day_can_be_read_again(warehouse: Warehouse) -> None:
    warehouse.load(random_events(5, 60))
    warehouse.refresh(AS_OF)
    expected = warehouse.marts()
    day = warehouse.rows("select occurred_at::date as day from core.learning_event limit 1")[0]["day"]
    lost = warehouse.rows_changed("delete from core.learning_event where occurred_at::date = %s", (day,))
    assert lost
    done = warehouse.refresh(AS_OF, "days", days=(day, day))
    assert done.events == lost
    assert warehouse.marts() == expected


def test_marts_can_be_rebuilt_one_by_one_and_changes_stay_pending(warehouse: Warehouse) -> None:
    warehouse.load(random_events(6, 60))
    warehouse.refresh(AS_OF)
    expected = warehouse.marts()
    warehouse.rows_changed("delete from mart.lesson_funnel")
    warehouse.load(random_events(7, 5))
    done = warehouse.refresh(AS_OF, only=["lesson_funnel"])
    assert list(done.marts) == ["lesson_funnel"]
    assert warehouse.marts() == expected
    assert warehouse.refresh(AS_OF).changes == 1
    with pytest.raises(ValueError, match="no mart is called funnel"):
        warehouse.refresh(AS_OF, only=["funnel"])


def test_the_clock_does_not_have_to_be_now(warehouse: Warehouse) -> None:
    early: datetime = START - timedelta(days=400)
    warehouse.load(random_events(8, 30))
    warehouse.refresh(early)
    assert warehouse.one("select distinct as_of from mart.learner_streaks")["as_of"] == early.replace(minute=0)
