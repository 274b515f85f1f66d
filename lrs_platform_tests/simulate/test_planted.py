"""What was planted can be found again in the data, within an error that chance explains.

Bounds: a figure that is drawn from a known chance lies within four standard errors of it (1 in 16,000 falls outside
by chance; the seed is fixed, so a test that passes goes on to pass), and sums of squares are near their expectation.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lrs_platform.simulate import CLEAN, Simulation, simulate
from lrs_platform_tests.simulate.lrs import Lrs, Marts


@pytest.fixture(scope="module")
def clean() -> Simulation:
    """Without mishaps, so that nothing but the model stands behind the figures."""
    return simulate(31, 320, 63, lessons=12, rates=CLEAN)


@pytest.fixture(scope="module")
def marts(clean: Simulation) -> Marts:
    lrs = Lrs()
    lrs.receive(clean.statements())
    return Marts(lrs, clean.roster_csv(), clean.lessons_csv(), clean.schedule_csv())


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def slope(points: list[tuple[float, bool]]) -> float:
    """Maximum-likelihood a of P = logistic(a (x - b)), by Newton's method."""
    a, intercept = 1.0, 0.0
    for _ in range(25):
        chances = [(x, right - (p := logistic(intercept + a * x)), p * (1 - p)) for x, right in points]
        g0, g1 = sum(g for _, g, _ in chances), sum(g * x for x, g, _ in chances)
        h0, h1, h2 = (sum(w * x**power for x, _, w in chances) for power in range(3))
        intercept += (h2 * g0 - h1 * g1) / (h0 * h2 - h1 * h1)
        a += (h0 * g1 - h1 * g0) / (h0 * h2 - h1 * h1)
    return a


def shift(points: list[tuple[float, float, bool]]) -> tuple[float, float]:
    """Maximum-likelihood d of P = logistic(a (x + d)) over (a, x, right), and its standard error."""
    d = information = 0.0
    for _ in range(25):
        chances = [(a, right, logistic(a * (x + d))) for a, x, right in points]
        information = sum(a * a * p * (1 - p) for a, _, p in chances)
        d += sum(a * (right - p) for a, right, p in chances) / information
    return d, 1 / math.sqrt(information)


def test_difficulty_and_discrimination_are_recovered_from_first_answers(clean: Simulation, marts: Marts) -> None:
    ability = {person["email"]: person["ability"] for person in clean.truth["learners"]}
    errors: list[float] = []
    slopes: list[float] = []
    for item in clean.truth["items"]:
        lesson, _, number = item["iri"].partition("/card/")
        answers = [(ability[a.person], a.answers().get(int(number))) for a in marts.first_attempts(lesson)]
        points = [(theta, bool(answer["success"])) for theta, answer in answers if answer is not None]
        if len(points) < 150:
            continue
        easiness, error = shift([(item["a"], theta, right) for theta, right in points])
        errors.append((-easiness - item["b"]) / error)
        slopes.append(slope(points) / item["a"])
        assert abs(-easiness - item["b"]) < 4 * error < 1.5, item["iri"]
    assert len(errors) > 30
    assert 0.6 < sum(e * e for e in errors) / len(errors) < 1.5  # 1 where the errors are those of chance
    assert sum(slopes) / len(slopes) == pytest.approx(1.0, abs=0.1)


def test_right_answers_are_as_many_as_their_planted_chances_say(simulation: Simulation) -> None:
    for item in simulation.truth["items"]:
        for answers in (item["first"], item["all"]):
            n, expected = answers["n"], answers["expected_right"]
            if n >= 100:
                assert abs(answers["right"] - expected) < 4 * math.sqrt(expected * (n - expected) / n)


def test_drop_off_is_recovered(clean: Simulation) -> None:
    squares = []
    for card in clean.truth["cards"]:
        n, expected, left = card["reached"], card["expected_left"], card["left"]
        if n < 150:
            continue
        error = math.sqrt(expected * (1 - expected / n))
        assert abs(left - expected) < 4 * error, card["iri"]
        squares.append(((left - expected) / error) ** 2)
        # The planted hazard is that of average people: those who came so far are more motivated, so up to a fifth less.
        assert -4 * error / n - 0.25 * card["hazard"] < left / n - card["hazard"] < 4 * error / n + 0.02
    assert len(squares) > 80
    assert 0.6 < sum(squares) / len(squares) < 1.5


def test_retention_is_recovered_until_the_last_deliveries(clean: Simulation) -> None:
    """Somebody who has not left opens something nearly every week, so the last statement shows when they left."""
    still = stayed = 0
    expected = 0.0
    learners = 0
    for cohort in clean.truth["cohorts"]:
        retention = cohort["retention"]
        week = 4  # two weeks before the last deliveries
        still += retention["still"][week]
        stayed += retention["planted_stayed"][week]
        expected += retention["planted_survival"][week] * cohort["learners"]
        learners += cohort["learners"]
    assert 0 <= (stayed - still) / learners < 0.04
    # Beside those who went quiet by their weekly hazard, some left discouraged or stuck on a card.
    other = sum(person["left_because"] in ("discouraged", "stuck_on_card") for person in clean.truth["learners"])
    spread = 4 * math.sqrt(expected * (1 - expected / learners))
    assert expected - other - spread < stayed < expected + spread


def test_streak_makers_have_the_streaks(clean: Simulation) -> None:
    by_disposition: dict[str, list[int]] = {}
    for person in clean.truth["learners"]:
        by_disposition.setdefault(person["disposition"], []).append(person["longest_streak"])
    makers, regulars = by_disposition["streak"], by_disposition["regular"]
    assert min(makers) > 14  # a day is missed once in 33 days on average, and the window is nine weeks
    assert sum(regulars) / len(regulars) < 7


def test_planted_reasons_of_stalling_are_found(clean: Simulation) -> None:
    """Among those who left 14 days before the end or earlier, with a lesson left to do."""
    latest = datetime.fromisoformat(clean.truth["window"]["end"]) - timedelta(days=14)
    pairs: list[tuple[Any, Any]] = [
        (person["left_because"], person["stalled"])
        for person in clean.truth["learners"]
        if person["left_because"] and datetime.fromisoformat(person["left_at"]) < latest and person["stalled"]
    ]
    for reason, least in (("never_started", 1.0), ("stuck_on_card", 0.9), ("discouraged", 0.8), ("went_quiet", 0.8)):
        found = [stalled == planted for planted, stalled in pairs if planted == reason]
        assert found, reason
        assert sum(found) / len(found) >= least, reason


def test_what_an_attempt_teaches_is_recovered(clean: Simulation, marts: Marts) -> None:
    """Ability and items being known, answers after one completed attempt say how many logits it added: 0.6 planted."""
    ability = {person["email"]: person["ability"] for person in clean.truth["learners"]}
    items = {item["iri"]: (item["a"], item["b"]) for item in clean.truth["items"]}
    answers: list[tuple[float, float, bool]] = []  # discrimination, ability less difficulty, right
    for mine in marts.by_person.values():
        completed: set[str] = set()
        twice: set[str] = set()
        for attempt in mine:
            if attempt.lesson in completed - twice:
                for card, answer in attempt.answers().items():
                    if "success" in answer:
                        a, b = items[f"{attempt.lesson}/card/{card}"]
                        answers.append((a, ability[attempt.person] - b, answer["success"]))
            if attempt.done_at is not None or attempt.passed is False:
                (twice if attempt.lesson in completed else completed).add(attempt.lesson)
    gain, error = shift(answers)
    assert len(answers) > 1000
    assert abs(gain - 0.6) < 4 * error < 0.4


def test_nights_are_quiet_where_the_learner_lives(clean: Simulation, marts: Marts) -> None:
    hours = [0] * 24
    for person in clean.truth["learners"]:
        zone = ZoneInfo(person["time_zone"])
        for at in marts.times.get(person["email"], []):
            hours[datetime.fromtimestamp(at / 1000, zone).hour] += 1
    assert sum(hours[1:5]) < 0.03 * sum(hours)
    assert sum(hours[7:22]) > 0.85 * sum(hours)
