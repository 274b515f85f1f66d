"""The measured costs: read from costs.yaml, renewed from results of `lrs bench`.

Belongs here: the figures and where they come from. Not here: what follows from them (planning.py, simulation.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

SHAPES = {"PUT of 1 x 8": 1, "POST of 50 x 16": 50}  # of `lrs bench accept`: statements in a request


@dataclass(frozen=True, slots=True)
class Linear:
    """CPU seconds of one unit (a request, a batch) and of each statement in it."""

    unit: float
    statement: float

    def of(self, statements: float) -> float:
        """Seconds for one unit of so many statements."""
        return self.unit + self.statement * statements


@dataclass(frozen=True)
class Costs:
    """Seconds, bytes and megabytes. `accepting` and `loading` by process."""

    accepting: Mapping[str, Linear]
    loading: Mapping[str, Linear]
    disk_wait: float
    reading: Mapping[str, float]
    marts_refresh: float
    marts_run: float
    bytes: Mapping[str, int]
    memory_mb: Mapping[str, int]
    measured: Mapping[str, Any]


def load_costs(path: Path | None = None) -> Costs:
    """The figures of a file, else those that came with this release."""
    text = path.read_text(encoding="utf-8") if path else files(__package__).joinpath("costs.yaml").read_text("utf-8")
    return costs_of(yaml.safe_load(text))


def costs_of(told: Mapping[str, Any]) -> Costs:
    """The figures in seconds, as they are in the file in microseconds and milliseconds."""
    return Costs(
        accepting={name: Linear(cost["request"] / 1e6, cost["statement"] / 1e6)
                   for name, cost in told["accepting"].items()},
        loading={name: Linear(cost["batch"] / 1e6, cost["statement"] / 1e6) for name, cost in told["loading"].items()},
        disk_wait=told["disk_wait"] / 1e6,
        reading={name: ms / 1e3 for name, ms in told["reading"].items()},
        marts_refresh=told["marts"]["refresh"],
        marts_run=told["marts"]["run"],
        bytes=told["bytes"],
        memory_mb=told["memory_mb"],
        measured=told["measured"],
    )  # fmt: skip


def renewed(told: dict[str, Any], directory: Path) -> dict[str, Any]:
    """The content of costs.yaml with what the newest results in `directory` say.

    Raises FileNotFoundError where one of `accept` and `load` was not measured there.
    """
    accept, load = _newest(directory, "accept"), _newest(directory, "load")
    rows = {SHAPES[row["shape"]]: row for row in accept["medians"] if row["lrs"] == "this"}
    few, many = min(rows), max(rows)
    for name in told["accepting"]:
        one, all_ = rows[few][f"{name}_cpu_us"] * few, rows[many][f"{name}_cpu_us"] * many
        statement = (all_ - one) / (many - few)
        told["accepting"][name] = {"request": round(one - statement * few, 1), "statement": round(statement, 1)}
    medians = load["medians"]
    for name, cost in told["loading"].items():
        cost["statement"] = round(medians[f"{name}_cpu_us"], 1)
    by_clock = 1e6 / medians["loader_per_s"]
    told["disk_wait"] = round(max(0.0, by_clock - medians["loader_cpu_us"] / load["machine"]["cpus"]), 1)
    machine = load["machine"]
    told["measured"] |= {
        "at": load["at"][:10],
        "machine": f"{machine['cpus']} CPUs ({machine['cpu']}), {machine['memory_gb']:.0f} GB, {machine['system']}",
        "commands": [accept["command"], load["command"], *told["measured"]["commands"][2:]],
        "put_per_s": rows[few]["statements_per_s"],
        "put_p95_ms": rows[few]["p95_ms"],
        "post_per_s": rows[many]["statements_per_s"],
        "load_per_s": medians["loader_per_s"],
    }
    return told


def _newest(directory: Path, name: str) -> dict[str, Any]:
    found = sorted(directory.glob(f"*-{name}.json"))
    if not found:
        raise FileNotFoundError(f"{directory} has no result of `sh lrs bench {name}`: measure it first")
    content: dict[str, Any] = json.loads(found[-1].read_text(encoding="utf-8"))
    return content
