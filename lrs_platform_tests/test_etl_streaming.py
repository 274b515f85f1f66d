"""Module b.02: what draining the log promises, with the instance's Redis and MCP servers, each on a log of its own."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import psycopg
import pytest

from lrs_platform.defs.ingest.metadata import held, merge
from lrs_platform.defs.ingest.sensors import NothingLoaded, statement_stream
from lrs_platform.etl_streaming import Busy, Drain, Drained, mapping_version
from lrs_platform.local.credentials import load_secrets
from lrs_platform.mcp_client import McpClient, McpUnavailable
from lrs_platform.standing_drain import StandingDrain
from lrs_platform.stream import Entry, LogPosition, StatementLog
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.samples import statement

AUTHORITY = b'{"objectType":"Agent","account":{"homePage":"http://example.com","name":"test"}}'


@dataclass
class Bench:
    """A log of its own and the instance's servers, with what a drain needs."""

    log: StatementLog
    python: McpClient
    warehouse: McpClient
    database_url: str
    sent: list[str] = field(default_factory=list)

    async def append(self, *statements: dict[str, Any]) -> None:
        entries = [Entry(str(s["id"]), json.dumps(s).encode()) for s in statements]
        appended = await self.log.append(entries, version="1.0.3", authority=AUTHORITY)
        assert not appended.taken
        self.sent += [e.statement_id for e in entries]

    def new_drain(self, **changes: Any) -> Drain:
        parts = {"log": self.log, "python": self.python, "warehouse": self.warehouse}
        return Drain(**{**parts, **changes})

    async def drain(self, **changes: Any) -> Drained:
        return await self.new_drain(**{"until_empty": True, **changes}).run()

    def rows(self, table: str, column: str = "statement_id") -> list[str]:
        """Values of `column` for the statements sent, in order of sending."""
        query = psycopg.sql.SQL(
            "select statement_id::text, {}::text from {} where statement_id::text = any(%s)"
        ).format(psycopg.sql.Identifier(column), psycopg.sql.Identifier(*table.split(".")))
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute(query, [self.sent]).fetchall()
        order = {statement_id: n for n, statement_id in enumerate(self.sent)}
        return [value for _, value in sorted(found, key=lambda row: order[row[0]])]


@asynccontextmanager
async def bench_of(platform: Platform) -> AsyncIterator[Bench]:
    secrets = load_secrets(platform.instance)
    log = StatementLog(platform.redis_url, f"test:{uuid.uuid4().hex}", "warehouse")
    python = McpClient("python", platform.urls["python"], secrets.python_token)
    warehouse = McpClient("warehouse", platform.urls["warehouse"], secrets.warehouse_token)
    try:
        yield Bench(log, python, warehouse, platform.admin_database_url)
    finally:
        await python.close()
        await warehouse.close()
        await log.close()


def on(platform: Platform, promise: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        async with bench_of(platform) as bench:
            await promise(bench)

    asyncio.run(run())


def test_statements_become_rows_and_events(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        await bench.append(*(statement() for _ in range(7)))
        drained = await bench.drain(batch_size=3)
        assert (drained.inserted, drained.batches, drained.failures) == (7, 3, [])
        assert drained.last_statement_id == bench.sent[-1]
        assert bench.rows("lrs.statement") == bench.sent
        assert set(bench.rows("core.event", "duration_seconds")) == {"90"}
        with psycopg.connect(bench.database_url) as connection:
            told = connection.execute(
                "select count(*) from core.event where statement_id::text = any(%s) and exists "
                "(select from core.change where position between from_position and upto_position)",
                [bench.sent],
            ).fetchone()
        assert told == (7,)  # so the marts follow
        assert (await bench.log.position()).backlog == 0

    on(platform, promise)


def test_a_log_of_several_shards_is_drained_as_one(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        await bench.log.close()
        bench.log = StatementLog(platform.redis_url, bench.log.stream, "warehouse", shards=3)
        people = [statement(actor={"mbox": f"mailto:learner{n}@example.com"}) for n in range(20)]
        await bench.append(*people[:10])
        await bench.append(*people[10:])
        await bench.log.ensure_group()
        left = await bench.log.read("a loader that died", 6, 0)
        drained = await bench.drain(batch_size=6)
        assert (drained.inserted, drained.claimed, drained.failures) == (20, len(left), [])
        assert bench.rows("lrs.statement") == bench.sent
        positions = [int(position) for position in bench.rows("lrs.statement", "position")]
        assert positions == sorted(set(positions))
        assert (await bench.log.position()).backlog == 0

    on(platform, promise)


def test_a_statement_the_script_cannot_digest_is_kept_as_rejected_and_its_neighbours_go_on(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        bad = statement(actor={"account": {"homePage": "https://x.example"}})  # no name: the grammar would refuse it
        await bench.append(statement(), bad, statement())
        drained = await bench.drain()
        assert (drained.inserted, drained.rejected) == (3, 1)
        assert bench.rows("core.event") == [bench.sent[0], bench.sent[2]]
        assert bench.rows("lrs.statement") == bench.sent
        assert bench.rows("lrs.rejected", "stage") == ["map"]
        assert "KeyError" in bench.rows("lrs.rejected", "reason")[0]
        assert bench.rows("lrs.rejected", "mapping") == [mapping_version()]

    on(platform, promise)


def test_a_row_that_postgres_refuses_is_found_among_many_and_kept(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        batch = [statement() for _ in range(40)]
        batch[17]["timestamp"] = "2026-02-31T08:00:00Z"
        batch[33]["context"] = {"registration": "no uuid"}
        await bench.append(*batch)
        drained = await bench.drain()
        assert drained.failures == []
        assert bench.rows("lrs.statement") == bench.sent
        assert bench.rows("core.event") == [s for n, s in enumerate(bench.sent) if n not in (17, 33)]
        assert bench.rows("lrs.rejected", "stage") == ["load", "load"]
        assert (await bench.log.position()).backlog == 0

    on(platform, promise)


def test_another_statement_under_a_stored_id_is_kept_as_a_conflict_and_the_first_stands(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        first = statement()
        await bench.append(first)
        await bench.drain()
        other = StatementLog(
            platform.redis_url, f"test:{uuid.uuid4().hex}", "warehouse"
        )  # as after the log's retention
        second = {**first, "result": {"success": False}}
        await other.append([Entry(first["id"], json.dumps(second).encode())], version="1.0.3", authority=AUTHORITY)
        same = {**first, "stored": "2020-01-01T00:00:00Z"}
        drained = await bench.drain(log=other)
        assert (drained.inserted, drained.conflicts, drained.duplicates) == (0, 1, 0)
        third = StatementLog(platform.redis_url, f"test:{uuid.uuid4().hex}", "warehouse")
        await third.append([Entry(first["id"], json.dumps(same).encode())], version="1.0.3", authority=AUTHORITY)
        drained = await bench.drain(log=third)
        assert (drained.inserted, drained.conflicts, drained.duplicates) == (0, 0, 1)
        assert [json.loads(raw) for raw in bench.rows("lrs.statement", "raw")] == [first]
        assert [json.loads(raw) for raw in bench.rows("lrs.conflict", "raw")] == [second]
        await other.close()
        await third.close()

    on(platform, promise)


@dataclass
class CutOff:
    """A warehouse whose answer is lost after it has committed, as when its process dies just then."""

    warehouse: McpClient

    async def call(self, tool: str, arguments: dict[str, Any], *, safe_to_retry: bool = False) -> str:
        await self.warehouse.call(tool, arguments, safe_to_retry=safe_to_retry)
        raise McpUnavailable("the connection was lost")


def test_a_crash_between_commit_and_acknowledgement_doubles_nothing(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        await bench.append(*(statement() for _ in range(5)))
        cut = await bench.drain(warehouse=CutOff(bench.warehouse))
        assert cut.entries == 0
        assert cut.failures
        assert (await bench.log.position(max_age_ms=0)).pending == 5
        drained = await bench.drain()
        assert (drained.inserted, drained.redelivered, drained.duplicates) == (0, 5, 0)
        assert bench.rows("core.event") == bench.sent

    on(platform, promise)


def test_while_a_server_is_away_nothing_is_lost(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        await bench.append(*(statement() for _ in range(5)))
        away = McpClient("python", "http://127.0.0.1:1/mcp", "token")  # nothing listens on port 1
        failed = await bench.drain(python=away)
        assert (failed.entries, len(failed.failures)) == (0, 1)
        assert bench.rows("lrs.statement") == []
        drained = await bench.drain()
        assert drained.inserted == 5
        assert bench.rows("core.event") == bench.sent

    on(platform, promise)


def test_two_drains_do_not_work_at_once(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        long = asyncio.create_task(bench.drain(until_empty=False, budget_seconds=1.0))
        await asyncio.sleep(0.3)
        with pytest.raises(Busy):
            await bench.drain()
        await long
        assert (await bench.drain()).entries == 0

    on(platform, promise)


def test_what_arrives_between_two_ticks_is_loaded_at_once_and_told_by_the_next(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        standing = StandingDrain(bench.new_drain)
        assert (await standing.tick(0.1)).entries == 0
        await bench.append(statement(), statement())
        assert await bench.log.wait_loaded((await bench.log.position()).newest, timeout_ms=5_000)
        with pytest.raises(Busy):
            await bench.drain()
        assert (await standing.tick(0.1)).inserted == 2
        await standing.stop()
        assert (await bench.drain()).entries == 0  # the lease was given back

    on(platform, promise)


def test_without_a_next_tick_loading_ends(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        standing = StandingDrain(bench.new_drain, alone_seconds=0.2)
        await standing.tick(0.1)
        await asyncio.sleep(2.5)  # longer than what is left to it, and than one wait for a statement
        await bench.append(statement())
        assert (await bench.log.position(max_age_ms=0)).lag == 1
        assert (await standing.tick(1.0)).inserted == 1
        await standing.stop()

    on(platform, promise)


def test_what_was_loaded_before_another_loader_came_is_told_once_it_has_gone(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        standing = StandingDrain(bench.new_drain, alone_seconds=3.0)
        await standing.tick(0.1)
        await bench.append(statement())
        assert await bench.log.wait_loaded((await bench.log.position()).newest, timeout_ms=5_000)
        deadline = time.monotonic() + 60
        while not await bench.log.acquire_lease("another", 60):  # given back when the drain's time alone is over
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
        with pytest.raises(Busy):
            await standing.tick(0.1)
        await bench.log.release_lease("another")
        assert (await standing.tick(0.1)).inserted == 1
        await standing.stop()

    on(platform, promise)


def test_a_failure_ends_a_standing_drain_and_the_next_tick_takes_up_what_it_left(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        servers = iter([CutOff(bench.warehouse), bench.warehouse])
        standing = StandingDrain(lambda: bench.new_drain(warehouse=next(servers)))
        await bench.append(statement())
        failed = await standing.tick(30.0)  # does not last so long: it ends with the failure
        assert (failed.entries, len(failed.failures)) == (0, 1)
        told = await standing.tick(2.0)
        assert (told.claimed, told.redelivered, told.failures) == (1, 1, [])
        await standing.stop()

    on(platform, promise)


class Told(dg.ConfigurableResource[Any]):
    """In the place of `Ingest`: gives a drain that was written down before."""

    drained: dict[str, Any]

    def tick(self) -> Drained:
        return Drained(**self.drained)

    def position(self) -> LogPosition:
        return LogPosition(10, "2-0", "2-0", 0, "", 0, 5000)


def tick(drained: dict[str, Any], cursor: str | None, every: float, monkeypatch: pytest.MonkeyPatch) -> Any:
    from lrs_platform.defs.ingest import sensors
    from lrs_platform.settings import Settings

    monkeypatch.setattr(sensors, "get_settings", lambda: Settings(materialization_every_seconds=every))
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(
            instance=instance, cursor=cursor, resources={"ingest": Told(drained=drained)}
        ) as context,
    ):
        return statement_stream(context)


STORED: dict[str, Any] = {
    "entries": 4,
    "inserted": 3,
    "duplicates": 1,
    "batches": 1,
    "last_statement_id": "s",
    "last_log_id": "2-0",
}


def test_a_tick_that_stored_something_tells_what(monkeypatch: pytest.MonkeyPatch) -> None:
    result = tick(STORED, None, 0.0, monkeypatch)
    assert "stored 3 of 4 statements" in result.skip_reason.skip_message
    assert "1 duplicates" in result.skip_reason.skip_message
    [event] = result.asset_events
    assert event.asset_key == dg.AssetKey("statements")
    assert event.metadata["rows"].value == 3


def test_small_ticks_are_summed_into_one_event(monkeypatch: pytest.MonkeyPatch) -> None:
    first = tick(STORED, None, 0.0, monkeypatch)
    second = tick(STORED, first.cursor, 3600.0, monkeypatch)
    assert not second.asset_events
    third = tick({}, second.cursor, 0.0, monkeypatch)
    assert third.asset_events[0].metadata["rows"].value == 3  # of the second tick; the first was told


def test_an_empty_log_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(tick({}, None, 0.0, monkeypatch), dg.SkipReason)


def test_a_tick_that_could_load_nothing_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingLoaded, match="warehouse away"):
        tick({"failures": ["warehouse away"]}, None, 0.0, monkeypatch)


def test_merging_drains_adds_counts_and_keeps_the_last_statement() -> None:
    merged = merge(held(Drained(**STORED)), Drained(entries=1, inserted=1, last_statement_id="t", lag_ms=5))
    assert (merged.entries, merged.inserted, merged.last_statement_id, merged.lag_ms) == (5, 4, "t", 5)


def test_the_asset_drains_what_the_sensor_would(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Materialising `statements` runs the same drain, on the instance's own log, which the sensor keeps empty."""
    from lrs_platform.defs.ingest.assets import statements
    from lrs_platform.defs.resources import Ingest, connections
    from lrs_platform.settings import get_settings

    secrets = load_secrets(platform.instance)
    for name, value in {
        "REDIS_URL": platform.redis_url,
        "STREAM": f"test:{uuid.uuid4().hex}",
        "MCP_PYTHON_URL": platform.urls["python"],
        "MCP_PYTHON_TOKEN": secrets.python_token,
        "MCP_WAREHOUSE_URL": platform.urls["warehouse"],
        "MCP_WAREHOUSE_TOKEN": secrets.warehouse_token,
    }.items():
        monkeypatch.setenv(f"LRS_{name}", value)
    get_settings.cache_clear()
    connections.cache_clear()
    try:
        parts = connections()
        sent = statement()
        parts.loop.run(
            parts.log.append([Entry(sent["id"], json.dumps(sent).encode())], version="1.0.3", authority=AUTHORITY)
        )
        result = dg.materialize([statements], resources={"ingest": Ingest()})
        assert result.success
        [event] = result.asset_materializations_for_node("statements")
        assert event.metadata["rows"].value == 1
        assert event.metadata["last_statement_id"].value == sent["id"]
    finally:
        get_settings.cache_clear()
        connections.cache_clear()
