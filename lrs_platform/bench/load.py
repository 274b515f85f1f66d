"""How fast the log is loaded into Postgres, inside the real sensor; beside it a plain script on the very same entries.

Each round: the loader is stopped, the log is filled over HTTP, the loader goes on until the log is loaded; then the
plain script copies the same entries into scratch tables with the same keys and indexes, once without and once with the
index of the standard's filters, which the loader keeps.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from lrs_platform.bench.footprint import cpu_between, held
from lrs_platform.bench.load_generator import Load, Result
from lrs_platform.bench.plain_script import Job, Measured, sql
from lrs_platform.bench.report import Row, medians, show, tracked, write
from lrs_platform.bench.subject import LOAD_PATH, LOADER, Subject, work
from lrs_platform.local.instance import StartError
from lrs_platform.settings import get_settings
from lrs_platform.stream.shards import names

EARLY = 0.1  # of the statements loaded: from then on memory should stay as it is


def load(*, rounds: int, statements: int, data: Path | None) -> int:
    """Measure and report. `statements` wait in the log at the start of each round. StartError where it is on Kafka."""
    if get_settings().kafka_servers:
        raise StartError(
            "the script beside it reads the log in Redis: measure on an instance without LRS_KAFKA_SERVERS"
        )
    subject = Subject.running()
    _scratch(subject, "prepare")
    try:
        measured = [_round(subject, statements, data, number) for number in tracked("load", rounds)]
    finally:
        _scratch(subject, "remove")
    summary = medians(measured)
    command = f"sh lrs bench load --rounds {rounds} --statements {statements}"
    path = write(subject.instance.home, "load", command, {"rounds": measured, "medians": summary})
    rows = [
        {
            "loading": name,
            "statements_per_s": summary[f"{key}_per_s"],
            "cpu_us_per_statement": summary[f"{key}_cpu_us"],
            "against_the_script": summary[f"{key}_per_s"] / summary["script_per_s"],
            "against_the_one_that_indexes": summary[f"{key}_per_s"] / summary["indexing_script_per_s"],
            "memory_at_the_end_of_that_at_a_tenth": summary["memory_growth"] if key == "loader" else "",
        }
        for name, key in (
            ("sensor, sandbox and MCP servers", "loader"),
            ("plain script", "script"),
            ("script that fills the filters' index too", "indexing_script"),
        )
    ]
    show(f"Log to Postgres, {statements:,} waiting, median of {rounds} rounds", rows, path)
    return 0


def loading(subject: Subject, statements: int, data: Path | None, number: int) -> Row:
    """Have so many statements wait, and time the loader alone; memory is that with a tenth loaded, and with all."""
    subject.wait_settled()
    with held(subject.pids[name] for name in LOADER):
        sent = work("load_generator", _filling(subject, statements, data, number), Result, at_start=lambda: None)
        before = subject.usage(*LOAD_PATH)
        begun = time.perf_counter()
    subject.wait_loaded(upto=int(sent.accepted * (1 - EARLY)))
    early = subject.usage(*LOAD_PATH)
    subject.wait_loaded()
    seconds = time.perf_counter() - begun
    after = subject.usage(*LOAD_PATH)
    spent = cpu_between(before, after)
    return {
        "statements": sent.accepted,
        "loader_seconds": seconds,
        "loader_per_s": sent.accepted / seconds,
        "loader_cpu_us": sum(spent.values()) / sent.accepted * 1e6,
        **{f"{name}_cpu_us": cpu / sent.accepted * 1e6 for name, cpu in spent.items()},
        **{f"{name}_mb": used.resident_mb for name, used in after.items()},
        **{f"{name}_private_mb": used.private_mb for name, used in after.items()},
        **{f"{name}_private_mb_at_a_tenth": used.private_mb for name, used in early.items()},
        "memory_growth": max(used.private_mb / max(early[name].private_mb, 1.0) for name, used in after.items()),
    }


def _round(subject: Subject, statements: int, data: Path | None, number: int) -> Row:
    settings = get_settings()
    start = subject.wait_loaded()
    loaded = loading(subject, statements, data, number)
    end = subject.wait_loaded()
    first = f"({start.newest}" if start.newest else "-"
    job = Job(
        subject.redis_url,
        subject.admin_database_url,
        names(settings.stream, settings.stream_shards),
        first,
        end.newest,
    )
    found = {**loaded, **_script(subject, "script", job)}
    found |= _script(subject, "indexing_script", msgspec.structs.replace(job, indexed=True))
    return {**found, "statements": found["script_statements"]}


def _script(subject: Subject, name: str, job: Job) -> Row:
    """Run the plain script into empty tables."""
    _scratch(subject, "empty")
    before = subject.usage("redis", "postgres")
    script = work("plain_script", job, Measured)
    servers = sum(cpu_between(before, subject.usage("redis", "postgres")).values())
    return {
        f"{name}_statements": script.statements,
        f"{name}_seconds": script.seconds,
        f"{name}_per_s": script.statements / script.seconds,
        f"{name}_cpu_us": (script.cpu_seconds + servers) / script.statements * 1e6,
    }


def _filling(subject: Subject, statements: int, data: Path | None, number: int) -> Load:
    return Load(
        endpoint=subject.credentials.endpoint,
        username=subject.credentials.username,
        password=subject.credentials.password,
        batch=50,
        connections=8,
        statements=statements,
        repeated=0.0,
        wrong=0.0,
        data=str(data) if data else None,
        seed=number + 1,
    )


def _scratch(subject: Subject, name: str) -> None:
    import psycopg

    with psycopg.connect(subject.admin_database_url, autocommit=True) as connection:
        connection.execute(sql(name))
