"""How fast statements are accepted: validated, on disk, answered. Beside it, in the same run, another LRS if named.

The loader is stopped while accepting is timed, so that what is measured on a small machine is accepting; between rounds
the log is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lrs_platform.bench.footprint import Usage, cpu_between, held
from lrs_platform.bench.load_generator import Load, Result
from lrs_platform.bench.report import Row, medians, show, tracked, write
from lrs_platform.bench.subject import LOADER, Subject, work

ACCEPTING = ("gateway", "redis")


@dataclass(frozen=True)
class Shape:
    """A way to send: statements a request, and how many connections at once."""

    name: str
    batch: int
    connections: int


SHAPES = (Shape("PUT of 1 x 8", 1, 8), Shape("POST of 50 x 16", 50, 16))


@dataclass(frozen=True)
class Rival:
    """Another LRS to measure beside ours."""

    endpoint: str
    username: str
    password: str


def accept(*, rounds: int, seconds: float, data: Path | None, rival: Rival | None, rate: float = 0.0) -> int:
    """Measure and report. `seconds` a shape and round; `rate` requests a second, 0 for as many as it takes."""
    subject = Subject.running()
    measured: list[Row] = []
    for number in tracked("accept", rounds):
        for shape in SHAPES:
            for other in (None, rival) if rival else (None,):
                measured.append(_round(subject, shape, other, seconds, rate, data, number))
    summary = [_summary(shape, measured, other) for shape in SHAPES for other in ((None, rival) if rival else (None,))]
    command = f"sh lrs bench accept --rounds {rounds} --seconds {seconds:g}"
    path = write(subject.instance.home, "accept", command, {"rounds": measured, "medians": summary})
    show(f"Accepted statements, median of {rounds} rounds", [_columns(row) for row in summary], path)
    return 0


def _round(
    subject: Subject, shape: Shape, rival: Rival | None, seconds: float, rate: float, data: Path | None, number: int
) -> Row:
    ours = rival or Rival(subject.credentials.endpoint, subject.credentials.username, subject.credentials.password)
    load = Load(
        endpoint=ours.endpoint,
        username=ours.username,
        password=ours.password,
        batch=shape.batch,
        connections=shape.connections,
        seconds=seconds,
        rate=rate,
        data=str(data) if data else None,
        seed=number + 1,
    )
    before: dict[str, Usage] = {}
    with held(subject.pids[name] for name in LOADER if name in subject.pids):
        result = work("load_generator", load, Result, at_start=lambda: before.update(subject.usage(*ACCEPTING)))
        after = subject.usage(*ACCEPTING)
    subject.wait_settled()
    spent = {} if rival else cpu_between(before, after)
    accepted = max(1, result.accepted)
    return {
        "shape": shape.name,
        "lrs": rival.endpoint if rival else "this",
        "statements_per_s": result.accepted / result.seconds,
        "requests_per_s": result.requests / result.seconds,
        "p50_ms": result.p50_ms,
        "p95_ms": result.p95_ms,
        "p99_ms": result.p99_ms,
        "worst_ms": result.worst_ms,
        "bytes_per_statement": result.bytes_a_statement,
        "generator_cpu_us": result.generator_cpu_us,
        **{f"{name}_cpu_us": cpu / accepted * 1e6 for name, cpu in spent.items()},
        **({} if rival else {f"{name}_mb": used.resident_mb for name, used in after.items()}),
        "statuses": result.statuses,
    }


def _summary(shape: Shape, measured: Sequence[Row], rival: Rival | None) -> Row:
    lrs = rival.endpoint if rival else "this"
    return medians([row for row in measured if row["shape"] == shape.name and row["lrs"] == lrs])


def _columns(row: Row) -> Row:
    shown = ("shape", "lrs", "statements_per_s", "requests_per_s", "p50_ms", "p95_ms", "p99_ms", "worst_ms")
    costs = {f"{name}_cpu_us": row.get(f"{name}_cpu_us", "") for name in ("gateway", "redis", "generator")}
    return {name: row[name] for name in shown} | costs
