"""The morning list of coordinators: who is behind in their cohort, each of them once a day.

Belongs here: who gets which list, and its fields. Not here: sending once (the mail server), figures
(digest_cohorts.sql).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lrs_platform.mcp_client import McpClient, McpToolError
from lrs_platform.outreach.rendering import Wording, render
from lrs_platform.outreach.rules import Rules
from lrs_platform.outreach.templates import PEOPLE, find

EVERYBODY = "All learners"
FINAL = ("sent", "refused", "dry_run")


@dataclass(frozen=True, slots=True)
class Coordinator:
    """Who looks after a cohort; an empty cohort means all of them."""

    address: str
    cohort: str = ""

    @classmethod
    def several(cls, setting: str) -> list[Coordinator]:
        """From LRS_REMINDER_COORDINATORS: `address` or `cohort=address`, separated by commas."""
        entries = [entry.strip().rpartition("=") for entry in setting.split(",") if entry.strip()]
        return [cls(address.strip(), cohort.strip()) for cohort, _, address in entries]


@dataclass(frozen=True, slots=True)
class Digest:
    """Sends the morning lists of a day; what is open or deferred is tried again by the next pass of that day."""

    warehouse: McpClient
    python: McpClient
    mail: McpClient | None  # None in a dry run
    rules: Rules
    wording: Wording
    coordinators: list[Coordinator]
    time_zone: str

    async def run(self, now: datetime | None = None) -> Counter[str]:
        """Lists by what became of them. Raises McpUnavailable, McpToolError, TemplateFault."""
        done: Counter[str] = Counter()
        local = (now or datetime.now(UTC)).astimezone(ZoneInfo(self.time_zone))
        awake = self.rules.from_time <= local.time() < self.rules.until_time
        if not self.coordinators or not awake or (local.isoweekday() >= 6 and not self.rules.weekends):
            return done
        moment = now.isoformat() if now else ""
        arguments = {"rules": self.rules.text(), "now": moment}
        cohorts = await self.warehouse.call_json("cohorts_behind", arguments, safe_to_retry=True)
        for coordinator in self.coordinators:
            theirs = [each for each in cohorts if coordinator.cohort in ("", each["cohort"])]
            if sum(each["behind"] for each in theirs):
                done[await self._one(coordinator, theirs, local.date().isoformat(), moment)] += 1
            else:
                done["nobody_behind"] += 1
        return done

    async def _one(self, to: Coordinator, cohorts: list[dict[str, Any]], day: str, moment: str) -> str:
        about = {"day": day, "mail": to.address, "cohort": to.cohort}
        known = await self.warehouse.call_json("digest_state", about, safe_to_retry=True)
        if known["state"] in FINAL:
            return "known"
        figures = {name: sum(int(each[name]) for each in cohorts) for name in ("members", "behind", "reminded")}
        fields = digest_fields(to.cohort, cohorts, day, figures, self.wording.public_url)
        template = find("digest", self.wording.language, to.cohort, self.wording.own)
        (mail,) = await render(self.python, [(template, fields)])
        key = f"digest/{day}/{hashlib.sha256(f'{to.address.lower()} {to.cohort}'.encode()).hexdigest()}"
        state, reply = ("deferred", f"template: {mail.error}") if mail.error else ("dry_run", "")
        if self.mail is not None and not mail.error:
            arguments = {"to": to.address, "subject": mail.subject, "text": mail.text, "html": mail.html}
            try:
                told = await self.mail.call_json(
                    "send_email", {**arguments, "idempotency_key": key}, safe_to_retry=True
                )
                state, reply = told["state"], told["reply"]
            except McpToolError as error:
                state, reply = "refused", str(error)
        kept = {**about, "key": key, "state": state, "figures": figures, "reply": reply, "now": moment}
        await self.warehouse.call_json("keep_digest", kept, safe_to_retry=True)
        return state


def digest_fields(
    cohort: str, cohorts: list[dict[str, Any]], day: str, figures: dict[str, int], public_url: str
) -> dict[str, str]:
    """Fields of a morning list: the ten who are longest behind by name, the rest as a number."""
    people = [{**person, "cohort": each["cohort"]} for each in cohorts for person in each["people"]]
    people.sort(key=lambda person: (-person["overdue_days"], -person["lessons"], person["name"]))
    lines = [_line(person, with_cohort=not cohort) for person in people[: len(PEOPLE)]]
    more = len(people) - len(lines)
    return {
        "cohort": cohort or EVERYBODY,
        "day": day,
        **{name: str(number) for name, number in figures.items()},
        "unreachable": str(sum(bool(person["unreachable"]) for person in people)),
        **dict.fromkeys(PEOPLE, ""),
        **dict(zip(PEOPLE, lines, strict=False)),
        "more": f"and {more} more" if more > 0 else "",
        "page_url": f"{public_url.rstrip('/')}/ui/reminders" if public_url else "",
    }


def _line(person: dict[str, Any], *, with_cohort: bool) -> str:
    lessons = f"{person['lessons']} lesson" + ("s" if person["lessons"] != 1 else "")
    where = f", {person['cohort']}" if with_cohort else ""
    return f"{person['name']}{where}: {lessons}, {person['overdue_days']} d late"
