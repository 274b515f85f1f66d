"""What the platform costs when nobody uses it: CPU and memory of every process.

It watches for as long as the slowest schedule takes to come round (five minutes by default), or the runs that schedules
start would not be counted.
"""

from __future__ import annotations

import time

from lrs_platform.bench.footprint import cpu_between
from lrs_platform.bench.report import Row, medians, show, tracked, write
from lrs_platform.bench.subject import Subject


def idle(*, rounds: int, seconds: float) -> int:
    """Measure and report, `seconds` a round."""
    subject = Subject.running()
    subject.wait_settled()
    measured = [_round(subject, seconds) for _ in tracked("idle", rounds)]
    summary = medians(measured)
    command = f"sh lrs bench idle --rounds {rounds} --seconds {seconds:g}"
    path = write(subject.instance.home, "idle", command, {"rounds": measured, "medians": summary})
    names = [name.removesuffix("_mb") for name in summary if name.endswith("_mb")]
    rows = [
        {"process": name, "core_percent": summary[f"{name}_core_percent"], "mb": summary[f"{name}_mb"]}
        for name in names
    ]
    show(f"Idle for {seconds:g} s, median of {rounds} rounds", rows, path)
    return 0


def _round(subject: Subject, seconds: float) -> Row:
    names = tuple(subject.pids)
    before = subject.usage(*names)
    time.sleep(seconds)
    after = subject.usage(*names)
    spent = cpu_between(before, after)
    return {
        **{f"{name}_core_percent": cpu / seconds * 100 for name, cpu in spent.items()},
        "all_core_percent": sum(spent.values()) / seconds * 100,
        **{f"{name}_mb": used.resident_mb for name, used in after.items()},
        "all_mb": sum(used.resident_mb for used in after.values()),
    }
