"""How long after its 2xx a statement can be read in Postgres, record and event, when statements come one by one, and
how long until every mart has it.

The sender and the reader are one process (watch.py), so that both times are of one clock. The marts' time is the
record's: from the log's entry to the end of the refresh that took the change.
"""

from __future__ import annotations

import time

import psycopg

from lrs_platform.bench.footprint import Usage, cpu_between
from lrs_platform.bench.plain_script import sql
from lrs_platform.bench.report import Row, medians, show, tracked, write
from lrs_platform.bench.subject import LOAD_PATH, Subject, work
from lrs_platform.bench.watch import Seen, Watch

LOADER_PROCESSES = ("code-server", "daemon", "python", "warehouse")  # ours; the databases are counted apart
RUNS_OF = "code-server"  # whose children are runs: refreshes of the marts, catch-ups
MARTS_WITHIN_SECONDS = 180.0
LOOK_SECONDS = 2.0


def freshness(*, rounds: int, seconds: float, rate: float) -> int:
    """Measure and report: `rate` statements a second, each a PUT, for `seconds` a round."""
    subject = Subject.running()
    measured = [_round(subject, seconds, rate, number) for number in tracked("freshness", rounds)]
    summary = medians(measured)
    command = f"sh lrs bench freshness --rounds {rounds} --seconds {seconds:g} --rate {rate:g}"
    path = write(subject.instance.home, "freshness", command, {"rounds": measured, "medians": summary})
    shown = (
        "statements",
        "never_seen",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "worst_ms",
        "reader_period_ms",
        "loader_core_percent",
        "runs_core_percent",
        "marts_p50_s",
        "marts_p95_s",
        "marts_worst_s",
        "marts_waiting",
    )
    title = f"Accepted to readable, {rate:g} a second one by one for {seconds:g} s, median of {rounds} rounds"
    show(title, [{"what": "this", **{name: summary[name] for name in shown}}], path)
    return 0


def _round(subject: Subject, seconds: float, rate: float, number: int) -> Row:
    subject.wait_settled()
    watch = Watch(
        endpoint=subject.credentials.endpoint,
        username=subject.credentials.username,
        password=subject.credentials.password,
        database_url=subject.admin_database_url,
        seconds=seconds,
        rate=rate,
        seed=number + 1,
    )
    since = int(time.time() * 1000) << 20
    before: dict[str, Usage] = {}
    seen = work("watch", watch, Seen, at_start=lambda: before.update(subject.usage(*LOAD_PATH)))
    after = subject.usage(*LOAD_PATH)
    spent = cpu_between(before, after)
    own = after[RUNS_OF].own_cpu_seconds - before[RUNS_OF].own_cpu_seconds
    spent["runs"], spent[RUNS_OF] = spent[RUNS_OF] - own, own
    loader = sum(spent.get(name, 0.0) for name in LOADER_PROCESSES)
    return {
        "statements": seen.statements,
        "never_seen": seen.never_seen,
        "refused": seen.refused,
        "p50_ms": seen.p50_ms,
        "p95_ms": seen.p95_ms,
        "p99_ms": seen.p99_ms,
        "worst_ms": seen.worst_ms,
        "reader_period_ms": seen.period_ms,
        "loader_core_percent": loader / seen.seconds * 100,
        **_marts(subject, since),
        **{f"{name}_core_percent": cpu / seen.seconds * 100 for name, cpu in spent.items()},
    }


def _marts(subject: Subject, since: int) -> Row:
    """Delays of the marts, in s, for what came since a position; waits until the last of it is counted, or too long."""
    end = time.monotonic() + MARTS_WITHIN_SECONDS
    with psycopg.connect(subject.admin_database_url, autocommit=True) as connection:
        while True:
            row = connection.execute(sql("mart_delay"), {"since": since}).fetchone()
            assert row is not None
            waiting, p50, p95, worst = row
            if not waiting or time.monotonic() > end:
                return {"marts_p50_s": p50, "marts_p95_s": p95, "marts_worst_s": worst, "marts_waiting": waiting}
            time.sleep(LOOK_SECONDS)
