"""The yardstick of loading: a plain script that reads the log, flattens in Python and copies into the same tables.

A process of its own: `python -m lrs_platform.bench.plain_script`, a JSON line with a Job on standard input, a JSON line
with a Measured on standard output. What someone would write who needs no sandbox, no MCP server, no acknowledgement and
no rejected rows: the least that the work costs in Python. Where it is told to, it also keeps the index by which the
standard's filters find statements, by the platform's own code, so that every table is filled that the loader fills.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from resource import RUSAGE_SELF, getrusage
from typing import Any, cast

import msgspec

from lrs_platform.sql_files import sql_file

Entries = list[tuple[bytes, dict[bytes, bytes]]]

BATCH = 5000
SESSION = "https://w3id.org/xapi/video/extensions/session-id"
PROGRESS = "https://w3id.org/xapi/video/extensions/progress"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Job(msgspec.Struct):
    """The entries of `streams` from `first` to `last` (their ids), to be copied into schema bench of `database_url`."""

    redis_url: str
    database_url: str
    streams: list[str]
    first: str
    last: str
    indexed: bool = False


class Measured(msgspec.Struct):
    """How long that took, by the clock and of this process's CPU."""

    statements: int
    seconds: float
    cpu_seconds: float


def sql(name: str) -> str:
    """The statements of bench/sql/<name>.sql."""
    return sql_file(__package__, "sql", name)


def copy_text(value: Any) -> str:
    """A value in COPY's text format."""
    if value is None:
        return "\\N"
    return str(value).translate(_ESCAPES)


def flatten(statement_id: str, position: int, stored: str, statement: dict[str, Any]) -> str:
    """The line of core.event for one statement."""
    actor, target = statement["actor"], statement["object"]
    account = actor.get("account")
    definition = target.get("definition") or {}
    name = definition.get("name")
    result = statement.get("result") or {}
    score = result.get("score") or {}
    context = statement.get("context") or {}
    activities = context.get("contextActivities") or {}
    parent, grouping = activities.get("parent"), activities.get("grouping")
    who = f"{account['homePage']}|{account['name']}" if account else actor.get("mbox") or ""
    row = (
        statement_id, position, stored, statement.get("timestamp") or stored, who, actor.get("name"),
        statement["verb"]["id"], target.get("objectType") or "Activity", target.get("id") or "",
        next(iter(name.values())) if name else None, definition.get("type"), context.get("registration"),
        parent[0]["id"] if parent else None, grouping[0]["id"] if grouping else None,
        score.get("scaled"), score.get("raw"), score.get("min"), score.get("max"),
        result.get("success"), result.get("completion"), result.get("response"),
        None,  # ISO 8601 durations are left out here: that favours this script
        (context.get("extensions") or {}).get(SESSION), (result.get("extensions") or {}).get(PROGRESS),
        context.get("platform"),
    )  # fmt: skip
    return "\t".join(map(copy_text, row))


def run(job: Job) -> Measured:
    """Copy the entries of the job."""
    import psycopg
    import redis

    log = redis.Redis.from_url(job.redis_url)
    copy_statement, copy_event, copy_posting = sql("copy_statement"), sql("copy_event"), sql("copy_posting")
    insert = sql("insert")
    count = 0
    with psycopg.connect(job.database_url) as connection:
        connection.execute(sql("staging"))
        connection.commit()
        begun, cpu = time.perf_counter(), getrusage(RUSAGE_SELF)
        for entries in _batches(log, job):
            statements, events, postings = [], [], _postings(entries) if job.indexed else []
            for entry_id, fields in entries:
                ms, seq = map(int, entry_id.split(b"-"))
                stored = datetime.fromtimestamp(ms / 1000, UTC).isoformat()
                position, statement_id, raw = ms * 2**20 + seq, fields[b"i"].decode(), fields[b"s"].decode()
                columns = (statement_id, position, stored, fields[b"v"].decode(), fields[b"a"].decode(), raw)
                statements.append("\t".join(map(copy_text, columns)))
                events.append(flatten(statement_id, position, stored, msgspec.json.decode(raw)))
            with connection.transaction(), connection.cursor() as cursor:
                for command, lines in ((copy_statement, statements), (copy_event, events), (copy_posting, postings)):
                    with cursor.copy(command) as copy:
                        copy.write("".join(f"{line}\n" for line in lines))
                cursor.execute(insert)
            count += len(entries)
        used = getrusage(RUSAGE_SELF)
    spent = used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime
    return Measured(count, time.perf_counter() - begun, spent)


def _postings(entries: Entries) -> list[str]:
    """Rows of the index for a batch: key, least position, positions."""
    from lrs_platform.mcp_servers.warehouse.indexing import gather

    lines = (
        b"\t".join((entry_id, *(fields[name] for name in (b"i", b"v", b"a", b"s")))) for entry_id, fields in entries
    )
    keys, positions = gather(b"\n".join(lines).decode()).postings()
    least = (text[1:].partition(",")[0].rstrip("}") for text in positions)
    return ["\t".join(row) for row in zip(keys, least, positions, strict=True)]


def _batches(log: Any, job: Job) -> Iterator[Entries]:
    for stream in job.streams:
        start = job.first
        while entries := cast(Entries, log.xrange(stream, min=start, max=job.last, count=BATCH)):
            yield entries
            start = f"({entries[-1][0].decode()}"


def main() -> None:
    """Read the job, run it, print what was measured."""
    measured = run(msgspec.json.decode(sys.stdin.readline(), type=Job))
    sys.stdout.write(msgspec.json.encode(measured).decode() + "\n")


if __name__ == "__main__":
    main()
