"""The client: real sessions with any MCP server, typed failures, one retry where that is safe, no arguments logged."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from lrs_platform.local.instance import ROOT, Instance, free_block
from lrs_platform.mcp_client import CallRecord, McpClient, McpToolError, McpUnavailable
from lrs_platform.mcp_servers.python.result import return_value
from lrs_platform_tests.mcp.conftest import Caller, Server, server_of, wait_until


class StandIn:
    """The server of stand_in.py on a port of its own."""

    def __init__(self) -> None:
        self.port = free_block(19500)
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lrs_platform_tests.mcp.stand_in", str(self.port)],
            cwd=ROOT, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        wait_until(self.listens, "the stand-in listens")

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    server = StandIn()
    yield server
    server.stop()


def echo(payload: str) -> dict[str, Any]:
    return {"python_code": "payload", "global_variables": {"payload": payload}}


def calls_of(caller: Caller, client: McpClient) -> int:
    return int(return_value(caller.text(client, "run_python_code", python_code="calls", global_variables={})))


def test_a_server_of_the_same_contract_stands_in_by_its_url(caller: Caller, stand_in: StandIn) -> None:
    client = McpClient("python", stand_in.url, "")
    payload = "naïve \u2028 </b>\r\n" + "x" * 5_000_000
    assert return_value(caller.run(client.call("run_python_code", echo(payload)))) == payload
    caller.run(client.close())


def test_a_session_that_the_server_forgot_is_opened_again(caller: Caller, stand_in: StandIn) -> None:
    client = McpClient("python", stand_in.url, "")
    caller.run(client.call("run_python_code", echo("a")))
    stand_in.stop()
    stand_in.start()
    assert return_value(caller.run(client.call("run_python_code", echo("b")))) == "b"
    caller.run(client.close())


def test_the_sdks_client_calls_our_servers(sandbox: Server) -> None:
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async def ask(mode: str) -> str:
        headers = {"authorization": f"Bearer {sandbox.token}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(sandbox.url, http_client=http), mode=mode) as client,
        ):
            result = await client.call_tool("run_python_code", {"python_code": "6 * 7", "global_variables": {}})
            return str(getattr(result.content[0], "text", ""))

    for mode in ("legacy", "auto"):  # the handshake, and the protocol revision without one
        assert return_value(asyncio.run(ask(mode))) == 42


def test_a_server_that_is_not_there_is_unavailable(caller: Caller) -> None:
    client = McpClient("python", f"http://127.0.0.1:{free_block(19600)}/mcp", "t")
    with pytest.raises(McpUnavailable, match="cannot be reached"):
        caller.run(client.call("run_python_code", echo("a"), safe_to_retry=True))


def test_an_address_that_is_no_mcp_server_is_unavailable(caller: Caller, sandbox: Server) -> None:
    client = McpClient("python", f"{sandbox.origin}/health", sandbox.token)
    with pytest.raises(McpUnavailable):
        caller.run(client.call("run_python_code", echo("a")))


@pytest.mark.parametrize(("safe", "expected"), [(True, 2), (False, 1)])
def test_a_call_without_an_answer_runs_once_more_only_where_that_is_safe(
    caller: Caller, stand_in: StandIn, safe: bool, expected: int
) -> None:
    impatient = McpClient("python", stand_in.url, "", read_timeout=1.0)
    patient = McpClient("python", stand_in.url, "")
    before = calls_of(caller, patient)
    with pytest.raises(McpUnavailable, match="no response within 1 s"):
        slow = {"python_code": "slow", "global_variables": {}}
        caller.run(impatient.call("run_python_code", slow, safe_to_retry=safe))
    assert calls_of(caller, patient) - before == expected + 1  # and this count itself


def test_what_a_tool_raises_stays_on_the_server(caller: Caller, stand_in: StandIn) -> None:
    client = McpClient("python", stand_in.url, "")
    with pytest.raises(McpToolError) as caught:
        caller.text(client, "run_python_code", python_code="crash", global_variables={})
    assert not caught.value.transient
    assert "only the server" not in str(caught.value)


def test_arguments_and_tools_that_the_server_does_not_know_are_tool_errors(caller: Caller, sandbox: Server) -> None:
    for tool in ("no_such_tool", "run_python_code"):
        with pytest.raises(McpToolError):
            caller.text(sandbox, tool)


def test_a_request_over_the_servers_limit_is_the_datas_fault(caller: Caller, stand_in: StandIn) -> None:
    client = McpClient("python", stand_in.url, "")
    caller.run(client.call("run_python_code", echo("a")))
    with pytest.raises(McpToolError, match=r"^data: the request is too large"):
        caller.run(client.call("run_python_code", echo("x" * 17 * 2**20)))
    assert return_value(caller.run(client.call("run_python_code", echo("b")))) == "b"


def test_many_calls_at_once_each_get_their_own_answer(caller: Caller, sandbox: Server) -> None:
    client = sandbox.client()

    async def all_at_once() -> list[Any]:
        replies = await asyncio.gather(*(client.call("run_python_code", echo(str(n))) for n in range(100)))
        return [return_value(reply) for reply in replies]

    assert caller.run(all_at_once()) == [str(n) for n in range(100)]


def test_a_call_that_is_given_up_does_not_answer_the_next_one(caller: Caller, stand_in: StandIn) -> None:
    client = McpClient("python", stand_in.url, "")

    async def give_up() -> str:
        slow = asyncio.create_task(client.call("run_python_code", {"python_code": "slow", "global_variables": {}}))
        await asyncio.sleep(0.2)
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        return await client.call("run_python_code", echo("next"))

    assert return_value(caller.run(give_up())) == "next"


def test_a_restarted_server_is_found_again(caller: Caller, own_instance: Instance) -> None:
    server = server_of("python", own_instance, {}, port=free_block(19700))
    server.start()
    client = server.client()
    assert return_value(caller.text(client, "run_python_code", python_code="1", global_variables={})) == 1
    server.kill()
    with pytest.raises(McpUnavailable):
        caller.text(client, "run_python_code", python_code="1", global_variables={})
    server.start()
    assert return_value(caller.text(client, "run_python_code", python_code="1", global_variables={})) == 1
    server.stop()


def test_the_call_log_knows_sizes_and_outcome_but_no_argument(caller: Caller, sandbox: Server) -> None:
    records: list[CallRecord] = []
    client = sandbox.client(on_call=records.append)
    caller.run(client.call("run_python_code", echo("private" * 1000)))
    with pytest.raises(McpToolError):
        caller.text(client, "no_such_tool", secret="private")
    assert [(record.server, record.tool, record.outcome) for record in records] == [
        ("python", "run_python_code", "ok"),
        ("python", "no_such_tool", "tool_error"),
    ]
    assert records[0].request_bytes > 7000 < records[0].response_bytes
    assert records[0].ms > 0
    assert "private" not in repr(records)
