"""The first release and this one at work on one database at the same time: the schema changes under the old one, which
goes on loading and reading, and nothing is lost or doubled.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from lrs_platform.mcp_client import LoopThread, McpClient
from lrs_platform.warehouse.schema_changes import apply, changes
from lrs_platform_tests.gateway.conftest import free_port
from lrs_platform_tests.mcp.conftest import Postgres, Server, server_of, wait_until
from lrs_platform_tests.mcp.lines import Line, call_of
from lrs_platform_tests.upgrade.old_release import OldRelease

BATCH = 20
TOKEN = "token-of-warehouse"


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    running = LoopThread()
    yield running
    running.close()


@contextmanager
def old_warehouse(release: OldRelease, postgres: Postgres) -> Iterator[str]:
    """URL of the first release's warehouse server, healthy."""
    port = free_port()
    log = postgres.instance.logs / f"old-warehouse-{port}.log"
    with log.open("ab") as output:
        process = release.spawn(
            "-m",
            "lrs_platform.mcp_servers.warehouse",
            output=output,
            LRS_MCP_WAREHOUSE_URL=f"http://127.0.0.1:{port}/mcp",
            LRS_MCP_WAREHOUSE_TOKEN=TOKEN,
            LRS_DATABASE_URL=postgres.url("lrs_writer"),
        )
    try:
        wait_until(lambda: _healthy(port, log, process.poll()), f"the old warehouse is healthy; see {log}")
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(60)


def _healthy(port: int, log: Path, status: int | None) -> bool:
    assert status is None, log.read_text()[-2000:]
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200
    return False


class Loading:
    """Batches that go on being loaded through one server until `stop`."""

    def __init__(self, loop: LoopThread, client: McpClient) -> None:
        self.loaded: list[str] = []
        self.failures: list[Exception] = []
        self._loop, self._client = loop, client
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join(120)

    def _run(self) -> None:
        while not self._end.is_set():
            lines = [Line() for _ in range(BATCH)]
            try:
                self._loop.run(self._client.call("load_statements", dict(call_of(*lines))))
            except Exception as error:  # noqa: BLE001  # whatever it is, the test tells it
                self.failures.append(error)
                return
            self.loaded += [line.statement_id for line in lines]


def test_the_schema_changes_under_the_first_release_and_both_go_on(
    first_release: OldRelease, own_postgres: Postgres, loop: LoopThread
) -> None:
    with old_warehouse(first_release, own_postgres) as url:
        before = _newest(own_postgres)
        assert before <= changes()[-1].version
        old_client = McpClient("warehouse", url, TOKEN)
        old = Loading(loop, old_client)
        wait_until(lambda: len(old.loaded) > BATCH, "the old one loads")
        new_server = server_of("warehouse", own_postgres.instance, {"LRS_DATABASE_URL": own_postgres.url("lrs_writer")})
        new_server.start()
        try:
            wait_until(lambda: new_server.health().status_code == 200, "the new one has changed the schema")
            assert _newest(own_postgres) == changes()[-1].version
            halfway = len(old.loaded)
            new = Loading(loop, new_server.client())
            wait_until(lambda: len(new.loaded) > 3 * BATCH and len(old.loaded) > halfway + 3 * BATCH, "both load")
            old.stop()
            new.stop()
            assert (old.failures, new.failures) == ([], [])
            _both_see_everything(loop, own_postgres, [old_client, *new_server.clients], [*old.loaded, *new.loaded])
        finally:
            new_server.stop()
            loop.run(old_client.close())


def _both_see_everything(
    loop: LoopThread, postgres: Postgres, clients: list[McpClient], statement_ids: list[str]
) -> None:
    stored = postgres.rows("select statement_id::text from lrs.statement")
    assert sorted(row[0] for row in stored) == sorted(statement_ids)
    events = postgres.rows("select count(*), count(distinct statement_id) from core.event")
    assert events == [(len(statement_ids), len(statement_ids))]
    for client in clients:
        for statement_id in (statement_ids[0], statement_ids[-1]):
            found = loop.run(client.call("find_statements", {"statement_id": statement_id}))
            assert statement_id in found


def _newest(postgres: Postgres) -> int:
    return int(postgres.rows("select max(version) from lrs.schema_change")[0][0])


def test_a_server_of_this_release_starts_again_beside_a_newer_one(own_postgres: Postgres) -> None:
    """What a newer release only added keeps nobody from starting; what it took away does, and says so."""
    asyncio.run(_bring_up_to_date(own_postgres.url("lrs_writer")))
    server: Server = server_of("warehouse", own_postgres.instance, {"LRS_DATABASE_URL": own_postgres.url("lrs_writer")})
    try:
        own_postgres.rows("insert into lrs.schema_change (version, name, sha256) values (998, 'later', '') returning 1")
        server.start()
        wait_until(lambda: server.health().status_code == 200, "healthy beside a newer release")
        own_postgres.rows("update lrs.schema_change set compatible_from = 997 where version = 998 returning 1")
        server.stop()
        server.start()
        wait_until(lambda: "998" in str(server.health().json()), "it says that it is too old")
        assert server.health().status_code == 503
    finally:
        server.stop()


async def _bring_up_to_date(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await apply(connection)
