"""What an LRS receives: valid where it should be, wrong where it should be, the same for the same seed."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest

from lrs_platform.simulate import CLEAN, Simulation, simulate
from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version
from lrs_platform_tests.simulate.conftest import found
from lrs_platform_tests.simulate.lrs import Lrs


def test_the_same_seed_gives_the_same_bytes(simulation: Simulation, lines: list[bytes]) -> None:
    again = found()
    assert list(again.statements()) == lines
    assert again.truth == simulation.truth
    assert again.roster_csv() == simulation.roster_csv()
    assert again.lessons_csv() == simulation.lessons_csv()
    assert again.schedule_csv() == simulation.schedule_csv()


def test_another_seed_gives_other_people_and_statements(lines: list[bytes]) -> None:
    other = simulate(21, 20, 20, lessons=3)
    assert not {json.loads(line)["id"] for line in other.statements() if line.endswith(b"}")} & {
        line[7:43].decode() for line in lines
    }


def test_one_more_learner_leaves_the_life_of_the_others_as_it_was() -> None:
    few, more = (simulate(4, learners, 20, lessons=3, rates=CLEAN) for learners in (30, 31))
    lives = [
        {person["email"]: (person["statements"], person["attended_seconds"]) for person in made.truth["learners"]}
        for made in (few, more)
    ]
    roster = [person["email"] for person in few.truth["learners"][:30]]
    assert [lives[0][mail] for mail in roster] == [lives[1][mail] for mail in roster]


@pytest.mark.parametrize("version", list(Version))
def test_every_line_is_valid_except_the_planted_ones_which_are_refused_at_their_property(
    simulation: Simulation, lines: list[bytes], version: Version
) -> None:
    planted = {entry["line"]: entry["property"] for entry in simulation.truth["quality"]["rejected_lines"]}
    refused = {}
    for number, line in enumerate(lines, start=1):
        try:
            parse(line, version)
        except StatementInvalid as error:
            refused[number] = error.property
    assert refused == planted


def test_every_kind_of_flaw_is_planted(simulation: Simulation) -> None:
    flaws = Counter(entry["flaw"] for entry in simulation.truth["quality"]["rejected_lines"])
    assert len(flaws) == 12
    assert max(flaws.values()) - min(flaws.values()) <= 1


def test_lines_come_in_the_order_of_their_arrival(simulation: Simulation) -> None:
    arrivals = list(simulation.arrivals())
    assert len(arrivals) == len(simulation)
    assert all(earlier <= later for earlier, later in pairwise(arrivals))


def test_mishaps_come_at_their_rates(simulation: Simulation) -> None:
    quality = simulation.truth["quality"]
    accepted = quality["accepted"]
    assert quality["duplicates"] / accepted == pytest.approx(0.02, rel=0.1)
    assert quality["conflicts"] / accepted == pytest.approx(0.01, rel=0.1)
    assert quality["rejected"] / accepted == pytest.approx(0.001, rel=0.35)
    assert 0.002 < quality["voided"] / accepted < 0.005
    assert 0.02 < quality["late"] / accepted < 0.12
    assert 0.01 < quality["out_of_order"] / accepted < 0.08
    assert quality["voidings_first"] > 0


def test_clean_traffic_has_no_mishaps() -> None:
    made = simulate(4, 40, 20, lessons=3, rates=CLEAN)
    quality = made.truth["quality"]
    assert quality["lines"] == quality["accepted"] == quality["record"] > 500
    for name in ("duplicates", "conflicts", "rejected", "voided", "late"):
        assert quality[name] == 0


def test_a_plain_lrs_counts_duplicates_conflicts_and_refusals_as_the_truth_says(
    simulation: Simulation, lrs: Lrs
) -> None:
    quality = simulation.truth["quality"]
    assert len(lrs.raw) == quality["accepted"]
    assert lrs.duplicates == quality["duplicates"]
    assert sorted(lrs.conflict_ids) == sorted(quality["conflict_ids"])
    assert len(lrs.rejected) == quality["rejected"]
    assert len(lrs.raw) + lrs.duplicates + len(lrs.conflict_ids) + len(lrs.rejected) == quality["lines"]


def test_a_company_is_not_made_of_less_than_one_learner_day_or_lesson() -> None:
    for learners, days, lessons in ((0, 5, 5), (5, 0, 5), (5, 5, 0)):
        with pytest.raises(ValueError, match="at least 1"):
            simulate(1, learners, days, lessons=lessons)


@pytest.mark.parametrize(("learners", "days", "lessons"), [(1, 1, 1), (30, 1, 1), (30, 7, 20), (2, 400, 3)])
def test_odd_sizes_make_a_company_whose_truth_holds(learners: int, days: int, lessons: int) -> None:
    made = simulate(9, learners, days, lessons=lessons)
    received = Lrs()
    received.receive(made.statements())
    assert len(received.raw) == made.truth["quality"]["accepted"]
    assert len(made.truth["learners"]) == learners + 1  # and one guest
