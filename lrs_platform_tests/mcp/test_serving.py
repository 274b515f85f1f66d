"""Every server: nothing without its token, and a /health that says whether what is behind it answers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from lrs_platform.local.instance import Instance, free_block
from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform_tests.mcp.conftest import Caller, Postgres, Server, server_of, wait_until
from lrs_platform_tests.mcp.lines import Line, call_of

PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.fixture(params=["warehouse", "sandbox", "dbhub"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer wrong", "Basic {token}", "Bearer {token}x", "{token}"])
def test_without_its_token_a_server_does_nothing(server: Server, value: str | None) -> None:
    headers = ACCEPT | ({} if value is None else {"authorization": value.format(token=server.token)})
    response = httpx.post(server.url, json=PING, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "tools" not in response.text


def test_with_its_token_a_server_answers(server: Server) -> None:
    response = httpx.post(server.url, json=PING, headers=ACCEPT | {"authorization": f"Bearer {server.token}"})
    assert response.status_code == 200
    assert response.json()["result"]["tools"]


def test_a_wrong_token_is_told_to_the_caller(caller: Caller, server: Server) -> None:
    from lrs_platform.mcp_client import McpClient

    client = McpClient(server.name, server.url, "wrong")
    with pytest.raises(McpUnavailable, match="refused the token"):
        caller.text(client, "anything")


def test_health_is_open_and_holds_no_secret(server: Server) -> None:
    wait_until(lambda: server.health().status_code == 200, f"{server.name} healthy")
    response = server.health()
    assert response.json()["status"] == "ok"
    assert server.token not in response.text
    assert "postgresql://" not in response.text


def test_a_server_without_a_token_does_not_start(own_instance: Instance) -> None:
    import subprocess
    import sys

    server = server_of("python", own_instance, {})
    del server.environment["LRS_MCP_PYTHON_TOKEN"]
    done = subprocess.run(
        [sys.executable, "-m", "lrs_platform.mcp_servers.python"],
        env=server.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "LRS_MCP_PYTHON_TOKEN is not set" in done.stderr


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A Postgres that nobody else uses, prepared but not started."""
    import shutil
    import tempfile
    from pathlib import Path

    from lrs_platform.local.credentials import make_secrets
    from lrs_platform.local.instance import open_instance
    from lrs_platform.local.postgres import remove_state

    home = Path(tempfile.mkdtemp(prefix="lrs-mcp-tests-"))
    home.chmod(0o711)
    instance = open_instance(home, free_block(19400))
    instance.lay_out()
    postgres = Postgres(instance, make_secrets(instance))
    yield postgres
    if postgres.process is not None and postgres.process.poll() is None:
        postgres.stop()
    remove_state(instance)
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.slow
def test_the_warehouse_waits_for_postgres_says_so_and_heals_after_a_crash(
    caller: Caller, own_postgres: Postgres
) -> None:
    from lrs_platform.local.bootstrap import make_roles_and_databases

    instance = own_postgres.instance
    server = server_of("warehouse", instance, {"LRS_DATABASE_URL": own_postgres.url("lrs_writer")})
    server.start()
    try:
        away = server.health()
        assert away.status_code == 503
        assert "Postgres does not answer" in away.json()["reason"]
        assert own_postgres.secrets.writer_password not in away.text
        with pytest.raises(McpToolError, match="not ready") as caught:
            caller.text(server, "load_statements", **call_of(Line()))
        assert caught.value.transient

        own_postgres.start()
        make_roles_and_databases(instance)
        wait_until(lambda: server.health().status_code == 200, "healthy once Postgres is there")

        line = Line()
        assert caller.json(server, "load_statements", **call_of(line))["last"]["statement_id"] == line.statement_id
        own_postgres.crash()
        assert server.health().status_code == 503
        with pytest.raises(McpToolError) as caught:
            caller.text(server, "load_statements", **call_of(Line()))
        assert caught.value.transient
        own_postgres.start()
        wait_until(lambda: server.health().status_code == 200, "healthy again")
        assert caller.json(server, "load_statements", **call_of(line))["redelivered"] == 1
    finally:
        server.stop()
    assert own_postgres.secrets.writer_password not in server.log.read_text()
