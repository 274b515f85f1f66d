"""DBHub behind our door: its two tools, read-only by role, bounded, alive again after a crash, holding only its DSN."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lrs_platform.local.instance import Instance, free_block
from lrs_platform.mcp_client import McpToolError
from lrs_platform_tests.mcp.conftest import Caller, Server, server_of
from lrs_platform_tests.mcp.lines import Line, call_of


def query(caller: Caller, dbhub: Server, sql: str) -> list[dict[str, Any]]:
    reply = caller.json(dbhub, "execute_sql", sql=sql)
    rows: list[dict[str, Any]] = reply["data"]["statements"][0]["rows"]
    return rows


def child_of(dbhub: Server) -> int:
    assert dbhub.process is not None
    found = subprocess.run(["pgrep", "-P", str(dbhub.process.pid)], capture_output=True, text=True, check=True)
    (pid,) = found.stdout.split()
    return int(pid)


def test_its_tools_are_passed_on_with_their_schemas(caller: Caller, dbhub: Server) -> None:
    tools = {tool["name"]: tool for tool in caller.run(dbhub.client().tools())}
    assert set(tools) == {"execute_sql", "search_objects"}
    assert tools["execute_sql"]["inputSchema"]["required"] == ["sql"]


def test_what_it_writes_goes_when_it_ends(dbhub: Server, own_instance: Instance, tmp_path: Path) -> None:
    port = free_block(19800)
    server = server_of("dbhub", own_instance, dbhub.environment | {"TMPDIR": str(tmp_path)}, port=port)
    server.environment["LRS_MCP_DBHUB_URL"] = server.url
    server.start()
    try:
        assert [path.name for path in tmp_path.glob("*/*")] == ["dbhub.toml"]
    finally:
        server.stop()
    assert list(tmp_path.iterdir()) == []


def test_a_query_on_a_report_view_is_answered(caller: Caller, warehouse: Server, dbhub: Server) -> None:
    line = Line()
    caller.text(warehouse, "load_statements", **call_of(line))
    rows = query(caller, dbhub, f"select verb_id from report.event where statement_id = '{line.statement_id}'")  # noqa: S608
    assert rows == [{"verb_id": "http://adlnet.gov/expapi/verbs/completed"}]


def test_search_objects_finds_the_views_and_nothing_else(caller: Caller, dbhub: Server) -> None:
    views = caller.json(dbhub, "search_objects", object_type="view", detail_level="names")
    assert {view["name"] for view in views["data"]["results"]} >= {"event", "daily_activity"}
    tables = caller.text(dbhub, "search_objects", object_type="table", detail_level="names")
    assert "statement" not in tables


@pytest.mark.parametrize(
    "sql",
    [
        "select raw from lrs.statement",
        "select actor_name from core.event",
        "delete from report.event",
        "drop view report.event",
        "select 1; drop view report.event",
        "commit; create table report.mine (a int)",
        "with gone as (delete from report.event returning 1) select * from gone",
        r"SELECT E'\'' ; COMMIT; create table report.mine (a int); --'",
        "create temporary table mine (a int)",
        "select set_config('statement_timeout', '0', false)",
        "select lo_create(0)",
        "set role lrs_writer",
    ],
)
def test_writing_and_reading_elsewhere_fails(caller: Caller, dbhub: Server, sql: str) -> None:
    with pytest.raises(McpToolError):
        caller.text(dbhub, "execute_sql", sql=sql)


def test_rows_are_capped_and_the_reply_says_so(caller: Caller, dbhub: Server) -> None:
    reply = caller.json(dbhub, "execute_sql", sql="select number from generate_series(1, 5000) as number")
    (statement,) = reply["data"]["statements"]
    assert len(statement["rows"]) == 100
    assert statement["truncated"] is True


def test_a_reply_that_is_too_long_is_refused_and_the_next_one_comes(caller: Caller, dbhub: Server) -> None:
    with pytest.raises(McpToolError, match=r"^data: the reply is longer than 100000 bytes"):
        caller.text(dbhub, "execute_sql", sql="select repeat('x', 3000000) as long")
    assert query(caller, dbhub, "select 1 as one") == [{"one": 1}]


@pytest.mark.slow
def test_a_query_that_takes_too_long_is_ended(caller: Caller, dbhub: Server) -> None:
    endless = (
        "select count(*) from generate_series(1, 99999) as a, generate_series(1, 99999) as b, "
        "generate_series(1, 99999) as c"
    )
    with pytest.raises(McpToolError, match="statement timeout"):  # one long series would fill its temporary file first
        caller.text(dbhub, "execute_sql", sql=endless)


def test_an_unknown_tool_is_refused(caller: Caller, dbhub: Server) -> None:
    with pytest.raises(McpToolError):
        caller.text(dbhub, "drop_everything")


def test_a_child_that_dies_is_started_again(caller: Caller, dbhub: Server) -> None:
    query(caller, dbhub, "select 1 as one")
    dead = child_of(dbhub)
    os.kill(dead, signal.SIGKILL)
    assert query(caller, dbhub, "select 1 as one") == [{"one": 1}]
    assert child_of(dbhub) != dead


def test_the_child_holds_its_path_and_dsn_and_listens_nowhere(caller: Caller, dbhub: Server) -> None:
    query(caller, dbhub, "select 1 as one")
    pid = child_of(dbhub)
    environment = Path(f"/proc/{pid}/environ").read_text().strip("\0").split("\0")
    assert sorted(entry.partition("=")[0] for entry in environment) == ["DSN", "PATH"]
    assert dbhub.environment["LRS_READER_DATABASE_URL"] not in Path(f"/proc/{pid}/cmdline").read_text()
    sockets = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    listening = {
        f"socket:[{fields[9]}]"
        for table in ("tcp", "tcp6")
        for fields in (row.split() for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:])
        if fields[3] == "0A"
    }
    assert not sockets & listening


def test_the_password_is_in_no_log_and_no_error(caller: Caller, dbhub: Server) -> None:
    password = dbhub.environment["LRS_READER_DATABASE_URL"].split(":")[2].partition("@")[0]
    assert len(password) > 20
    assert password not in dbhub.log.read_text()
    with pytest.raises(McpToolError) as caught:
        caller.text(dbhub, "execute_sql", sql="select nonsense from nowhere")
    assert password not in json.dumps(str(caught.value))
