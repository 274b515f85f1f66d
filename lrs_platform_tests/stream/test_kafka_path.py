"""The hot path on Kafka: a gateway that appends there, a drain that loads from there into Postgres exactly once."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from lrs_platform.etl_incremental import CatchUp
from lrs_platform.local.credentials import load_secrets
from lrs_platform.mcp_client import McpClient
from lrs_platform.rights.erasure import have_marts_follow
from lrs_platform.settings import SettingMissing, Settings
from lrs_platform.stream import LogUnavailable, StatementLog
from lrs_platform.stream.kafka import KafkaIndex, KafkaLog
from lrs_platform.stream.opening import open_log
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.gateway.conftest import log_url, running_gateway, statement
from lrs_platform_tests.stream.conftest import REPLICATION
from lrs_platform_tests.test_etl_incremental import forget
from lrs_platform_tests.test_etl_streaming import Bench

__all__ = ["log_url"]  # the fixture


def taken_from(log: KafkaLog, count: int) -> list[str]:
    """Ids of the first statements in a log."""

    async def read() -> list[str]:
        found: list[str] = []
        for _ in range(60):
            if len(found) >= count:
                break
            found += [entry.line.split(b"\t")[1].decode() for entry in await log.read("c", count, 500)]
        await log.close()
        return found

    return asyncio.run(read())


def test_a_gateway_accepts_into_kafka_and_knows_what_it_has(brokers: str, log_url: str, tmp_path: Path) -> None:
    topic = f"test.{uuid.uuid4().hex}"
    chosen = {"kafka_servers": brokers, "kafka_replication": str(REPLICATION), "stream": topic}
    with running_gateway(tmp_path, log_url, **chosen) as gateway:
        one, batch = statement(), [statement() for _ in range(30)]
        assert gateway.put(one).status_code == 204
        assert gateway.client.post("/xAPI/statements", json=batch).status_code == 200
        assert gateway.put(one).status_code == 204, "the same statement again is a success"
        changed = gateway.put({**one, "result": {"success": True}})
        assert changed.status_code == 409
        assert changed.json()["statement_id"] == one["id"]
        assert gateway.entries() == 0, "nothing of it is in Redis"
    log = KafkaLog({"bootstrap.servers": brokers}, topic, "warehouse", log_url, replication=REPLICATION)
    assert taken_from(log, 31) == [one["id"], *(sent["id"] for sent in batch)]


def test_a_gateway_whose_brokers_are_away_says_when_to_come_back(log_url: str, tmp_path: Path) -> None:
    chosen = {"kafka_servers": "127.0.0.1:9", "kafka_replication": "0", "stream": "test.away"}
    with running_gateway(tmp_path, log_url, **chosen) as gateway:
        answer = gateway.put(statement(), timeout=60)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert httpx.get(f"{gateway.url}/health/live", trust_env=False).is_success


@asynccontextmanager
async def bench_on_kafka(platform: Platform, brokers: str, topic: str = "") -> AsyncIterator[Bench]:
    """The instance's MCP servers and Postgres behind a log on Kafka."""
    secrets = load_secrets(platform.instance)
    topic = topic or f"test.{uuid.uuid4().hex}"
    log = KafkaLog({"bootstrap.servers": brokers}, topic, "warehouse", platform.redis_url, replication=REPLICATION)
    python = McpClient("python", platform.urls["python"], secrets.python_token)
    warehouse = McpClient("warehouse", platform.urls["warehouse"], secrets.warehouse_token)
    try:
        yield Bench(log, python, warehouse, platform.admin_database_url)  # type: ignore[arg-type]  # it asks a log for no more
    finally:
        await python.close()
        await warehouse.close()
        await log.close()


@contextmanager
def loader(redis_url: str, settings: dict[str, str], *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A loader in a process of its own."""
    chosen = {**settings, "redis_url": redis_url}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LRS_")}
    environment |= {f"LRS_{name.upper()}": value for name, value in chosen.items()}
    process = subprocess.Popen([sys.executable, "-m", "lrs_platform_tests.stream.loader", *options], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def statements(count: int) -> list[dict[str, Any]]:
    return [json.loads(json.dumps(statement(timestamp="2026-03-01T08:00:00Z"))) for _ in range(count)]


def test_what_is_in_kafka_is_loaded_once_also_when_a_loader_dies_before_it_says_so(
    platform: Platform, brokers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def promise() -> None:
        async with bench_on_kafka(platform, brokers) as bench:
            for _ in range(4):
                await bench.append(*statements(5))

            async def dies(_: KafkaLog, ids: Sequence[bytes]) -> None:
                raise LogUnavailable("the loader died after its commit")

            with monkeypatch.context() as dying:
                dying.setattr(KafkaLog, "ack", dies)
                assert (await bench.drain(batch_size=10)).failures
            assert set(bench.rows("lrs.statement")) <= set(bench.sent)
            drained = await bench.drain(batch_size=10)
            assert drained.failures == []
            assert drained.inserted + drained.redelivered == len(bench.sent)
            assert drained.redelivered >= 10
            assert bench.rows("lrs.statement") == bench.sent
            assert bench.rows("core.event") == bench.sent
            position = await bench.log.position(max_age_ms=0)
            assert (position.backlog, position.is_loaded(position.newest)) == (0, True)
            stored = [int(row) for row in bench.rows("lrs.statement", "position")]
            assert stored == sorted(set(stored))

    asyncio.run(promise())


def test_the_whole_way_and_a_loader_that_is_killed_with_its_work_half_done(
    platform: Platform, brokers: str, log_url: str, tmp_path: Path
) -> None:
    """Gateway, Kafka, a loader that dies between commit and offset, another one, GET behind its barrier, a mart, and a
    row that was lost brought back from the topic.
    """
    topic, secrets = f"test.{uuid.uuid4().hex}", load_secrets(platform.instance)
    learner = f"mailto:{uuid.uuid4().hex}@example.com"
    chosen = {
        "kafka_servers": brokers,
        "kafka_replication": str(REPLICATION),
        "stream": topic,
        "mcp_warehouse_url": platform.urls["warehouse"],
        "mcp_warehouse_token": secrets.warehouse_token,
        "mcp_python_url": platform.urls["python"],
        "mcp_python_token": secrets.python_token,
        "read_barrier_ms": "60000",
    }
    sent = [statement(actor={"mbox": learner}) for _ in range(12)]
    ids = [each["id"] for each in sent]

    def stored() -> list[str]:
        with psycopg.connect(platform.admin_database_url) as connection:
            query = "select statement_id::text from lrs.statement where statement_id::text = any(%s)"
            return [row[0] for row in connection.execute(query, [ids]).fetchall()]

    with running_gateway(tmp_path, log_url, **chosen) as gateway:
        assert gateway.client.post("/xAPI/statements", json=sent).status_code == 200
        with loader(log_url, chosen, "--silent") as half_done:
            wait_for(lambda: len(stored()) == len(sent), 120, "it has committed, and not said so")
            half_done.kill()
        late = statement(actor={"mbox": learner})
        ids.append(late["id"])
        assert gateway.put(late).status_code == 204
        with loader(log_url, chosen):
            read = gateway.client.get("/xAPI/statements", params={"statementId": late["id"]}, timeout=120)
            assert (read.status_code, read.json()["id"]) == (200, late["id"])
        assert sorted(stored()) == sorted(ids)
        forget(platform, [late["id"]])

    async def caught_up() -> None:
        async with bench_on_kafka(platform, brokers, topic) as bench:
            index = KafkaIndex({"bootstrap.servers": brokers}, topic, platform.redis_url)
            try:
                done = await CatchUp(bench.log, index, bench.python, bench.warehouse).run()
            finally:
                await index.close()
            assert (done.failures, done.missing, done.reloaded) == ([], 1, 1)
            await have_marts_follow(bench.warehouse)

    asyncio.run(caught_up())
    assert sorted(stored()) == sorted(ids)
    with psycopg.connect(platform.admin_database_url) as connection:
        days = connection.execute(
            "select sum(events) from mart.learner_days join core.learner_key using (learner_id) where actor_key = %s",
            [learner],
        ).fetchone()
    assert days == (len(ids),)


def test_a_bad_statement_in_a_request_stops_neither_its_neighbours_nor_the_offset(
    platform: Platform, brokers: str
) -> None:
    async def promise() -> None:
        async with bench_on_kafka(platform, brokers) as bench:
            batch = statements(7)
            batch[3]["context"] = {"registration": "no uuid"}
            await bench.append(*batch)
            await bench.append(*statements(2))
            assert (await bench.drain()).failures == []
            assert bench.rows("lrs.statement") == bench.sent
            assert bench.rows("core.event") == [sent for n, sent in enumerate(bench.sent) if n != 3]
            assert (await bench.log.position(max_age_ms=0)).backlog == 0

    asyncio.run(promise())


def test_the_settings_choose_the_log(
    brokers: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRS_REDIS_URL", redis_url)
    options = tmp_path / "options.json"
    options.write_text('{"client.id": "of-the-tests"}')
    assert isinstance(open_log(Settings()), StatementLog)
    monkeypatch.setenv("LRS_KAFKA_SERVERS", brokers)
    monkeypatch.setenv("LRS_KAFKA_OPTIONS", str(options))
    log = open_log(Settings())
    assert isinstance(log, KafkaLog)
    assert log.stream == "xapi.statements"
    asyncio.run(log.close())
    monkeypatch.delenv("LRS_REDIS_URL")
    with pytest.raises(SettingMissing, match="LRS_REDIS_URL"):
        open_log(Settings())
