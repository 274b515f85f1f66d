"""One pass over the reminders that are to be sent: fetch, render, hand to the mail server, write down the receipts.

Belongs here: the order. A pass that dies anywhere is simply made again: what it had handed over is known to the mail
server by its key, what it had not is still in the warehouse as an intent. Not here: who is due (decide.sql), SMTP.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from lrs_platform.mcp_client import McpClient, McpToolError, McpUnavailable
from lrs_platform.outreach.rendering import Mail, Wording, render_reminders, unsubscribe_url
from lrs_platform.outreach.rules import Rules

AT_ONCE = 50  # mails between two looks at the stop button
CALLS = 8  # to the mail server at the same time
AGAIN_SECONDS = 60.0  # after a mail server that does not answer


@dataclass(slots=True)
class Passed:
    """What a pass did. `waiting`: reminders that are still to be sent, not before `next_at`."""

    states: Counter[str] = field(default_factory=Counter)
    again: int = 0
    stopped: bool = False
    waiting: int = 0
    next_at: str | None = None
    problems: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def sent(self) -> int:
        """Mails that an SMTP server has taken over, by this pass or one before that could not tell."""
        return self.states["sent"]


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends what is to be sent. `clock` gives `now` as the warehouse takes it; empty: its own clock."""

    warehouse: McpClient
    python: McpClient
    mail: McpClient
    rules: Rules
    wording: Wording
    seconds: float = 600.0
    clock: Callable[[], str] = lambda: ""

    async def run(self) -> Passed:
        """Go on until nothing is to be sent now, the time is over or somebody presses stop.

        Raises McpUnavailable where warehouse, sandbox or mail server do not answer, McpToolError where one refuses.
        """
        passed = Passed()
        begun = time.monotonic()
        while time.monotonic() - begun < self.seconds:
            told = await self._next()
            passed.stopped, passed.waiting, passed.next_at = told["stopped"], told["waiting"], told["next_at"]
            if not told["reminders"]:
                break
            await self._send(told["reminders"], passed)
        passed.seconds = round(time.monotonic() - begun, 3)
        return passed

    async def _next(self) -> dict[str, Any]:
        arguments = {"rules": self.rules.text(), "rows": AT_ONCE, "now": self.clock()}
        told: dict[str, Any] = await self.warehouse.call_json("next_reminders", arguments, safe_to_retry=True)
        return told

    async def _send(self, reminders: Sequence[dict[str, Any]], passed: Passed) -> None:
        mails = await render_reminders(self.python, reminders, self.wording)
        slots = asyncio.Semaphore(CALLS)
        unavailable: list[McpUnavailable] = []

        async def one(reminder: dict[str, Any], mail: Mail) -> dict[str, Any] | None:
            async with slots:
                if unavailable:  # the others would only wait for it as well
                    return None
                try:
                    return await self._outcome(reminder, mail, passed)
                except McpUnavailable as error:
                    unavailable.append(error)
                    return None

        outcomes = await asyncio.gather(*map(one, reminders, mails))
        told = [outcome for outcome in outcomes if outcome is not None]
        if told:
            arguments = {"outcomes": msgspec.json.encode(told).decode(), "now": self.clock()}
            await self.warehouse.call_json("record_reminders", arguments, safe_to_retry=True)
        if unavailable:
            raise unavailable[0]

    async def _outcome(self, reminder: dict[str, Any], mail: Mail, passed: Passed) -> dict[str, Any]:
        """What became of one mail, as `record_reminders` takes it. Raises McpUnavailable."""
        outcome: dict[str, Any] = {"reminder_id": reminder["reminder_id"], "message_id": None, "retry_after": None}
        if mail.error:  # a template that is wrong can be put right within the day
            outcome |= {"state": "deferred", "reply": f"template: {mail.error}", "retry_after": AGAIN_SECONDS}
            passed.problems[mail.error] += 1
        else:
            link = unsubscribe_url(reminder["token"], self.wording)
            arguments = {
                "to": reminder["to"],
                "subject": mail.subject,
                "text": mail.text,
                "html": mail.html,
                "headers": list_headers(link),
                "idempotency_key": reminder["key"],
            }
            try:
                told = await self.mail.call_json("send_email", arguments, safe_to_retry=True)
                outcome |= {name: told[name] for name in ("state", "message_id", "reply", "retry_after")}
                passed.again += bool(told["again"])
            except McpToolError as error:  # the mail server will not send this, today or ever
                outcome |= {"state": "refused", "reply": str(error)}
                passed.problems[str(error)] += 1
        passed.states[outcome["state"]] += 1
        return outcome


def list_headers(unsubscribe: str) -> dict[str, str]:
    """Headers of mail to many: unsubscribing with one click (RFC 2369, RFC 8058), and no answers by machines."""
    return {
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
