"""What was planted can be found again in the data, within an error that chance explains.

Bounds: a figure that is drawn from a known chance lies within four standard errors of it (1 in 16,000 falls outside
by chance; the seed is fixed, so a test that passes goes on to pass), and sums of squares are near their expectation.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lrs_platform.simulate import CLEAN, Simulation, simulate
from lrs_platform_tests.simulate.lrs import Lrs, Marts


@pytest.fixture(scope="module")
def clean() -> Simulation:
    """Without mishaps, so that nothing but the model stands behind the figures."""
    return simulate(31, 400, 84, lessons=12, rates=CLEAN)


@pytest.fixture(scope="module")
def marts(clean: Simulation) -> Marts:
    lrs = Lrs()
    lrs.receive(clean.statements())
    return Marts(lrs, clean.roster_csv(), clean.lessons_csv(), clean.schedule_csv())


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def fit(points: list[tuple[float, bool]]) -> tuple[float, float, float]:
    """Maximum-likelihood a and b of P = logistic(a (x - b)), by Newton's method; and the standard error of b."""
    slope, intercept = 1.0, 0.0
    for _ in range(25):
        g0 = g1 = h00 = h01 = h11 = 0.0
        for x, right in points:
            p = logistic(intercept + slope * x)
            w = p * (1 - p)
            g0 += right - p
            g1 += (right - p) * x
            h00 += w
            h01 += w * x
            h11 += w * x * x
        det = h00 * h11 - h01 * h01
        intercept += (h11 * g0 - h01 * g1) / det
        slope += (h00 * g1 - h01 * g0) / det
    b = -intercept / slope
    # Delta method: variance of -intercept / slope from the inverse of the information matrix.
    variance = (h11 - 2 * b * h01 + b * b * h00) / det / slope**2
    return slope, b, math.sqrt(variance)


def test_difficulty_and_discrimination_are_recovered_from_first_answers(clean: Simulation, marts: Marts) -> None:
    ability = {person["email"]: person["ability"] for person in clean.truth["learners"]}
    errors: list[float] = []
    slopes: list[tuple[float, float]] = []
    for item in clean.truth["items"]:
        lesson, _, number = item["iri"].partition("/card/")
        answers = [(ability[a.person], a.answers().get(int(number))) for a in marts.first_attempts(lesson)]
        points = [(theta, bool(answer["success"])) for theta, answer in answers if answer is not None]
        if len(points) < 150:
            continue
        a, b, error = fit(points)
        errors.append((b - item["b"]) / error)
        slopes.append((a, item["a"]))
        assert abs(b - item["b"]) < 4 * error, item["iri"]
    assert len(errors) > 30
    assert 0.6 < sum(e * e for e in errors) / len(errors) < 1.5  # 1 where the errors are those of chance
    assert sum(fitted / planted for fitted, planted in slopes) / len(slopes) == pytest.approx(1.0, abs=0.1)


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
        week = 6
        still += retention["still"][week]
        stayed += retention["planted_stayed"][week]
        expected += retention["planted_survival"][week] * cohort["learners"]
        learners += cohort["learners"]
    assert 0 <= (stayed - still) / learners < 0.05
    # Beside those who went quiet by their weekly hazard, some left discouraged or stuck on a card.
    other = sum(person["left_because"] in ("discouraged", "stuck_on_card") for person in clean.truth["learners"])
    spread = 4 * math.sqrt(expected * (1 - expected / learners))
    assert expected - other - spread < stayed < expected + spread


def test_streak_makers_have_the_streaks(clean: Simulation) -> None:
    by_disposition: dict[str, list[int]] = {}
    for person in clean.truth["learners"]:
        by_disposition.setdefault(person["disposition"], []).append(person["longest_streak"])
    makers, regulars = by_disposition["streak"], by_disposition["regular"]
    assert min(makers) > 14  # a day is missed once in 33 days on average, and the window is twelve weeks
    assert sum(regulars) / len(regulars) < 7


def test_planted_reasons_of_stalling_are_found(clean: Simulation) -> None:
    """Among those who left at least 14 days before the end, having started, with a lesson left to do."""
    end = clean.truth["window"]["end"]
    pairs: list[tuple[Any, Any]] = [
        (person["left_because"], person["stalled"])
        for person in clean.truth["learners"]
        if person["left_because"] and person["left_at"][:10] < end[:8] and person["stalled"]
    ]
    for reason, least in (("never_started", 1.0), ("stuck_on_card", 0.8), ("discouraged", 0.7), ("went_quiet", 0.75)):
        found = [stalled == planted for planted, stalled in pairs if planted == reason]
        assert len(found) >= 3, reason
        assert sum(found) / len(found) >= least, reason


def test_people_learn_between_attempts(clean: Simulation) -> None:
    gains = [lesson["learning_gain"] for lesson in clean.truth["lessons"] if lesson["learning_gain"]["people"]]
    people = sum(gain["people"] for gain in gains)
    assert people > 200
    assert 0.05 < sum(gain["gain"] * gain["people"] for gain in gains) / people < 0.5


def test_nights_are_quiet_where_the_learner_lives(clean: Simulation, marts: Marts) -> None:
    hours = [0] * 24
    for person in clean.truth["learners"]:
        zone = ZoneInfo(person["time_zone"])
        for at in marts.times.get(person["email"], []):
            hours[datetime.fromtimestamp(at / 1000, zone).hour] += 1
    assert sum(hours[1:5]) < 0.03 * sum(hours)
    assert sum(hours[7:22]) > 0.85 * sum(hours)
