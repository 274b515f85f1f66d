"""The log of MCP calls: what is kept, what never is, and that no call waits for it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from lrs_platform.call_log import CallLog, about, at_work
from lrs_platform.call_log.reading import calls_after, rates
from lrs_platform.call_log.record import AGENTS, LIVE, STREAM, LoggedCall
from lrs_platform.call_log.writing import BUFFER
from lrs_platform.mcp_client import CallRecord, CallStarted
from lrs_platform_tests.conftest import wait_for
from lrs_platform_tests.gateway.conftest import free_port, running_redis

SECRET = "mailto:somebody@example.com"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[redis.Redis]:
    with running_redis(tmp_path, free_port()) as url, redis.Redis.from_url(url) as client:
        yield client


def log_at(client: redis.Redis) -> CallLog:
    port = client.connection_pool.connection_kwargs["port"]
    return CallLog(f"redis://127.0.0.1:{port}/0", process="test")


def call(log: CallLog, arguments: str = SECRET, *, error: str = "") -> None:
    started = CallStarted(datetime.now(UTC), "warehouse", "find")
    log.started(started)
    outcome = "tool_error" if error else "ok"
    record = CallRecord(started.at, "warehouse", "find", 10, 20, 1.5, outcome, error)  # type: ignore[arg-type]
    log.ended(started, record, memoryview(arguments.encode()))


def logged(client: redis.Redis) -> list[LoggedCall]:
    return [made for _, calls in calls_after(client, "", entries=1000) for made in calls]


def test_a_call_is_kept_with_who_made_it_and_never_with_what_was_said(server: redis.Redis) -> None:
    log = log_at(server)
    with at_work("loader", contract="b02", run="tick:1") as work, about(rows=7):
        call(log)
    call(log, error="data")
    log.close()
    first, second = logged(server)
    assert (first.agent, first.contract, first.run, first.trace) == ("loader", "b02", "tick:1", work.trace)
    assert (first.rows, first.ms, first.outcome, first.error) == (7, 1.5, "ok", "")
    assert (second.agent, second.rows, second.outcome, second.error) == ("", None, "tool_error", "data")
    everything = repr(server.xrange(STREAM))
    assert "find" in everything
    assert SECRET not in everything
    assert "somebody" not in everything


def test_equal_arguments_have_equal_hashes_and_others_other_ones_however_long(server: redis.Redis) -> None:
    log = log_at(server)
    long = "x" * 1_000_000
    for arguments in (SECRET, SECRET, f"{SECRET}!", long, long, f"{long}x", f"y{long[1:]}"):
        call(log, arguments)
    log.close()
    hashes = [made.arguments for made in logged(server)]
    assert hashes[0] == hashes[1]
    assert hashes[3] == hashes[4]
    assert len(set(hashes)) == 5


def test_an_agent_at_work_beats_and_is_idle_afterwards(server: redis.Redis) -> None:
    log = log_at(server)
    with at_work("reminder", contract="outreach", run="r1"):
        call(log)
        wait_for(lambda: b'"working"' in (server.hget(AGENTS, "reminder") or b""), 120, "a heartbeat")
    wait_for(lambda: b'"idle"' in (server.hget(AGENTS, "reminder") or b""), 120, "idle")
    log.close()


def test_a_call_under_way_is_seen_by_others_until_it_ends(server: redis.Redis) -> None:
    log = log_at(server)
    started = CallStarted(datetime.now(UTC), "python", "run_python_code")
    log.started(started)
    key = f"{LIVE}{log.process}"
    wait_for(lambda: b"run_python_code" in (server.get(key) or b""), 120, "the live call")
    log.ended(started, CallRecord(started.at, "python", "run_python_code", 1, 1, 9.0, "ok"), memoryview(b"{}"))
    wait_for(lambda: server.get(key) in (None, b"[]"), 120, "no live call")
    log.close()


def test_without_redis_calls_go_on_the_oldest_are_dropped_and_counted_and_the_rest_comes_later(tmp_path: Path) -> None:
    port = free_port()
    log = CallLog(f"redis://127.0.0.1:{port}/0", process="test")
    for _ in range(BUFFER + 10):
        call(log)
    assert log.dropped >= 10
    with running_redis(tmp_path, port) as url, redis.Redis.from_url(url) as client:
        wait_for(lambda: len(logged(client)) > 0, 120, "the calls that were kept")
        log.close()
        assert BUFFER - 10 <= len(logged(client)) <= BUFFER


def test_rates_count_the_window_only() -> None:
    now = int(time.time() * 1000)
    made = [
        LoggedCall(now - ago, "s", "t", "a", "c", "", "", 1, 1, None, ms, outcome, "", "")
        for ago, ms, outcome in ((100, 1.0, "ok"), (200, 9.0, "tool_error"), (90_000, 500.0, "unavailable"))
    ]
    assert rates(made, now_ms=now) == {"calls_per_minute": 2.0, "error_rate": 0.5, "p95_ms": 9.0}
    assert rates([], now_ms=now)["p95_ms"] is None


def test_the_process_of_a_log_is_named_by_its_pid() -> None:
    assert CallLog("redis://127.0.0.1:1/0", process="gateway").process == f"gateway:{os.getpid()}"
