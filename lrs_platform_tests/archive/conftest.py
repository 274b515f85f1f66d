"""Databases of these tests' own, each with a warehouse server of its own: what is archived and replayed is theirs."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from lrs_platform.local.credentials import load_secrets
from lrs_platform.mcp_client import McpClient
from lrs_platform.stream import LogEntry, StatementLog
from lrs_platform.stream.rereading import StreamIndex
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.mcp.conftest import Server, server_of, wait_until
from lrs_platform_tests.roster.company import Company, company_in

AUTHORITY = '{"objectType":"Agent","account":{"homePage":"http://example.com","name":"test"}}'


@dataclass
class Fresh:
    """An empty database, its warehouse server, and a log that nobody else reads."""

    platform: Platform
    company: Company
    server: Server
    log: StatementLog
    index: StreamIndex
    python: McpClient
    warehouse: McpClient

    async def append(self, log_id: str, statement: dict[str, Any]) -> LogEntry:
        """Put a statement into the log as if it had come at that time."""
        raw = json.dumps(statement)
        fields = ("i", statement["id"], "v", "1.0.3", "a", AUTHORITY, "s", raw)
        async with redis.asyncio.Redis.from_url(self.platform.redis_url) as client:
            await client.execute_command("XADD", self.log.stream, log_id, *fields)  # type: ignore[no-untyped-call]
        line = "\t".join((log_id, statement["id"], "1.0.3", AUTHORITY, raw))
        return LogEntry(log_id.encode(), line.encode())


@contextmanager
def served(platform: Platform) -> Iterator[tuple[Company, Server]]:
    """An empty database, and a warehouse server for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with contextmanager(company_in)(platform) as company:
        server = server_of("warehouse", platform.instance, {"LRS_DATABASE_URL": company.writer}, port=port)
        server.log = Path(f"{platform.home}/run/{server.log.name}")
        server.start()
        try:
            wait_until(lambda: server.health().status_code == 200, "the warehouse is healthy")
            yield company, server
        finally:
            server.stop()


@pytest.fixture(scope="module")
def first(platform: Platform) -> Iterator[tuple[Company, Server]]:
    """A database for the tests of a module."""
    with served(platform) as parts:
        yield parts


@pytest.fixture(scope="module")
def second(platform: Platform) -> Iterator[tuple[Company, Server]]:
    """Another one."""
    with served(platform) as parts:
        yield parts


@asynccontextmanager
async def opened(platform: Platform, parts: tuple[Company, Server]) -> AsyncIterator[Fresh]:
    """Connections to all of it, on a log of its own."""
    company, server = parts
    stream = f"test:{uuid.uuid4().hex}"
    log, index = StatementLog(platform.redis_url, stream, "warehouse"), StreamIndex(platform.redis_url, stream)
    python = McpClient("python", platform.urls["python"], load_secrets(platform.instance).python_token)
    warehouse = McpClient("warehouse", server.url, server.token)
    try:
        yield Fresh(platform, company, server, log, index, python, warehouse)
    finally:
        async with redis.asyncio.Redis.from_url(platform.redis_url) as client:
            await client.delete(stream)
        for each in (python, warehouse, log, index):
            await each.close()


def on(platform: Platform, parts: tuple[Company, Server], promise: Callable[[Fresh], Awaitable[None]]) -> None:
    """Run an async test."""

    async def run() -> None:
        async with opened(platform, parts) as fresh:
            await promise(fresh)

    asyncio.run(run())
