"""How assets and checks of this domain reach warehouse, sandbox, mail server and browser. Not here: what they do with
them (lrs_platform/outreach).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import dagster as dg
import msgspec

from lrs_platform.defs.agents import working
from lrs_platform.mcp_client import LoopThread, McpClient, McpToolError
from lrs_platform.outreach.browsing import problems_of
from lrs_platform.outreach.digest import Coordinator, Digest
from lrs_platform.outreach.rendering import Wording
from lrs_platform.outreach.rules import Rules
from lrs_platform.outreach.sending import Passed, Sending
from lrs_platform.settings import Settings, get_settings

CONTRACT = "a06_daily_reminder"
AGENT = "daily_reminder"


class _Servers:
    """Clients of the servers, on a loop of their own."""

    def __init__(self, settings: Settings) -> None:
        self.loop = LoopThread()
        self.warehouse = _client("warehouse", settings)
        self.python = _client("python", settings)
        self.mail = _client("mail", settings) if settings.reminders == "on" else None


def _client(name: str, settings: Settings) -> McpClient:
    url, token = settings.require(f"mcp_{name}_url"), settings.require(f"mcp_{name}_token")
    return McpClient(name, url, token, read_timeout=max(120.0, settings.mcp_read_timeout_seconds))


@cache
def _servers() -> _Servers:
    return _Servers(get_settings())


def wording_of(settings: Settings) -> Wording:
    """Where the words of mails come from."""
    return Wording(settings.reminder_templates, settings.reminder_language, settings.public_url or "")


class Reminders(dg.ConfigurableResource[Any]):
    """Reminders. Every method raises McpUnavailable and McpToolError."""

    @property
    def is_on(self) -> bool:
        """Whether mail is sent."""
        return get_settings().reminders == "on"

    def decide(self) -> dict[str, Any]:
        """Decide who is to be reminded, after taking in what came back."""
        servers, settings = _servers(), get_settings()
        with working(AGENT, contract=CONTRACT):
            returned = servers.loop.run(_take_returned(servers)) if servers.mail else {}
            arguments = {"rules": Rules.of(settings).text()}
            decided: dict[str, Any] = servers.loop.run(
                servers.warehouse.call_json("decide_reminders", arguments, safe_to_retry=True)
            )
        return {**decided, "returned": returned}

    def send(self) -> Passed:
        """Send what is to be sent; nothing in a dry run."""
        servers, settings = _servers(), get_settings()
        if servers.mail is None:
            return Passed()
        sending = Sending(servers.warehouse, servers.python, servers.mail, Rules.of(settings), wording_of(settings))
        with working(AGENT, contract=CONTRACT):
            return servers.loop.run(sending.run())

    def digest(self) -> dict[str, int]:
        """Send the morning lists that are due."""
        servers, settings = _servers(), get_settings()
        digest = Digest(
            servers.warehouse,
            servers.python,
            servers.mail,
            Rules.of(settings),
            wording_of(settings),
            Coordinator.several(settings.reminder_coordinators),
            settings.reminder_time_zone,
        )
        with working("coordinator_digest", contract=CONTRACT):
            return dict(servers.loop.run(digest.run()))

    def broken_links(self) -> dict[str, str]:
        """Links about to be mailed that do not open, each with the reason. Raises SettingMissing without a browser."""
        servers, settings = _servers(), get_settings()
        url = settings.require("mcp_browser_url")

        async def asked() -> dict[str, str]:
            arguments = {"dry_run": settings.reminders != "on"}
            due = await servers.warehouse.call_json("lesson_links_due", arguments, safe_to_retry=True)
            browser = McpClient("browser", url, "", read_timeout=120.0)
            try:
                return await problems_of(browser, due["links"])
            finally:
                await browser.close()

        with working(AGENT, contract=CONTRACT):
            return servers.loop.run(asked())

    def overview(self) -> dict[str, Any]:
        """Counts of the day, the effect, what is recorded of addresses."""
        servers = _servers()
        with working(AGENT, contract=CONTRACT):
            told: dict[str, Any] = servers.loop.run(
                servers.warehouse.call_json("reminders_overview", {"dry_run": not self.is_on}, safe_to_retry=True)
            )
        return told


async def _take_returned(servers: _Servers) -> dict[str, int]:
    """Give what came back to the warehouse, and tell the mail server that it was taken."""
    assert servers.mail is not None
    counts: dict[str, int] = {}
    taken: list[str] = []
    while True:
        told = await servers.mail.call_json("read_returned_mail", {"taken": taken}, safe_to_retry=True)
        if not told["returned"]:
            return counts
        arguments = {"reports": msgspec.json.encode(told["returned"]).decode(), "source": "mailbox"}
        kept = await servers.warehouse.call_json("mail_came_back", arguments, safe_to_retry=True)
        counts = {name: counts.get(name, 0) + kept.get(name, 0) for name in {*counts, *kept}}
        marks = sorted({each["mark"] for each in told["returned"]})
        if marks == taken:
            raise McpToolError("the mail server forgets what was taken from it")
        taken = marks
