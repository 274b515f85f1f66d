"""Course files: lessons, cards and deliveries follow the files that stand, and the marts follow them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from lrs_platform.simulate import CLEAN, simulate
from lrs_platform_tests.learning.history import START, Event
from lrs_platform_tests.roster.company import ROSTER, Company

NOW = START + timedelta(days=5)
COURSE = (
    "Slug,Title,Order,Cards,Group,Team,Delivered At\n"
    "safety,Safety at work,1,3,Engines,North,2026-03-02\n"
    "fire,Fire,2,2,Engines,North,2026-03-03\n"
)


def test_a_course_file_names_lessons_and_plans_their_delivery(company: Company) -> None:
    company.roster(ROSTER)
    imported = company.lessons(COURSE)
    assert imported["effect"] == {"cards added": 5, "deliveries added": 2, "lessons added": 2}
    company.refresh(NOW)
    names = [row["name"] for row in company.rows("select name from core.lesson order by name")]
    assert names == ["Fire", "Safety at work"]
    followed = company.rows("select * from mart.daily_progress where needs_follow_up and cohort_id <> 0")
    assert len(followed) == 2  # Ada has two lessons to catch up with


def test_the_files_of_a_simulated_company_are_its_delivery_plan(company: Company) -> None:
    simulation = simulate(3, 80, 14, lessons=3, rates=CLEAN)
    company.roster(simulation.roster_csv())
    company.lessons(simulation.lessons_csv())
    company.lessons(simulation.schedule_csv())
    planned = company.rows(
        "select group_name, team_name, iri, delivered_at, due_on "
        "from core.assignment join core.cohort using (cohort_id) "
        "join core.activity on assignment.lesson_id = activity_id"
    )
    assert {tuple(row.values()) for row in planned} == {
        (
            cohort["group"],
            cohort["team"],
            delivery["lesson_iri"],
            datetime.fromisoformat(delivery["delivered_at"]),
            date.fromisoformat(delivery["day"]),
        )
        for cohort in simulation.truth["cohorts"]
        for delivery in cohort["deliveries"]
    }
    assert len(planned) > 3


def test_importing_a_course_file_twice_is_importing_it_once(company: Company) -> None:
    company.lessons(COURSE)
    before, pending = company.state(), company.pending()
    assert company.lessons(COURSE)["repeated"]
    assert (company.state(), company.pending()) == (before, pending)


def test_taking_a_course_file_back_restores_what_was(company: Company) -> None:
    company.roster(ROSTER)
    company.load(
        [Event(who="ada", verb="launched", lesson="safety"), Event(who="ada", verb="viewed", lesson="safety", card=2)]
    )
    company.refresh(NOW)
    before, marts = company.state(), company.marts()
    imported = company.lessons(COURSE)
    company.refresh(NOW)
    assert company.marts() != marts
    company.undo(imported["import_id"])
    company.refresh(NOW)
    assert company.state() == before
    assert company.marts() == marts


def test_a_later_file_replaces_the_cards_and_the_delivery_of_a_lesson(company: Company) -> None:
    company.lessons(COURSE)
    before = company.state()
    later = company.lessons("Slug,Title,Cards,Group,Team,Delivered At\nsafety,Safety,1,Engines,North,2026-03-09\n")
    assert later["effect"] == {"cards removed": 2, "deliveries changed": 1, "lessons changed": 1}
    company.undo(later["import_id"])
    assert company.state() == before
