"""A gateway with a Redis of its own and no warehouse: accepting must not need one. Reading is tested on the whole
platform.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from lrs_platform.gateway.credential_store import store_credential
from lrs_platform.local.redis import find_server

STREAM = "xapi:statements"
MAX_BODY_BYTES = 256 * 1024
PASSWORD = "correct horse battery"
ADMIN_TOKEN = "token-of-the-tests"


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def statement(**changes: Any) -> dict[str, Any]:
    """A small valid statement with an id of its own; `id=None` leaves the id out."""
    made = {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": "mailto:learner@example.com"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://example.com/lessons/fire-safety"},
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


@contextmanager
def running_redis(directory: Path, port: int) -> Iterator[str]:
    """A Redis as the log needs it; what it holds stays in `directory`."""
    options = f"--port {port} --bind 127.0.0.1 --dir {directory} --appendonly yes --appendfsync always --save".split()
    with (directory / "redis.log").open("ab") as output:
        server = subprocess.Popen([find_server(), *options, ""], stdout=output, stderr=output)
    try:
        with redis.Redis(port=port) as client:
            _wait(client.ping, server, "Redis")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


@dataclass(frozen=True)
class Gateway:
    """A running gateway of the tests."""

    url: str
    client: httpx.Client  # sends the credential and version 1.0.3
    redis: redis.Redis
    log: Path
    pid: int

    def entries(self) -> int:
        """Statements in the log."""
        return int(self.redis.xlen(STREAM))

    def entry(self, statement_id: str) -> dict[bytes, bytes] | None:
        """The log's entry of a statement."""
        found: Any = self.redis.xrevrange(STREAM, count=1000)
        return next((fields for _, fields in found if fields[b"i"] == statement_id.encode()), None)

    def put(self, sent: dict[str, Any], **options: Any) -> httpx.Response:
        """PUT a statement under its id."""
        return self.client.put("/xAPI/statements", params={"statementId": sent["id"]}, json=sent, **options)


@contextmanager
def running_gateway(directory: Path, redis_url: str, **settings: str) -> Iterator[Gateway]:
    """A gateway process whose log lies at `redis_url`; `settings` are further LRS_ variables."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LRS_", "DAGSTER_"))}
    environment |= {
        "LRS_PORT": str(port),
        "LRS_HOME": str(directory),
        "LRS_REDIS_URL": redis_url,
        "LRS_MCP_WAREHOUSE_URL": f"http://127.0.0.1:{free_port()}/mcp",  # nobody listens there
        "LRS_ADMIN_TOKEN": ADMIN_TOKEN,
        "LRS_MAX_BODY_BYTES": str(MAX_BODY_BYTES),
        "LRS_READ_BARRIER_MS": "50",
        **{f"LRS_{name.upper()}": value for name, value in settings.items()},
    }
    log = directory / "gateway.log"
    with log.open("ab") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "lrs_platform.gateway"], env=environment, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(lambda: httpx.get(f"{url}/health/live", trust_env=False).is_success, server, "the gateway")
        headers = {"X-Experience-API-Version": "1.0.3"}
        with (
            httpx.Client(
                base_url=url, auth=("writer", PASSWORD), headers=headers, timeout=30, trust_env=False
            ) as client,
            redis.Redis.from_url(redis_url) as log_client,
        ):
            yield Gateway(url, client, log_client, log, server.pid)
    finally:
        server.terminate()
        server.wait(20)


def _wait(ready: Any, server: subprocess.Popen[bytes], what: str) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.fail(f"{what} ended with status {server.returncode} instead of starting")
        try:
            if ready():
                return
        except (redis.RedisError, httpx.HTTPError):
            time.sleep(0.05)
    pytest.fail(f"{what} did not start within two minutes")


@pytest.fixture(scope="session")
def log_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis with two credentials: `writer` may all, `reader` may only read."""
    with running_redis(tmp_path_factory.mktemp("redis"), free_port()) as url:
        asyncio.run(_store_credentials(url))
        yield url


@pytest.fixture(scope="session")
def gateway(log_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway without warehouse and Dagster."""
    with running_gateway(tmp_path_factory.mktemp("gateway"), log_url) as running:
        yield running


async def _store_credentials(url: str) -> None:
    for name, scopes in (("writer", ["all"]), ("reader", ["statements/read"])):
        await store_credential(url, username=name, password=PASSWORD, scopes=scopes, name=f"{name} of the tests")
