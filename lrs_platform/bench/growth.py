"""Whether loading slows down as the record grows: the same load onto more and more stored statements.

Belongs here: sizes, and what is compared. The record is filled between the sizes by the loader's own code (history.py),
with events, so that every index has its size; measure on an instance that you can throw away.
"""

from __future__ import annotations

from collections.abc import Sequence

from lrs_platform.bench.history import fill
from lrs_platform.bench.load import loading
from lrs_platform.bench.report import Row, medians, show, tracked, write
from lrs_platform.bench.subject import Subject

SIZES = (0, 1_000_000, 5_000_000)


def growth(*, rounds: int, statements: int, sizes: Sequence[int] = SIZES) -> int:
    """Measure and report. `statements` wait in the log at the start of each round; `sizes` are stored before it."""
    subject = Subject.running()
    subject.wait_settled()
    measured: dict[int, list[Row]] = {}
    for size in sizes:
        added = fill(subject.admin_database_url, size, with_events=True)
        measured[size] = [
            {"added": added, **loading(subject, statements, None, size + number)}
            for number in tracked(f"loading onto {size:,}", rounds)
        ]
    summary = {size: medians(found) for size, found in measured.items()}
    fastest = max(row["loader_per_s"] for row in summary.values())
    slowest = min(row["loader_per_s"] for row in summary.values())
    content = {
        "rounds": {str(size): found for size, found in measured.items()},
        "medians": {str(size): row for size, row in summary.items()},
        "slowest_of_fastest": round(slowest / fastest, 3),
    }
    command = f"sh lrs bench growth --rounds {rounds} --statements {statements}"
    path = write(subject.instance.home, "growth", command, content)
    rows = [
        {
            "stored": f"onto {size:,}",
            "statements_per_s": row["loader_per_s"],
            "cpu_us_per_statement": row["loader_cpu_us"],
            "postgres_cpu_us": row["postgres_cpu_us"],
            "against_the_fastest": row["loader_per_s"] / fastest,
        }
        for size, row in summary.items()
    ]
    show(f"Log to Postgres, {statements:,} waiting, median of {rounds} rounds", rows, path)
    return 0
