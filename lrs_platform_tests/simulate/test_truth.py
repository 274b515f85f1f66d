"""The truth's counts are those that a plain computation from the lines gives, to the last one."""

from __future__ import annotations

import json
from calendar import monthrange
from collections import Counter
from statistics import correlation, fmean, median
from typing import Any

import pytest

from lrs_platform.simulate import Simulation
from lrs_platform_tests.simulate.lrs import (
    DAY,
    Lrs,
    Marts,
    days_between,
    local_day,
    longest_run,
    moment,
    monday,
    options,
)


@pytest.fixture
def truth(simulation: Simulation) -> dict[str, Any]:
    return simulation.truth


def test_quality(truth: dict[str, Any], simulation: Simulation, lines: list[bytes], lrs: Lrs, marts: Marts) -> None:
    quality = truth["quality"]
    assert marts.voided == set(quality["voided_ids"])
    assert len(marts.record) == quality["record"]
    assert len(marts.attempts) == quality["attempts"]
    unknown = [s for s in marts.record if s["object"]["id"].partition("/card/")[0] not in marts.cards]
    assert len(unknown) == quality["unknown_lessons"] > 0
    assert sum(len(t) for mail, t in marts.times.items() if mail not in marts.roster) == quality["orphans"] > 0
    latest: dict[str, int] = {}
    out_of_order = voidings_first = 0
    seen: set[str] = set()
    for statement in lrs.statements:
        at = moment(statement["timestamp"])
        if statement["verb"]["id"].endswith("/voided"):
            voidings_first += statement["object"]["id"] not in seen
            continue
        seen.add(statement["id"])
        if statement["id"] in marts.voided:
            continue
        person, _ = marts.person(statement["actor"])
        out_of_order += at < latest.get(person, at)
        latest[person] = max(at, latest.get(person, at))
    assert out_of_order == quality["out_of_order"]
    assert voidings_first == quality["voidings_first"]


def test_lesson_funnels_attempts_time_and_gain(truth: dict[str, Any], marts: Marts) -> None:
    for lesson in truth["lessons"]:
        attempts = marts.of_lesson(lesson["iri"])
        assert list(lesson["funnel"].values()) == marts.funnel(lesson["iri"], lesson["cards"])
        assert lesson["attempts"] == {
            "all": len(attempts),
            "started": sum(a.stage(lesson["cards"]) > 1 for a in attempts),
            "completed": sum(a.done_at is not None for a in attempts),
            "passed": sum(a.passed is True for a in attempts),
            "failed": sum(a.passed is False for a in attempts),
        }
        done = [a.on_task for a in attempts if a.done_at is not None]
        if done:
            assert lesson["time_on_task"]["median"] == pytest.approx(median(done) / 1000)
            assert lesson["time_on_task"]["mean"] == pytest.approx(fmean(done) / 1000)
        scores = [
            [a.score for a in mine if a.lesson == lesson["iri"] and a.score is not None]
            for mine in marts.by_person.values()
        ]
        repeated = [(mine[0], mine[-1]) for mine in scores if len(mine) > 1]
        assert lesson["learning_gain"]["people"] == len(repeated)
        if repeated:
            assert lesson["learning_gain"]["first"] == pytest.approx(fmean(first for first, _ in repeated))
            assert lesson["learning_gain"]["last"] == pytest.approx(fmean(last for _, last in repeated))


def test_card_drop_off(truth: dict[str, Any], marts: Marts) -> None:
    end = moment(truth["window"]["end"])
    cards = {lesson["iri"]: lesson["cards"] for lesson in truth["lessons"]}
    reached: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for attempt in marts.attempts.values():
        furthest = attempt.furthest(cards[attempt.lesson])
        reached.update(f"{attempt.lesson}/card/{number}" for number in range(1, furthest + 1))
        if furthest and attempt.done_at is None and attempt.last < end:
            left[f"{attempt.lesson}/card/{furthest}"] += 1
    for card in truth["cards"]:
        assert (card["reached"], card["left"]) == (reached[card["iri"]], left[card["iri"]])


def test_quiz_items_with_distractors_and_discrimination(truth: dict[str, Any], marts: Marts) -> None:
    compared = 0
    for item in truth["items"]:
        lesson, _, number = item["iri"].partition("/card/")
        card = int(number)
        first = [a.answers() for a in marts.first_attempts(lesson)]
        every = [a.answers() for a in marts.of_lesson(lesson)]
        for name, attempts in (("first", first), ("all", every)):
            answers = [answered[card] for answered in attempts if card in answered]
            assert item[name]["n"] == len(answers)
            assert item[name]["right"] == sum(answer["success"] for answer in answers)
            assert +Counter(item[name]["options"]) == options(answers)
        items = [int(row["Card"]) for row in marts.cards[lesson] if row["Card Type"] == "quiz"]
        if not items:  # the pilot is in no course file
            continue
        whole = [[answered[n]["success"] for n in items] for answered in first if all(n in answered for n in items)]
        own = [float(right[items.index(card)]) for right in whole]
        rest = [float(sum(right) - right[items.index(card)]) for right in whole]
        assert item["discrimination_n"] == len(whole)
        if item["discrimination"] is not None:
            assert item["discrimination"] == pytest.approx(correlation(own, rest))
            compared += 1
    assert compared > 40


def test_polls_forms_and_flagged_texts(truth: dict[str, Any], marts: Marts) -> None:
    kinds = {row["Card URL"]: row["Card Type"] for rows in marts.cards.values() for row in rows}
    polls: dict[str, Counter[str]] = {}
    forms: Counter[tuple[str, str]] = Counter()
    texts: Counter[tuple[str, str]] = Counter()
    flags: Counter[tuple[tuple[str, str], str]] = Counter()
    phrases = truth["free_text"]["flagged_phrases"]
    for statement in marts.record:
        iri = statement["object"]["id"]
        if not statement["verb"]["id"].endswith("/answered") or iri not in kinds:
            continue
        response = statement["result"]["response"]
        row = marts.roster.get(marts.person(statement["actor"])[0])
        cohort = (row["Group"], row["Team"]) if row else ("", "")
        if kinds[iri] == "poll":
            polls.setdefault(iri, Counter())[response] += 1
        elif kinds[iri] == "form":
            forms[cohort] += json.loads(response)["when"] != ""
        elif kinds[iri] == "free_text":
            texts[cohort] += 1
            flags.update((cohort, phrase) for phrase in phrases if phrase in response)
    for poll in truth["polls"]:
        if poll["iri"] in kinds:
            assert +Counter(poll["options"]) == polls.get(poll["iri"], Counter())
    for entry in truth["free_text"]["by_cohort"]:
        if entry["cohort"] is not None:
            cohort = (entry["cohort"]["group"], entry["cohort"]["team"])
            assert (entry["texts"], entry["forms"]) == (texts[cohort], forms[cohort])
            assert entry["flagged"] == {phrase: flags[cohort, phrase] for phrase in phrases}
    assert sum(forms.values()) > 100
    assert sum(flags.values()) > 5


def test_learners_streaks_identities_and_stalls(truth: dict[str, Any], marts: Marts) -> None:
    end = moment(truth["window"]["end"])
    cards = {lesson["iri"]: lesson["cards"] for lesson in truth["lessons"]}
    for learner in truth["learners"]:
        mail = learner["email"]
        mine = marts.by_person.get(mail, [])
        assert learner["statements"] == len(marts.times.get(mail, []))
        assert learner["attempts"] == len(mine)
        assert learner["actor_keys"] == sorted(marts.keys.get(mail, set()))
        assert learner["time_on_task_seconds"] == pytest.approx(sum(a.on_task for a in mine) / 1000)
        if learner["cohort"] is None:
            assert mail not in marts.roster
            continue
        row = marts.roster[mail]
        assigned = {lesson for lesson, _ in marts.schedule[row["Group"], row["Team"]]}
        done = {a.lesson for a in mine if a.done_at is not None}
        assert learner["lessons"] == {
            "assigned": len(assigned),
            "opened": len({a.lesson for a in mine}),
            "completed": len(done),
            "passed": len({a.lesson for a in mine if a.passed}),
        }
        days = marts.days(mail)
        today = local_day(end, row["Time Zone"])
        assert learner["days_active"] == len(days)
        assert learner["longest_streak"] == longest_run(days)
        assert learner["current_streak"] == _run_until(days, today)
        assert learner["segment"] == _segment(days, truth["window"]["end"][:10])
        assert learner["stalled_lessons"] == _stalled_lessons(marts, mail, end)
        stalled = None
        if assigned - done:
            if not mine:
                stalled = "never_started"
            elif max(marts.times[mail]) < end - 14 * DAY:
                tries = [a for a in mine if a.lesson == mine[-1].lesson]
                ended = [a.furthest(cards[a.lesson]) for a in tries]
                failed = [a for a in tries if a.passed is False]
                if mine[-1].lesson not in done and len(tries) > 1 and ended[-1] == ended[-2]:
                    stalled = "stuck_on_card"
                elif len(failed) > 1 and not any(a.passed for a in tries):
                    stalled = "discouraged"
                else:
                    stalled = "went_quiet"
        assert learner["stalled"] == stalled


def test_cohort_progress_and_retention(truth: dict[str, Any], marts: Marts) -> None:
    end = moment(truth["window"]["end"])
    for cohort in truth["cohorts"]:
        name = cohort["group"], cohort["team"]
        members = [mail for mail, row in marts.roster.items() if (row["Group"], row["Team"]) == name]
        assert cohort["learners"] == len(members)
        sent = marts.schedule[name]
        assert [(d["lesson_iri"], moment(d["delivered_at"])) for d in cohort["deliveries"]] == sent
        for delivery, (lesson, at) in zip(cohort["deliveries"], sent, strict=True):
            done = [when for mail in members if (when := marts.completed_at(mail, lesson)) is not None]
            day = local_day(at, cohort["time_zone"])
            by_zone = [(marts.completed_at(mail, lesson), marts.roster[mail]["Time Zone"]) for mail in members]
            assert delivery["assigned"] == len(members)
            assert delivery["completed"] == len(done)
            assert delivery["within_24h"] == sum(when <= at + DAY for when in done)
            assert delivery["within_7d"] == sum(when <= at + 7 * DAY for when in done)
            on_day = [when is not None and local_day(when, zone) <= day for when, zone in by_zone]
            assert delivery["completed_on_day"] == sum(on_day)
            after = Counter(max(0, when - at) // DAY for when in done)
            assert delivery["by_day"] == [after[k] for k in range(28)]
        start = local_day(sent[0][1], cohort["time_zone"])
        assert cohort["retention"]["first_day"] == start
        weeks = days_between(start, local_day(end, cohort["time_zone"])) // 7
        active = [{days_between(start, day) // 7 for day in marts.days(mail)} for mail in members]
        assert cohort["retention"]["active"] == [sum(week in mine for mine in active) for week in range(weeks)]
        assert cohort["retention"]["still"] == [
            sum(max(mine, default=-1) >= week for mine in active) for week in range(weeks)
        ]
        begun = [{monday(day) for day in marts.days(mail)} for mail in members]
        for start, row in cohort["triangle"].items():
            mine = [weeks_of for weeks_of in begun if min(weeks_of, default="") == start]
            assert row[0] == len(mine) > 0
            assert len(row) == days_between(start, truth["window"]["end"][:10]) // 7 + 1
            for number, count in enumerate(row):
                assert count == sum(any(days_between(start, w) == 7 * number for w in weeks_of) for weeks_of in mine)
        assert sum(row[0] for row in cohort["triangle"].values()) == sum(bool(weeks_of) for weeks_of in begun)


def test_active_learners_by_day_week_and_month(truth: dict[str, Any], marts: Marts) -> None:
    for period in ("day", "week", "month"):
        assert {name: counts["learners"] for name, counts in truth["active"][period].items()} == marts.active(period)
    daily = marts.active("day")
    for grain in ("week", "month"):
        for first, counts in truth["active"][grain].items():
            length = 7 if grain == "week" else monthrange(int(first[:4]), int(first[5:7]))[1]
            days = [n for day, n in daily.items() if 0 <= days_between(first, day) < length]
            assert counts["stickiness"] == pytest.approx(sum(days) / length / counts["learners"])


def test_every_figure_has_a_definition(truth: dict[str, Any]) -> None:
    defined = " ".join(truth["definitions"])
    for part in ("quality", "lessons", "cards", "items", "polls", "free_text", "cohorts", "active", "learners"):
        assert part in defined
        assert part in truth


def _run_until(days: list[str], today: str) -> int:
    """Days in a row up to today or yesterday."""
    behind = {days_between(day, today) for day in days}
    back = 0 if 0 in behind else 1
    run = 0
    while back + run in behind:
        run += 1
    return run


def _segment(days: list[str], today: str) -> str:
    behind = [days_between(day, today) for day in days]
    if not behind:
        return "never_active"
    if min(behind) >= 28:
        return "dormant"
    if min(behind) >= 7:
        return "at_risk"
    if max(behind) < 7:
        return "new"
    return "regular" if sum(back < 28 for back in behind) > 3 else "occasional"


def _stalled_lessons(marts: Marts, mail: str, end: int) -> dict[str, int]:
    row = marts.roster[mail]
    delivered = dict(marts.schedule[row["Group"], row["Team"]])
    counts = {"failed_repeatedly": 0, "stopped": 0, "opened_only": 0, "never_opened": 0}
    for lesson, at in delivered.items():
        tries = [a for a in marts.by_person.get(mail, []) if a.lesson == lesson]
        verdicts = [a.passed for a in tries]
        if verdicts.count(False) >= 2 and verdicts[-1] is False and True not in verdicts:
            counts["failed_repeatedly"] += 1
        elif not tries:
            counts["never_opened"] += at <= end - 7 * DAY
        elif all(a.done_at is None for a in tries) and max(a.last for a in tries) <= end - 3 * DAY:
            only = all(verb == "launched" for a in tries for _, verb, *_ in a.events)
            counts["opened_only" if only else "stopped"] += 1
    return counts
