"""A plan follows from the costs by arithmetic, and more work never needs less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lrs_platform.capacity import costs as costs_module
from lrs_platform.capacity.costs import load_costs, renewed
from lrs_platform.capacity.planning import Workload, loader_limit, plan
from lrs_platform.cli import app

COSTS = load_costs()
FILE = Path(costs_module.__file__).with_name("costs.yaml")


def test_the_cores_of_accepting_are_the_costs_times_the_rate() -> None:
    workload = Workload(1000, statements_per_day=8_640_000, peak=10, batch=1)
    assert workload.peak_rate == pytest.approx(1000)
    needs = {need.process: need for need in plan(workload, COSTS).needs}
    one = COSTS.accepting["gateway"].of(1)
    assert needs["gateway"].cores == pytest.approx(1000 * one)


def test_a_small_company_fits_one_machine_and_a_very_large_one_does_not() -> None:
    assert plan(Workload(2000, 40_000), COSTS).fits_one_machine
    large = plan(Workload(10_000_000, 500_000_000), COSTS)
    assert not large.fits_one_machine
    assert large.logs > 1


def test_disk_is_bytes_times_statements() -> None:
    made = plan(Workload(1, 1_000_000, keep_days=100, log_hours=24), COSTS)
    a_statement = COSTS.bytes["record"] + COSTS.bytes["events"] + COSTS.bytes["marts"]
    assert made.postgres_disk == pytest.approx(1.5 * 100e6 * a_statement)
    assert made.log_memory == pytest.approx(1e6 * COSTS.bytes["log_memory"])


@settings(deadline=None, max_examples=100)
@given(
    st.floats(1, 1e9), st.floats(1, 4), st.sampled_from([1.0, 10.0, 50.0]), st.sampled_from([0.3, 0.6, 0.9]),
)  # fmt: skip
def test_more_work_never_needs_less(statements: float, more: float, batch: float, busy: float) -> None:
    less = plan(Workload(1, statements, batch=batch), COSTS, busy=busy)
    greater = plan(Workload(1, statements * more, batch=batch), COSTS, busy=busy)
    assert greater.logs >= less.logs
    assert greater.postgres_disk >= less.postgres_disk
    for small, large in zip(less.needs, greater.needs, strict=True):
        assert large.count >= small.count
    assert all(need.cores <= need.count for need in less.needs if need.process == "gateway")


def test_more_batches_in_flight_load_more() -> None:
    limits = [loader_limit(COSTS, batch_size=5000, in_flight=number) for number in (1, 2, 4)]
    assert limits == sorted(limits)
    assert COSTS.measured["load_per_s"] < limits[1], "more cores than the measurement had can only load more"


def result(directory: Path, name: str, content: dict[str, Any]) -> None:
    machine = {"cpus": 4, "cpu": "a CPU", "memory_gb": 8.0, "system": "Linux"}
    document = {"name": name, "at": "2027-01-02T03:04:05+00:00", "command": f"sh lrs bench {name}", "machine": machine}
    (directory / f"20270102T030405Z-{name}.json").write_text(json.dumps({**document, **content}))


def test_costs_are_renewed_from_the_results_of_bench(tmp_path: Path) -> None:
    row = {"lrs": "this", "statements_per_s": 5.0, "p95_ms": 1.0, "redis_cpu_us": 10.0, "generator_cpu_us": 1.0}
    result(tmp_path, "accept", {"medians": [
        {**row, "shape": "PUT of 1 x 8", "gateway_cpu_us": 149.0},
        {**row, "shape": "POST of 50 x 16", "gateway_cpu_us": 51.0},
        {**row, "shape": "PUT of 1 x 8", "lrs": "another", "gateway_cpu_us": 9.0},
    ]})  # fmt: skip
    parts = dict.fromkeys(("redis", "code-server", "python", "warehouse", "postgres"), 20.0)
    result(tmp_path, "load", {"medians": {
        "loader_per_s": 20_000.0, "loader_cpu_us": 100.0, **{f"{name}_cpu_us": cost for name, cost in parts.items()},
    }})  # fmt: skip
    told = renewed(yaml.safe_load(FILE.read_text(encoding="utf-8")), tmp_path)
    assert told["accepting"]["gateway"] == {"request": 100.0, "statement": 49.0}  # 149 = a + b, 50 x 51 = a + 50 b
    assert told["loading"]["postgres"]["statement"] == 20.0
    assert told["disk_wait"] == 25.0  # 50 us by the clock, 100 of CPU on 4 cores
    assert told["measured"]["machine"].startswith("4 CPUs")
    assert plan(Workload(1, 1000), costs_module.costs_of(told)).needs


def test_costs_that_were_not_measured_are_said_to_be_missing(tmp_path: Path) -> None:
    asked = CliRunner().invoke(app, ["capacity", "--measured", str(tmp_path)])
    assert asked.exit_code == 1
    assert "sh lrs bench accept" in asked.output


def test_the_command_prints_what_is_needed() -> None:
    asked = CliRunner().invoke(app, ["capacity", "--learners", "5000", "--statements-per-day", "100000"])
    assert asked.exit_code == 0, asked.output
    assert "one machine" in asked.output
    assert "gateway" in asked.output
