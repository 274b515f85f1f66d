"""Lesson links are opened before they are mailed: with a real Playwright MCP server and a real browser.

LRS_PLAYWRIGHT_MCP is the file cli.js of @playwright/mcp; without it, or without a Chromium, these tests are skipped.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lrs_platform.mcp_client import McpClient, McpUnavailable
from lrs_platform.outreach.browsing import problems_of
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.gateway.conftest import free_port


@pytest.fixture(scope="module")
def browser_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    cli, chromium, node = os.environ.get("LRS_PLAYWRIGHT_MCP"), shutil.which("chromium"), shutil.which("node")
    if not (cli and Path(cli).is_file() and chromium and node):
        pytest.skip("needs @playwright/mcp (LRS_PLAYWRIGHT_MCP=.../cli.js) and a Chromium")
    port = free_port()
    options = ["--port", str(port), "--host", "127.0.0.1", "--headless", "--isolated", "--no-sandbox"]
    server = subprocess.Popen(
        [node, cli, *options, "--executable-path", chromium], cwd=tmp_path_factory.mktemp("browser"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(lambda: listens(port), 120, "the browser's server listens")
        yield f"http://localhost:{port}/mcp"
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # with its browser
        server.wait(30)


def listens(port: int) -> bool:
    try:
        httpx.get(f"http://localhost:{port}/", timeout=5, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def problems(url: str, *links: str) -> dict[str, str]:
    async def ask() -> dict[str, str]:
        client = McpClient("browser", url, "", read_timeout=120)
        try:
            return await problems_of(client, links)
        finally:
            await client.close()

    return asyncio.run(ask())


@pytest.mark.browser
def test_links_that_do_not_open_are_named_with_the_reason(browser_url: str, platform: Platform) -> None:
    gateway = platform.urls["gateway"]
    closed = f"http://127.0.0.1:{free_port()}/lesson"
    found = problems(browser_url, f"{gateway}/health/live", f"{gateway}/no-such-lesson", closed, "javascript:alert(1)")
    assert found == {
        f"{gateway}/no-such-lesson": "answers 404",
        closed: "net::ERR_CONNECTION_REFUSED",
        "javascript:alert(1)": "is no address of a page",
    }


def test_a_browser_that_is_away_is_no_verdict_on_a_link() -> None:
    with pytest.raises(McpUnavailable):
        problems(f"http://127.0.0.1:{free_port()}/mcp", "https://example.com/")
