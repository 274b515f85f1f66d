"""Sending once: the order of ledger and delivery, and what to do about a key whose answer was lost.

Belongs here: the decision. For each key: what is settled is told again and not done again; what was handed over and
never answered is looked up, and sent again only where the lookup says that it did not arrive; two callers with one key
wait for the same mail. Not here: files (ledger.py), SMTP (delivery.py).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Literal, TypedDict

from lrs_platform.mcp_servers.mail.delivery import Answer, Delivery
from lrs_platform.mcp_servers.mail.ledger import Entry, Ledger
from lrs_platform.mcp_servers.mail.lookup import Lookup
from lrs_platform.mcp_servers.mail.message import AllowList, Sender, check_key, check_recipient, compose, message_id


class Sent(TypedDict):
    """What became of a mail. `again`: it was settled before this call. `retry_after`: seconds until asking again may
    tell more, null where it never will.
    """

    state: Literal["sent", "refused", "deferred", "unknown"]
    message_id: str
    reply: str
    again: bool
    retry_after: float | None


class Outbox:
    """Sends mails, each key once."""

    def __init__(
        self,
        *,
        sender: Sender,
        allowed: AllowList,
        ledger: Ledger,
        delivery: Delivery,
        lookup: Lookup | None,
        settle_seconds: float,
    ) -> None:
        """`settle_seconds`: a server may still take over a message for that long after its connection was lost."""
        self._sender = sender
        self._allowed = allowed
        self._ledger = ledger
        self._delivery = delivery
        self._lookup = lookup
        self._settle_seconds = settle_seconds
        self._under_way: dict[str, asyncio.Task[Sent]] = {}

    @property
    def ledger(self) -> Ledger:
        """What became of each key."""
        return self._ledger

    async def send(self, *, key: str, to: str, subject: str, text: str, html: str, headers: Mapping[str, str]) -> Sent:
        """Send, or say what became of it. Raises Unsendable before anything is done."""
        check_key(key)
        check_recipient(to, self._allowed)
        identifier = message_id(key, self._sender.domain)
        message = compose(
            sender=self._sender, to=to, subject=subject, text=text, html=html, headers=headers, identifier=identifier
        )
        task = self._under_way.get(key)
        if task is None:
            # A task of its own: a caller who hangs up must not leave a mail half handed over.
            task = asyncio.create_task(self._once(key, identifier, to, message))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def finish(self) -> None:
        """Wait for the mails that are under way."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _once(self, key: str, identifier: str, to: str, message: bytes) -> Sent:
        entry = await asyncio.to_thread(self._ledger.find, key)
        if entry is not None and entry.state in ("sent", "refused"):
            return _told(entry, again=True)
        if entry is not None and entry.state == "handed":
            settled = await self._resolve(entry)
            if settled is not None:
                return settled

        async def leaving() -> None:
            await asyncio.to_thread(self._ledger.hand_over, key, identifier)

        answer = await self._delivery.send(self._sender.address, to, message, leaving)
        if answer.state == "unknown":
            return await self._unanswered(identifier, answer)
        await asyncio.to_thread(self._ledger.settle, key, identifier, answer.state, answer.reply)
        return Sent(
            state=answer.state, message_id=identifier, reply=answer.reply, again=False,
            retry_after=60.0 if answer.state == "deferred" else None,
        )  # fmt: skip

    async def _unanswered(self, identifier: str, answer: Answer) -> Sent:
        wait = self._settle_seconds if self._lookup is not None else None
        return Sent(state="unknown", message_id=identifier, reply=answer.reply, again=False, retry_after=wait)

    async def _resolve(self, entry: Entry) -> Sent | None:
        """What became of a mail that was handed over and never answered; None where it certainly did not arrive."""
        told = Sent(
            state="unknown",
            message_id=entry.message_id,
            reply="handed over, and the answer was lost",
            again=True,
            retry_after=None,
        )
        if self._lookup is None:
            return told
        waited = time.time() - entry.at
        found = await self._lookup.found(entry.message_id)
        if found:
            reply = "found by its Message-ID"
            await asyncio.to_thread(self._ledger.settle, entry.key, entry.message_id, "sent", reply)
            return Sent(state="sent", message_id=entry.message_id, reply=reply, again=True, retry_after=None)
        if found is None:
            return Sent(**{**told, "retry_after": 60.0})
        if waited < self._settle_seconds:
            return Sent(**{**told, "retry_after": self._settle_seconds - waited})
        return None


def _told(entry: Entry, *, again: bool) -> Sent:
    assert entry.state in ("sent", "refused")
    return Sent(state=entry.state, message_id=entry.message_id, reply=entry.reply, again=again, retry_after=None)
