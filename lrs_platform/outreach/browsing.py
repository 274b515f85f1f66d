"""Whether the links that are about to be mailed open, in a real browser behind a Playwright MCP server.

Belongs here: asking the browser. The server is @playwright/mcp at LRS_MCP_BROWSER_URL, run by someone else; it goes
wherever a link of a lesson leads, so it belongs where it can reach nothing that is not public.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lrs_platform.mcp_client import McpClient, McpToolError

STATUS = "() => performance.getEntriesByType('navigation')[0].responseStatus"
NUMBER = re.compile(r"^\s*(\d{3})\s*$", re.MULTILINE)


async def problems_of(browser: McpClient, links: Iterable[str]) -> dict[str, str]:
    """Links that do not open, each with the reason. Raises McpUnavailable where the browser does not answer."""
    problems = {}
    for link in links:
        if problem := await _problem(browser, link):
            problems[link] = problem
    return problems


async def _problem(browser: McpClient, link: str) -> str:
    if not link.startswith(("https://", "http://")):
        return "is no address of a page"
    try:
        await browser.call("browser_navigate", {"url": link}, safe_to_retry=True)
        told = NUMBER.search(await browser.call("browser_evaluate", {"function": STATUS}, safe_to_retry=True))
    except McpToolError as error:
        reason = re.search(r"net::[A-Z_]+|Timeout[^\n]*", str(error))
        return reason[0] if reason else "does not open"
    if told is None:
        return "the browser does not say how it was answered"
    status = int(told[1])
    return f"answers {status}" if status >= 400 else ""
