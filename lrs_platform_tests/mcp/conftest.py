"""A Postgres and the three MCP servers of these tests' own: some promises need them stopped, killed or started anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
import pytest

from lrs_platform.local.bootstrap import make_roles_and_databases
from lrs_platform.local.credentials import Secrets, admin_database_url, database_url, make_secrets
from lrs_platform.local.instance import ROOT, Instance, free_block, open_instance
from lrs_platform.local.postgres import is_ready, prepare_postgres, remove_state
from lrs_platform.mcp_client import LoopThread, McpClient
from lrs_platform.mcp_servers.serving import PORT_OFFSETS, ServerName

T = TypeVar("T")
PATIENCE = 60.0  # generous: a wait ends when what is waited for is there


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for `condition`; fail naming `what`."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}"
        time.sleep(0.05)


@dataclass
class Postgres:
    """A Postgres that a test may stop and start."""

    instance: Instance
    secrets: Secrets
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        prepared = prepare_postgres(self.instance, self.instance.port + 6, self.secrets.postgres_password)
        with (self.instance.home / "postgres.log").open("ab") as log:
            self.process = prepared.launch().spawn(log)
        wait_until(lambda: is_ready(prepared), "Postgres ready")

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(2)  # SIGINT: fast shutdown
        self.process.wait(PATIENCE)

    def crash(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, 9)
        self.process.wait(PATIENCE)

    def url(self, role: str, database: str = "lrs") -> str:
        password = {"lrs_writer": self.secrets.writer_password, "lrs_reader": self.secrets.reader_password}[role]
        return database_url(self.instance, role, password, database)

    def admin(self, database: str = "lrs") -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(admin_database_url(self.instance, database), autocommit=True)

    def rows(self, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        with self.admin() as connection:
            return connection.execute(query, parameters).fetchall()


@dataclass
class Server:
    """One MCP server in a process of its own."""

    name: ServerName
    port: int
    token: str
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    clients: list[McpClient] = field(default_factory=list)
    root: Path = ROOT  # where its lrs_platform lies

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/mcp"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"lrs_platform.mcp_servers.{self.name}"],
                env=self.environment, cwd=self.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        wait_until(self.listens, f"{self.name} listens; see {self.log}")

    def listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        try:
            httpx.get(f"{self.origin}/health", timeout=5)
        except httpx.TransportError:
            return False
        return True

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def health(self) -> httpx.Response:
        return httpx.get(f"{self.origin}/health", timeout=10)

    def client(self, **options: Any) -> McpClient:
        client = McpClient(self.name, self.url, self.token, **options)
        self.clients.append(client)
        return client


@dataclass
class Caller:
    """Calls of synchronous tests, on a loop of their own, as the Dagster sensor makes them."""

    loop: LoopThread

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(coroutine)

    def text(self, server: Server | McpClient, tool: str, **arguments: Any) -> str:
        return self.loop.run(self._client(server).call(tool, arguments))

    def json(self, server: Server | McpClient, tool: str, **arguments: Any) -> Any:
        return self.loop.run(self._client(server).call_json(tool, arguments))

    def _client(self, server: Server | McpClient) -> McpClient:
        if isinstance(server, McpClient):
            return server
        return server.clients[0] if server.clients else server.client()


@pytest.fixture(scope="session")
def caller() -> Iterator[Caller]:
    loop = LoopThread()
    yield Caller(loop)
    loop.close()


@pytest.fixture(scope="session")
def own_instance() -> Iterator[Instance]:
    """Ports and a directory of these tests' own; not below pytest's, which other accounts cannot enter."""
    home = Path(tempfile.mkdtemp(prefix="lrs-mcp-tests-"))
    home.chmod(0o711)
    instance = open_instance(home, free_block(19300))
    instance.lay_out()
    yield instance
    remove_state(instance)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(own_instance: Instance) -> Iterator[Postgres]:
    running = Postgres(own_instance, make_secrets(own_instance))
    running.start()
    make_roles_and_databases(own_instance)
    yield running
    running.stop()


def server_of(name: ServerName, instance: Instance, values: dict[str, str], *, port: int | None = None) -> Server:
    """A server, not yet started, with its environment and nothing else of this process's."""
    port = port or instance.port + PORT_OFFSETS[name]
    token = f"token-of-{name}"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        f"LRS_MCP_{name.upper()}_URL": f"http://127.0.0.1:{port}/mcp",
        f"LRS_MCP_{name.upper()}_TOKEN": token,
        **values,
    }
    return Server(name, port, token, environment, instance.logs / f"{name}-{port}.log")


@contextmanager
def running_warehouse(instance: Instance, postgres: Postgres, **values: str) -> Iterator[Server]:
    """A warehouse server on the database `lrs` of `postgres`, healthy; `values` are settings of its own."""
    server = server_of("warehouse", instance, {"LRS_DATABASE_URL": postgres.url("lrs_writer"), **values})
    server.start()
    wait_until(lambda: server.health().status_code == 200, "the warehouse is healthy")
    yield server
    server.stop()


@contextmanager
def running_dbhub(instance: Instance, postgres: Postgres, **values: str) -> Iterator[Server]:
    """DBHub before that database, whose views a warehouse server has made; `values` are settings of its own."""
    package = Path(os.environ.get("LRS_DBHUB_PACKAGE", ROOT / "deploy" / "dbhub"))
    if not (package / "node_modules" / "@bytebase" / "dbhub").is_dir():
        pytest.skip("DBHub is not installed: run `sh lrs test`")
    given = {"LRS_READER_DATABASE_URL": postgres.url("lrs_reader"), "LRS_DBHUB_PACKAGE": str(package), **values}
    server = server_of("dbhub", instance, given)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def warehouse(own_instance: Instance, postgres: Postgres) -> Iterator[Server]:
    with running_warehouse(own_instance, postgres) as server:
        yield server


@pytest.fixture(scope="session")
def sandbox(own_instance: Instance) -> Iterator[Server]:
    limits = {
        "LRS_SANDBOX_SECONDS": "2",
        "LRS_SANDBOX_MEMORY_BYTES": "100000000",
        "LRS_SANDBOX_RESULT_BYTES": "1000000",
    }
    server = server_of("python", own_instance, limits)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def dbhub(own_instance: Instance, postgres: Postgres, warehouse: Server) -> Iterator[Server]:
    limits = {
        "LRS_DBHUB_MAX_ROWS": "100",
        "LRS_DBHUB_MAX_REPLY_BYTES": "100000",
        "LRS_DBHUB_QUERY_SECONDS": "5",
    }
    with running_dbhub(own_instance, postgres, **limits) as server:
        yield server
