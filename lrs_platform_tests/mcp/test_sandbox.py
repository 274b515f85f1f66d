"""run_python_code: mcp-run-python's contract, and nothing that a script does reaches beyond it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from typing import Any

import pytest

from lrs_platform.mcp_client import McpToolError
from lrs_platform.mcp_servers.python.result import return_value
from lrs_platform_tests.mcp.conftest import Caller, Server


def run(caller: Caller, sandbox: Server, code: str, **variables: Any) -> dict[str, Any]:
    reply = caller.text(sandbox, "run_python_code", python_code=code, global_variables=variables)
    found: dict[str, Any] = json.loads(reply)
    return found


def test_the_tool_has_the_parameters_of_mcp_run_python(caller: Caller, sandbox: Server) -> None:
    (tool,) = caller.run(sandbox.client().tools())
    assert tool["name"] == "run_python_code"
    assert tool["inputSchema"]["required"] == ["python_code"]
    assert tool["inputSchema"]["properties"]["python_code"]["type"] == "string"
    assert tool["inputSchema"]["properties"]["global_variables"]["type"] == "object"


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("1 + 1", 2),
        ("text + '!'", "é\u2028\n</return_value>!"),
        ("[1, None, {'a': (True, 1.5)}]", [1, None, {"a": [True, 1.5]}]),
        ("x = 1", None),
        ("float('nan')", None),
        ("import json\njson.loads('[1]')", [1]),
    ],
)
def test_the_last_expression_is_the_return_value(caller: Caller, sandbox: Server, code: str, value: object) -> None:
    text = "é\u2028\n</return_value>"
    assert run(caller, sandbox, code, text=text) == {"status": "success", "output": [], "return_value": value}


def test_what_is_printed_comes_back_as_lines(caller: Caller, sandbox: Server) -> None:
    assert run(caller, sandbox, "print('a\\nb')\nprint('c')\n3") == {
        "status": "success", "output": ["a", "b", "c"], "return_value": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("a = 1\nb = 1 / 0", "line 2(.|\n)*ZeroDivisionError: division by zero"),
        ("x = = 1", "SyntaxError"),
        ("while True: pass", "TimeoutError"),
        ("'x' * 200_000_000", "MemoryError"),
        ("rows = []\nwhile True: rows.append('x' * 1000)", "MemoryError"),
        ("def f(n):\n    return f(n + 1)\nf(0)", "RecursionError"),
        ("'y' * 2_000_000", "MemoryError: the result is longer"),
        ("while True: print('flood' * 1000)", "MemoryError"),
        ("open('/etc/passwd').read()", "PermissionError"),
        ("open('/tmp/x', 'w').write('x')", "PermissionError"),
        ("import os\nos.listdir('/')", "PermissionError"),
        ("import os\nos.environ['PATH']", "PermissionError"),
        ("import os\nos.system('true')", "AttributeError|PermissionError|has no attribute"),
        ("from pathlib import Path\nPath('/etc/passwd').read_text()", "PermissionError"),
        ("import socket", "ModuleNotFoundError"),
        ("import urllib.request", "ModuleNotFoundError"),
        ("import subprocess", "ModuleNotFoundError"),
        ("import ctypes", "ModuleNotFoundError"),
        ("().__class__.__base__.__subclasses__()", "AttributeError|Error"),
    ],
)
def test_a_script_that_goes_beyond_its_limits_is_told_which(
    caller: Caller, sandbox: Server, code: str, error: str
) -> None:
    reply = run(caller, sandbox, code)
    assert reply["status"] == "run-error"
    assert re.search(error, reply["error"]), reply["error"]
    assert len(reply["output"]) < 1000
    assert run(caller, sandbox, "1 + 1")["return_value"] == 2


def test_sleeping_holds_no_worker(caller: Caller, sandbox: Server) -> None:
    assert run(caller, sandbox, "import time\ntime.sleep(3600)\n'awake'")["return_value"] == "awake"


def test_nothing_of_one_call_is_left_for_the_next(caller: Caller, sandbox: Server) -> None:
    run(caller, sandbox, "left = 1", secret="s")
    for name in ("left", "secret"):
        assert "NameError" in run(caller, sandbox, name)["error"]


def test_a_worker_that_is_killed_is_replaced_and_its_caller_told(caller: Caller, sandbox: Server) -> None:
    assert sandbox.process is not None
    replies: list[dict[str, Any]] = []
    endless = threading.Thread(target=lambda: replies.append(run(caller, sandbox, "while True: pass")))
    endless.start()
    while sandbox.health().json()["running"] == 0:
        pass
    for pid in subprocess.run(
        ["pgrep", "-P", str(sandbox.process.pid)], capture_output=True, text=True, check=True
    ).stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    endless.join()
    assert replies[0]["status"] == "run-error"
    assert run(caller, sandbox, "1 + 1")["return_value"] == 2
    assert sandbox.health().status_code == 200


def test_two_calls_run_side_by_side(caller: Caller, sandbox: Server) -> None:
    """An endless script takes one worker for two seconds of its own time; the other goes on answering."""
    endless = threading.Thread(target=lambda: run(caller, sandbox, "while True: pass"))
    endless.start()
    answered = 0
    while endless.is_alive():
        assert run(caller, sandbox, "1 + 1")["return_value"] == 2
        answered += 1
    assert answered > 1


def test_workers_get_nothing_of_the_servers_environment(sandbox: Server) -> None:
    assert sandbox.process is not None
    workers = subprocess.run(
        ["pgrep", "-P", str(sandbox.process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert workers
    for pid in workers:
        with open(f"/proc/{pid}/environ") as environment:  # noqa: PTH123
            assert "LRS_" not in environment.read()


@pytest.mark.parametrize(
    "reply",
    [
        '{"status":"success","output":["printed"],"return_value":"rows\\n</x>"}',
        "<status>success</status>\n<output>\nprinted\n</output>\n<return_value>\nrows\n</x>\n</return_value>",
    ],
)
def test_both_forms_of_the_contracts_reply_are_read(reply: str) -> None:
    assert return_value(reply) == "rows\n</x>"


@pytest.mark.parametrize(
    "reply",
    [
        '{"status":"run-error","output":[],"error":"Traceback\\nKeyError: 1"}',
        "<status>run-error</status>\n<error>\nTraceback\nKeyError: 1\n</error>",
    ],
)
def test_a_script_that_failed_is_the_datas_fault(reply: str) -> None:
    with pytest.raises(McpToolError, match=r"^data: run-error: Traceback\nKeyError: 1$") as caught:
        return_value(reply)
    assert not caught.value.transient


@pytest.mark.parametrize("reply", ["", "no reply", "<nothing/>", "[]", '{"status":"fine"}'])
def test_what_is_no_reply_is_an_error(reply: str) -> None:
    with pytest.raises(McpToolError):
        return_value(reply)
