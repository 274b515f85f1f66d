"""Whatever dies, stalls, fills up or is cut off while statements come in: what was acknowledged is stored, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lrs_platform.chaos import SOUND, chaos
from lrs_platform.chaos.faults import FAULTS, KILLED

if TYPE_CHECKING:
    from lrs_platform_tests.conftest import Platform

SHORT = (
    *(f"kill:{name}" for name in KILLED),
    "stall:redis",
    "stall:warehouse",
    "slow:warehouse",
    "full:memory",
    "full:disk",
    "cut:connections",
    "clock:back",
)


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.parametrize("fault", SHORT)
def test_nothing_acknowledged_is_lost_doubled_or_out_of_place(platform: Platform, fault: str) -> None:
    assert chaos(rounds=1, seed=len(fault), seconds=3.0, only=fault) == SOUND
    platform.wait_until_well()


def test_a_fault_that_is_none_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="kill:gateway") as told:
        chaos(rounds=1, seed=1, only="earthquake")
    assert all(fault.name in str(told.value) for fault in FAULTS)
