"""A simulated company whose truth is known: every mart says what the simulator's truth file says, noise and all."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from lrs_platform.defs.learning.pictures import bars
from lrs_platform.semantic_model import semantic_model
from lrs_platform.simulate import Simulation, simulate
from lrs_platform.warehouse.marts import picture_of
from lrs_platform.warehouse.marts.page import PICTURES
from lrs_platform_tests.learning.company import batches, import_people_and_plan, load, moment
from lrs_platform_tests.learning.conftest import new_warehouse
from lrs_platform_tests.learning.history import Warehouse
from lrs_platform_tests.mcp.conftest import Postgres


class Company:
    """A warehouse that followed a simulation statement by statement, batch by batch."""

    def __init__(self, warehouse: Warehouse, simulation: Simulation) -> None:
        self.warehouse, self.truth = warehouse, simulation.truth
        self.as_of = moment(self.truth["window"]["end"])
        import_people_and_plan(warehouse, simulation)
        self.loaded: Counter[str] = Counter()
        for statements, events in batches(simulation):
            loaded = load(warehouse, statements, events)
            self.loaded.update({name: loaded[name] for name in ("inserted", "duplicates", "conflicts")})
            warehouse.refresh(self.as_of)

    def rows(self, query: str, parameters: Any = None) -> list[dict[str, Any]]:
        return self.warehouse.rows(query, parameters)

    def by(self, key: str, query: str) -> dict[Any, dict[str, Any]]:
        return {row[key]: row for row in self.rows(query)}


@pytest.fixture(scope="module")
def company(learning_postgres: Postgres) -> Iterator[Company]:
    for warehouse in new_warehouse(learning_postgres):
        yield Company(warehouse, simulate(3, 60, 28, lessons=8))


def test_every_statement_is_accounted_for(company: Company) -> None:
    quality = company.truth["quality"]
    figures = company.rows("select * from mart.data_quality where subject = ''")
    measured = {row["measure"]: row["value"] for row in figures}
    assert measured["received"] == quality["accepted"]
    assert measured["duplicates"] == quality["duplicates"]
    assert measured["conflicts"] == quality["conflicts"]
    assert measured["standing_events"] == quality["record"]
    assert measured["unknown_lesson"] == measured["unknown_verb"] == 0
    assert round(measured["out_of_order_share"] * measured["standing_events"]) == quality["out_of_order"]
    assert measured["learners_without_roster"] == sum(
        learner["cohort"] is None and learner["statements"] > 0 for learner in company.truth["learners"]
    )


def test_funnels_are_those_of_the_company(company: Company) -> None:
    found = company.by(
        "iri",
        "select lesson.iri, sum(assigned) as assigned, sum(opened) as opened, sum(started) as started,"
        " sum(half) as half, sum(completed) as completed, sum(passed) as passed, sum(opened_unassigned) as unassigned"
        " from mart.lesson_funnel inner join core.lesson using (lesson_id) where cohort_id > 0 group by lesson.iri",
    )
    compared = 0
    for lesson in company.truth["lessons"]:
        if lesson["listed"] and not found[lesson["iri"]]["unassigned"]:
            assert {stage: found[lesson["iri"]][stage] for stage in lesson["funnel"]} == lesson["funnel"], lesson["iri"]
            compared += 1
    assert compared >= 5


def test_attempts_and_the_time_they_take_are_those_of_the_company(company: Company) -> None:
    attempts = company.by(
        "iri",
        'select lesson.iri, count(*) as "all", count(started_at) as started, count(completed_at) as completed,'
        " count(passed_at) as passed, count(failed_at) as failed"
        " from mart.lesson_attempts inner join core.lesson using (lesson_id) group by lesson.iri",
    )
    times = company.by(
        "iri",
        "select lesson.iri, median_seconds from mart.time_on_task inner join core.lesson using (lesson_id)"
        " where cohort_id = 0",
    )
    for lesson in company.truth["lessons"]:
        if lesson["attempts"]["all"]:
            found = attempts[lesson["iri"]]
            assert {name: found[name] for name in lesson["attempts"]} == lesson["attempts"], lesson["iri"]
        if lesson["attempts"]["completed"]:
            assert times[lesson["iri"]]["median_seconds"] == pytest.approx(lesson["time_on_task"]["median"])


def test_learning_gain_is_that_of_the_company(company: Company) -> None:
    found = company.by(
        "iri", "select lesson.iri, gain.* from mart.learning_gain as gain"
        " inner join core.lesson using (lesson_id) where cohort_id = 0",
    )  # fmt: skip
    for lesson in company.truth["lessons"]:
        gain = lesson["learning_gain"]
        if gain["people"]:
            row = found[lesson["iri"]]
            assert row["learners"] == gain["people"]
            assert (row["mean_first"], row["mean_last"], row["gain"]) == pytest.approx(
                (gain["first"], gain["last"], gain["gain"])
            )
        else:
            assert lesson["iri"] not in found


def test_learners_leave_on_the_cards_on_which_they_left(company: Company) -> None:
    found = company.by(
        "iri", "select card.iri, reached, stopped, drop_off_low, drop_off, drop_off_high from mart.card_drop_off"
        " inner join core.card using (card_id)",
    )  # fmt: skip
    for card in company.truth["cards"]:
        if card["reached"]:
            row = found[card["iri"]]
            assert (row["reached"], row["stopped"]) == (card["reached"], card["left"]), card["iri"]
            assert row["drop_off_low"] <= row["drop_off"] <= row["drop_off_high"]


def test_questions_are_as_hard_and_as_telling_as_they_were(company: Company) -> None:
    query = "select card.iri, item.* from mart.quiz_items as item inner join core.card using (card_id)"
    found = company.by("iri", query)
    for item in company.truth["items"]:
        if not item["first"]["n"]:
            continue
        row = found[item["iri"]]
        assert (row["answers"], row["correct"]) == (item["first"]["n"], item["first"]["right"]), item["iri"]
        assert {each["response"]: each["answers"] for each in row["distractors"]} == {
            option: count for option, count in item["first"]["options"].items() if count
        }
        assert [each["response"] for each in row["distractors"] if each["correct"]] in ([item["correct"]], [])
        assert row["discrimination"] == (
            None if item["discrimination"] is None else pytest.approx(item["discrimination"])
        )


def test_streaks_segments_and_stalls_are_those_of_each_learner(company: Company) -> None:
    found = company.by(
        "mail",
        "select learner.*, longest_days, longest_from, current_days, active_days, segment from core.learner"
        " left join mart.learner_streaks using (learner_id)"
        " left join mart.engagement_segments using (learner_id)",
    )
    stalled = {
        (row["mail"], row["reason"]): row["lessons"]
        for row in company.rows(
            "select mail, reason, count(*) as lessons from mart.stalled_learners"
            " inner join core.learner using (learner_id) group by mail, reason"
        )
    }
    for learner in company.truth["learners"]:
        row = found[learner["email"]]
        assert row["segment"] == learner["segment"], learner["email"]
        assert (row["active_days"] or 0) == learner["days_active"]
        if learner["days_active"]:
            assert (row["longest_days"], row["current_days"]) == (learner["longest_streak"], learner["current_streak"])
            assert row["longest_from"].isoformat() == learner["longest_streak_from"]
        for reason, lessons in learner["stalled_lessons"].items():
            assert stalled.get((learner["email"], reason), 0) == lessons, (learner["email"], reason)


def test_deliveries_are_completed_when_they_were(company: Company) -> None:
    speed = {
        (row["name"], row["iri"]): row
        for row in company.rows(
            "select cohort.name, lesson.iri, speed.* from mart.completion_speed as speed"
            " inner join core.cohort using (cohort_id) inner join core.lesson using (lesson_id)"
        )
    }
    on_time = {
        (row["name"], row["iri"]): row["learners"]
        for row in company.rows(
            "select cohort.name, lesson.iri, count(*) filter (where status = 'finished_on_time') as learners"
            " from mart.daily_progress inner join core.cohort using (cohort_id)"
            " inner join core.lesson using (lesson_id) group by cohort.name, lesson.iri"
        )
    }
    for cohort in company.truth["cohorts"]:
        for delivery in cohort["deliveries"]:
            key = f"{cohort['group']} {cohort['team']}", delivery["lesson_iri"]
            row = speed[key]
            assert (row["learners"], row["completed"]) == (delivery["assigned"], delivery["completed"])
            age = company.as_of - moment(delivery["delivered_at"])
            for column, observed, span in (
                ("within_24h", "observed_24h", timedelta(days=1)),
                ("within_7d", "observed_7d", timedelta(days=7)),
            ):
                assert (row[observed], row[column]) == (
                    (delivery["assigned"], delivery[column]) if age >= span else (0, 0)
                ), key
            if key in on_time:
                assert on_time[key] == delivery["completed_on_day"], key
    assert on_time


def test_the_forecast_is_kaplan_and_meiers(company: Company) -> None:
    for cohort in company.truth["cohorts"]:
        rows = company.rows(
            "select forecast.* from mart.completion_forecast as forecast inner join core.cohort using (cohort_id)"
            " where cohort.name = %s order by day_no",
            (f"{cohort['group']} {cohort['team']}",),
        )
        open_share = 1.0
        ages = [(company.as_of - moment(each["delivered_at"])).days for each in cohort["deliveries"]]
        for day in range(28):
            completed = sum(each["by_day"][day] for each in cohort["deliveries"])
            at_risk = sum(
                each["assigned"] - sum(each["by_day"][:day])
                for each, age in zip(cohort["deliveries"], ages, strict=True)
                if age >= day
            )
            if at_risk:
                open_share *= 1 - completed / at_risk
            assert (rows[day]["at_risk"], rows[day]["completed"]) == (at_risk, completed), day
            assert rows[day]["completed_share"] == pytest.approx(1 - open_share)
        open_then = rows[0]["back_test_open"]
        assert 0 < rows[0]["back_test_completed"] < open_then
        assert 0 < rows[0]["back_test_expected"] < open_then


def test_those_who_come_back_are_those_who_came_back(company: Company) -> None:
    for cohort in company.truth["cohorts"]:
        found: dict[str, list[int]] = {}
        for row in company.rows(
            "select retention.* from mart.cohort_retention as retention inner join core.cohort using (cohort_id)"
            " where cohort.name = %s order by start_week, week_no",
            (f"{cohort['group']} {cohort['team']}",),
        ):
            found.setdefault(row["start_week"].isoformat(), []).append(row["active"])
        assert found == cohort["triangle"]


def test_active_learners_are_counted_by_their_own_calendars(company: Company) -> None:
    found = {
        (row["grain"], row["period"].isoformat()): row
        for row in company.rows("select * from mart.active_learners where cohort_id = 0")
    }
    teams = {
        (row["grain"], row["period"].isoformat()): row["learners"]
        for row in company.rows(
            "select grain, period, sum(learners) as learners from mart.active_learners where cohort_id > 0"
            " group by grain, period"
        )
    }
    for grain, periods in company.truth["active"].items():
        for period, truth in periods.items():
            everybody = truth["learners"] + truth["guests"]
            assert (found[grain, period]["learners"] if everybody else 0) == everybody
            assert teams.get((grain, period), 0) == truth["learners"]
            if truth["learners"] and not truth["guests"]:
                assert found[grain, period]["stickiness"] == pytest.approx(truth["stickiness"])


def test_texts_are_those_that_were_written(company: Company) -> None:
    found = {
        row["name"]: row["texts"]
        for row in company.rows(
            "select cohort.name, count(*) as texts from mart.free_text_responses"
            " left join core.cohort_member using (learner_id) left join core.cohort"
            " on cohort_member.cohort_id = cohort.cohort_id group by cohort.name"
        )
    }
    assert sum(found.values()) > 100
    for each in company.truth["free_text"]["by_cohort"]:
        name = f"{each['cohort']['group']} {each['cohort']['team']}" if each["cohort"] else None
        assert found.get(name, 0) == each["texts"] + each["forms"], name


def test_flagged_responses_are_those_with_the_phrases(company: Company) -> None:
    flagged = Counter(
        {
            (row["name"], row["term"]): row["responses"]
            for row in company.rows(
                "select cohort.name, term, count(*) as responses from mart.flagged_responses"
                " left join core.cohort_member using (learner_id) left join core.cohort"
                " on cohort_member.cohort_id = cohort.cohort_id group by cohort.name, term"
            )
        }
    )
    assert flagged
    for each in company.truth["free_text"]["by_cohort"]:
        name = f"{each['cohort']['group']} {each['cohort']['team']}" if each["cohort"] else None
        for phrase, count in each["flagged"].items():
            assert flagged[name, phrase] == count, (name, phrase)


def test_the_pictures_of_the_page_are_of_this_company(company: Company) -> None:
    """LRS_WRITE_DOCS=1 draws them anew."""
    for name, mart in semantic_model().marts.items():
        try:
            points = company.rows(picture_of(name))
        except FileNotFoundError:
            continue
        drawn = bars(mart.title, [point["x"] for point in points], [round(point["y"], 6) for point in points])
        file = PICTURES / f"{name}.svg"
        if os.environ.get("LRS_WRITE_DOCS"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(drawn + "\n", encoding="utf-8")
        assert file.read_text(encoding="utf-8") == drawn + "\n", f"{file}: run this test with LRS_WRITE_DOCS=1"


def test_a_full_build_says_the_same(company: Company) -> None:
    followed = company.warehouse.marts()
    company.warehouse.refresh(company.as_of, "full")
    built = company.warehouse.marts()
    for mart, rows in built.items():
        assert followed[mart] == rows, mart
