"""One simulated company for all tests of this folder, and what a plain LRS makes of its lines."""

from __future__ import annotations

import pytest

from lrs_platform.simulate import Simulation, simulate
from lrs_platform_tests.simulate.lrs import Lrs, Marts


def found(seed: int = 26) -> Simulation:
    """Some 30,000 lines: 6 cohorts, 12 lessons, nine weeks."""
    return simulate(seed, 150, 63, lessons=12)


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    return found()


@pytest.fixture(scope="session")
def lines(simulation: Simulation) -> list[bytes]:
    return list(simulation.statements())


@pytest.fixture(scope="session")
def lrs(lines: list[bytes]) -> Lrs:
    lrs = Lrs()
    lrs.receive(lines)
    return lrs


@pytest.fixture(scope="session")
def marts(simulation: Simulation, lrs: Lrs) -> Marts:
    return Marts(lrs, simulation.roster_csv(), simulation.lessons_csv(), simulation.schedule_csv())
