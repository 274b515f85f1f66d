"""How fast Dagster's own database grows while statements come in slowly and all day: its events, ticks and runs.

Belongs here: sending at a trickle, and sizes before and after, by table. What the hourly purge keeps it to is what is
kept a day times LRS_HISTORY_DAYS.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit, urlunsplit

from lrs_platform.bench.load_generator import Load, Result
from lrs_platform.bench.plain_script import sql
from lrs_platform.bench.report import Row, medians, show, tracked, write
from lrs_platform.bench.subject import Subject, work

DAY_SECONDS = 86_400
SETTLE_SECONDS = 15.0  # the last materialisations are told


def upkeep(*, rounds: int, seconds: float, rate: float) -> int:
    """Measure and report: `rate` statements a second, one by one, for `seconds` a round."""
    subject = Subject.running()
    subject.wait_loaded()
    measured = [_round(subject, seconds, rate, number) for number in tracked("upkeep", rounds)]
    summary = medians(measured)
    command = f"sh lrs bench upkeep --rounds {rounds} --seconds {seconds:g} --rate {rate:g}"
    path = write(subject.instance.home, "upkeep", command, {"rounds": measured, "medians": summary})
    rows = [{"what": "Dagster's database", **{name: summary[name] for name in summary if name.endswith("_mb_a_day")}}]
    show(f"{rate:g} statements a second for {seconds:g} s, median of {rounds} rounds", rows, path)
    return 0


def _round(subject: Subject, seconds: float, rate: float, number: int) -> Row:
    before, begun = _sizes(subject), time.monotonic()
    newest, _ = _kept(subject, 0)
    load = Load(
        endpoint=subject.credentials.endpoint,
        username=subject.credentials.username,
        password=subject.credentials.password,
        batch=1,
        connections=2,
        seconds=seconds,
        rate=rate,
        seed=number + 1,
    )
    sent = work("load_generator", load, Result, at_start=lambda: None)
    subject.wait_loaded()
    time.sleep(SETTLE_SECONDS)
    after, lasted = _sizes(subject), time.monotonic() - begun
    _, kept = _kept(subject, newest)
    grown = {name: (after[name] - before.get(name, 0)) / 2**20 / lasted * DAY_SECONDS for name in after}
    return {
        "statements": sent.accepted,
        "all_mb_a_day": sum(grown.values()),
        "kept_mb_a_day": sum(grown.values()) - grown["event_logs"] + kept / 2**20 / lasted * DAY_SECONDS,
        **{f"{name}_mb_a_day": grown[name] for name in sorted(grown, key=lambda name: -grown[name])[:6]},
    }


def _kept(subject: Subject, after: int) -> tuple[int, float]:
    """The newest event, and bytes of the events behind another that are still there after the next purge."""
    import psycopg

    with psycopg.connect(_dagster(subject)) as connection:
        newest, size = connection.execute(sql("kept"), {"after": after}).fetchone() or (0, 0.0)
    return int(newest or 0), float(size)


def _dagster(subject: Subject) -> str:
    return urlunsplit(urlsplit(subject.admin_database_url)._replace(path="/dagster"))


def _sizes(subject: Subject) -> dict[str, int]:
    """Bytes of each table of Dagster's database with its indexes. What was purged leaves room that hides growth for a
    while: measure on a new instance.
    """
    import psycopg

    with psycopg.connect(_dagster(subject), autocommit=True) as connection:
        connection.execute("vacuum")
        return {str(table): int(size) for table, size in connection.execute(sql("sizes")).fetchall()}
