"""Rosters: a file imported twice is imported once, one taken back leaves no trace, the marts follow."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_platform_tests.learning.history import START, Event
from lrs_platform_tests.roster.company import ROSTER, Company

HASH = hashlib.sha1(b"mailto:ada@example.com", usedforsecurity=False).hexdigest()
NOW = START + timedelta(days=5)


def hashed(company: Company, **changes: object) -> Event:
    """An event of somebody who is named by the hash of an address; its row is changed after loading."""
    event = Event(who="nobody", verb="launched", lesson="safety")
    company.load([event])
    company.rows_changed("update core.event set actor_key = %s where statement_id = %s", (HASH, event.id))
    return event


def test_a_roster_makes_learners_with_their_names_addresses_and_cohorts(company: Company) -> None:
    company.roster(ROSTER)
    ada = company.learners()["ada@example.com"]
    assert ada["roster_name"] == "Ada Lovelace"
    assert company.cohorts_of("ada@example.com") == [("Engines / North", "-infinity", "infinity")]
    assert company.cohorts_of("cyd@example.com") == [("Dance", "-infinity", "infinity")]
    keys = {row["actor_key"] for row in company.rows("select * from core.learner_key")}
    assert {"mailto:ada@example.com", HASH} <= keys


def test_columns_that_are_not_known_are_kept(company: Company) -> None:
    company.roster(ROSTER)
    row = company.one("select extra from core.roster where mail = 'ada@example.com'")
    assert row["extra"] == {"Office": "London"}


def test_importing_twice_is_importing_once(company: Company) -> None:
    first = company.roster(ROSTER)
    before, pending = company.state(), company.pending()
    again = company.roster(ROSTER)
    assert again == {"import_id": first["import_id"], "repeated": True, "effect": {}}
    assert company.state() == before
    assert company.pending() == pending


def test_the_order_of_lines_makes_no_other_file(company: Company) -> None:
    company.roster(ROSTER)
    header, *lines = ROSTER.splitlines()
    assert company.roster("\n".join([header, *reversed(lines)]))["repeated"]


def test_trying_tells_the_effect_and_stores_nothing(company: Company) -> None:
    before = company.state()
    tried = company.roster(ROSTER, dry_run=True)
    assert tried["effect"]["learners added"] == 3
    assert company.state() == before
    assert company.rows("select * from core.file_import") == []
    assert company.roster(ROSTER)["effect"] == tried["effect"]


def test_taking_the_only_roster_back_leaves_nobody(company: Company) -> None:
    before = company.state()
    company.undo(company.roster(ROSTER)["import_id"])
    assert company.state() == before


def test_taking_a_later_roster_back_restores_what_the_earlier_one_said(company: Company) -> None:
    company.on_day(company.roster(ROSTER)["import_id"], "2026-03-01")
    before = company.state()
    later = company.roster(
        "Email,First Name,Group,Time Zone\nada@example.com,Augusta,Sales,Europe/Berlin\nnew@example.com,N,Sales,\n"
    )
    assert company.learners()["ada@example.com"]["roster_name"] == "Augusta"
    assert company.state() != before
    company.undo(later["import_id"])
    assert company.state() == before


def test_taking_an_earlier_roster_back_keeps_what_the_later_one_says(company: Company) -> None:
    first = company.roster(ROSTER)
    company.roster("Email,First Name,Group\nada@example.com,Augusta,Sales\n")
    company.undo(first["import_id"])
    assert set(company.learners()) == {"ada@example.com"}
    assert company.cohorts_of("ada@example.com") == [("Sales", "-infinity", "infinity")]


def test_who_changes_the_team_was_in_the_old_one_until_that_day(company: Company) -> None:
    company.on_day(company.roster(ROSTER)["import_id"], "2026-03-01")
    moved = company.roster("Email,Group\nada@example.com,Sales\n")
    company.on_day(moved["import_id"], "2026-03-10")
    company.roster("Email,Group\nnobody@example.com,Sales\n")
    assert company.cohorts_of("ada@example.com") == [
        ("Engines / North", "-infinity", "2026-03-10"),
        ("Sales", "2026-03-10", "infinity"),
    ]
    assert company.cohorts_of("bea@example.com") == [("Engines / South", "-infinity", "infinity")]


def test_a_correction_on_the_same_day_leaves_no_trace_of_the_mistake(company: Company) -> None:
    company.roster(ROSTER)
    company.roster("Email,Group\nada@example.com,Sales\n")
    assert company.cohorts_of("ada@example.com") == [("Sales", "-infinity", "infinity")]


def test_whom_a_complete_roster_leaves_out_has_left(company: Company) -> None:
    company.on_day(company.roster(ROSTER)["import_id"], "2026-03-01")
    complete = company.roster(ROSTER.replace("Cyd,Charisse,cyd@example.com,Dance,,Amarillo\n", ""), complete=True)
    company.on_day(complete["import_id"], "2026-04-01")
    company.roster("Email,Group\nnew@example.com,Sales\n")
    assert company.cohorts_of("cyd@example.com") == [("Dance", "-infinity", "2026-04-01")]
    assert company.cohorts_of("ada@example.com") == [("Engines / North", "-infinity", "infinity")]
    assert company.learners()["cyd@example.com"]["roster_name"] == "Cyd Charisse"


def test_somebody_in_two_teams_is_in_both(company: Company) -> None:
    company.roster("Email,Group,Team\nada@example.com,A,1\nada@example.com,A,2\n")
    assert {name for name, _, _ in company.cohorts_of("ada@example.com")} == {"A / 1", "A / 2"}


def test_memberships_by_hand_stay(company: Company) -> None:
    company.cohort("By hand", ["ada"])
    company.undo(company.roster(ROSTER)["import_id"])
    assert [name for name, _, _ in company.cohorts_of("ada@example.com")] == ["By hand"]


def test_the_marts_show_cohorts_after_the_import_and_no_longer_after_its_undoing(company: Company) -> None:
    company.load([Event(who="ada", verb="launched", lesson="safety")])
    company.refresh(NOW)
    before = company.marts()
    imported = company.roster(ROSTER)
    company.refresh(NOW)
    assert {"cohort_id": "Engines / North"}.items() <= _progress(company).items()
    company.undo(imported["import_id"])
    company.refresh(NOW)
    assert company.marts() == before


def _progress(company: Company) -> dict[str, str]:
    row = company.one(
        "select cohort.name as cohort_id from mart.lesson_progress join core.cohort using (cohort_id) "
        "where cohort_id <> 0"
    )
    return {"cohort_id": row["cohort_id"]}


def test_the_hash_of_an_address_in_the_roster_is_that_person(company: Company) -> None:
    hashed(company)
    company.load([Event(who="ada", verb="completed", lesson="safety")])
    company.refresh(NOW)
    assert len(company.rows("select * from core.learner")) == 2
    before = company.state()
    marts = company.marts()
    imported = company.roster("Email,First Name,Group\nada@example.com,Ada,Engines\n")
    assert imported["effect"]["learners merged"] == 2  # the one who stays and the one who goes over
    company.refresh(NOW)
    assert len(company.rows("select * from core.learner")) == 1
    assert company.one("select events from mart.learner_activity")["events"] == 2
    company.undo(imported["import_id"])
    company.refresh(NOW)
    assert company.state() == before
    assert company.marts() == marts


def test_a_hash_that_comes_after_the_roster_is_that_person_until_the_roster_goes(company: Company) -> None:
    imported = company.roster("Email,First Name,Group\nada@example.com,Ada,Engines\n")
    hashed(company)
    company.refresh(NOW)
    assert len(company.rows("select * from core.learner")) == 1
    company.undo(imported["import_id"])
    company.refresh(NOW)
    left = company.one("select first_key, mail, roster_name from core.learner")
    assert left == {"first_key": HASH, "mail": None, "roster_name": None}
    assert company.one("select events from mart.learner_activity")["events"] == 1


def test_the_time_zone_of_the_roster_moves_the_learners_days(company: Company) -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    company.load([Event(who="ada", verb="launched", lesson="safety", at=late)])
    company.refresh(NOW)
    company.roster("Email,Time Zone\nada@example.com,Asia/Tokyo\n")
    company.refresh(NOW)
    assert str(company.one("select day from mart.learner_days")["day"]) == "2026-03-03"


PEOPLE = st.sampled_from(["ada", "bea", "cyd"])
LINES = st.lists(
    st.tuples(PEOPLE, st.sampled_from(["", "A", "B"])), min_size=1, max_size=4, unique_by=lambda line: line[0]
)
FILES = st.lists(st.tuples(LINES, st.booleans()), min_size=1, max_size=3)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES, taken_back=st.data())
def test_what_stands_is_what_the_files_say_that_were_not_taken_back(
    company: Company, files: list[tuple[list[tuple[str, str]], bool]], taken_back: st.DataObject
) -> None:
    """Importing all and taking some back is the same as never having imported those."""
    company.rows_changed("delete from core.file_import")
    company.rows_changed("delete from core.learner")
    texts = [
        ("Email,Group\n" + "".join(f"{who}@example.com,{group}\n" for who, group in lines), complete)
        for lines, complete in files
    ]
    ids = [company.roster(text, complete=complete)["import_id"] for text, complete in texts]
    gone = taken_back.draw(st.sets(st.sampled_from(ids)))
    for import_id in gone:
        company.undo(import_id)
    left = company.state()
    for import_id in {*ids} - gone:
        company.undo(import_id)
    assert company.rows("select * from core.learner") == []
    kept = [text for text, import_id in zip(texts, ids, strict=True) if import_id not in gone]
    for text, complete in kept:
        company.roster(text, complete=complete)
    assert company.state() == left
