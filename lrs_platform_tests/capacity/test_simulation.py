"""The simulation agrees with queueing theory where that has an answer, and with what was measured."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from lrs_platform.capacity.costs import load_costs
from lrs_platform.capacity.picture import SERIES, picture, waits
from lrs_platform.capacity.simulation import Deployment, Traffic, simulate, single_server

COSTS = load_costs()
# The model knows no checkpoints, caches or kernel, so it is faster than the machine; by how much stands in
# docs/scale.md.
OPTIMISM = 1.35


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_a_single_server_waits_as_long_as_queueing_theory_says(load: float) -> None:
    """M/M/1: the mean time in the system is 1 / (mu - lambda)."""
    mean = single_server(arrivals_per_s=10 * load, services_per_s=10, customers=30_000, seed=3)
    assert mean == pytest.approx(1 / (10 - 10 * load), rel=0.1)


@pytest.mark.parametrize(
    ("traffic", "measured"),
    [(Traffic(batch=1, connections=8), "put_per_s"), (Traffic(batch=50, connections=16), "post_per_s")],
)
def test_accepting_is_as_fast_as_was_measured(traffic: Traffic, measured: str) -> None:
    outcome = simulate(Deployment(cores=2), traffic, COSTS, seconds=4, loading=False)
    assert 1 / OPTIMISM < outcome.accepted_per_s / COSTS.measured[measured] < OPTIMISM


def test_loading_a_backlog_is_as_fast_as_was_measured() -> None:
    outcome = simulate(Deployment(cores=2), Traffic(), COSTS, seconds=30, backlog=300_000)
    assert 1 / OPTIMISM < outcome.loaded_per_s / COSTS.measured["load_per_s"] < OPTIMISM


def test_what_comes_in_below_the_limit_is_loaded_and_nothing_piles_up() -> None:
    outcome = simulate(Deployment(cores=2), Traffic(rate=500), COSTS, seconds=15)
    assert outcome.loaded_per_s == pytest.approx(500, rel=0.1)
    assert outcome.backlog < 200


def test_beyond_the_limit_of_one_gateway_more_cores_do_not_help_and_more_gateways_do() -> None:
    rate = Traffic(rate=4000)
    one, other = (simulate(Deployment(cores=cores), rate, COSTS, seconds=4) for cores in (8, 32))
    assert one.limit == other.limit == "gateway"
    assert one.accepted_per_s == pytest.approx(other.accepted_per_s, rel=0.05)
    assert one.accepted_per_s < 3500
    three = simulate(Deployment(cores=8, gateways=3), rate, COSTS, seconds=4)
    assert three.accepted_per_s == pytest.approx(4000, rel=0.1)


def test_a_second_log_loads_more_where_cores_and_disk_allow() -> None:
    roomy = {"cores": 32, "disk_share": 0.1}
    one, two = (
        simulate(Deployment(logs=logs, **roomy), Traffic(), COSTS, seconds=10, backlog=1_000_000)  # type: ignore[arg-type]
        for logs in (1, 2)
    )
    assert two.loaded_per_s > 1.6 * one.loaded_per_s


def test_the_same_seed_gives_the_same_run() -> None:
    runs = [simulate(Deployment(), Traffic(rate=300), COSTS, seconds=3, seed=7).fresh_ms for _ in range(2)]
    assert runs[0] == runs[1]


def test_the_picture_is_drawn_from_the_simulation() -> None:
    drawn = ElementTree.fromstring(picture(COSTS, series=SERIES[:1], rates=(100, 500)))
    lines = drawn.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(str(line.get("points")).split()) for line in lines] == [2, 2]
    assert len(waits(SERIES[0], COSTS, (100, 500))) == 2


def test_the_picture_of_the_page_is_there_with_every_deployment() -> None:
    kept = (Path(__file__).resolve().parents[2] / "docs/images/scale/saturation.svg").read_text(encoding="utf-8")
    assert all(series.name in kept for series in SERIES)
