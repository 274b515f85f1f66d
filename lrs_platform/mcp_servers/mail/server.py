"""The tools of the mail server, as any MCP client sees them, and its start.

Belongs here: names, parameters, descriptions. Not here: what they do (sending.py, bounces.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field
from starlette.types import ASGIApp

from lrs_platform.mcp_servers.mail.bounces import MOST_AT_ONCE, raw_messages, read_returned
from lrs_platform.mcp_servers.mail.delivery import Delivery, Relay
from lrs_platform.mcp_servers.mail.ledger import Ledger
from lrs_platform.mcp_servers.mail.lookup import lookup_of
from lrs_platform.mcp_servers.mail.message import AllowList, Sender, Unsendable
from lrs_platform.mcp_servers.mail.sending import Outbox, Sent
from lrs_platform.mcp_servers.serving import STREAMABLE_HTTP, Health, log_to_stderr, serve
from lrs_platform.settings import SettingMissing, Settings, get_settings

INSTRUCTIONS = """\
Sends mail, at most once for each idempotency key. Failures begin with `data:` where the same call will never work."""


def application(outbox: Outbox, delivery: Delivery, returned: Path | None) -> ASGIApp:
    """The ASGI application of the server; what is under way is finished before it ends."""

    @asynccontextmanager
    async def lifespan(_: MCPServer[Any]) -> AsyncIterator[Outbox]:
        try:
            yield outbox
        finally:
            await outbox.finish()
            await delivery.close()
            outbox.ledger.close()

    server = MCPServer("mail", instructions=INSTRUCTIONS, lifespan=lifespan, log_level="WARNING")

    @server.tool(title="Send a mail")
    async def send_email(
        to: Annotated[str, Field(description="One address, which the allow-list names")],
        subject: Annotated[str, Field(description="One line")],
        text: Annotated[str, Field(description="The mail as plain text")],
        idempotency_key: Annotated[str, Field(description="The same key is one mail, however often it is sent")],
        html: Annotated[str, Field(description="The mail as HTML, beside the text")] = "",
        headers: Annotated[dict[str, str] | None, Field(description="List-Unsubscribe and its like")] = None,
    ) -> Sent:
        """Send one mail, or say what became of the one that was sent under this key.

        state: sent, the SMTP server has taken it over; refused, it never will; deferred, it may later; unknown, the
        answer was lost. `again`: known from before. `retry_after`: when to ask again, in seconds; null: no use.
        """
        try:
            return await outbox.send(
                key=idempotency_key, to=to, subject=subject, text=text, html=html, headers=headers or {}
            )
        except Unsendable as error:
            raise ToolError(f"data: {error}") from error

    @server.tool()
    async def read_returned_mail(taken: list[str] | None = None) -> dict[str, Any]:
        """Bounces and complaints that nobody has taken: {"returned": [{mark, kind, message_id, recipient, detail}],
        "unread": messages that are no reports}. `taken`: marks of those that have been dealt with."""
        ledger = outbox.ledger
        if taken:
            await asyncio.to_thread(ledger.taken, taken)
        if returned is None:
            return {"returned": [], "unread": 0}
        try:
            return await asyncio.to_thread(_returned, ledger, returned)
        except OSError as error:
            raise ToolError(f"transient: LRS_MAIL_RETURNED cannot be read: {type(error).__name__}") from error

    return server.streamable_http_app(**STREAMABLE_HTTP)


def _returned(ledger: Ledger, place: Path) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    others: list[str] = []
    for mark, raw in raw_messages(place):
        if not ledger.unseen([mark]):
            continue
        told = [report.told() for report in read_returned(raw, mark)]
        found += told
        if not told:
            others.append(mark)
        if len(found) >= MOST_AT_ONCE:
            break
    ledger.taken(others)
    return {"returned": found, "unread": len(others)}


def relay_of(settings: Settings) -> Relay:
    """The SMTP server that the settings name. Raises SettingMissing; a password goes over TLS or stays on this host."""
    host = settings.require("smtp_host")
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    if settings.smtp_security == "none" and password and host not in ("127.0.0.1", "localhost", "::1"):
        raise SettingMissing("LRS_SMTP_SECURITY is none and LRS_SMTP_PASSWORD is set: it would cross the net in clear")
    return Relay(
        host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_username,
        password,
        str(settings.smtp_certificates or ""),
    )


def main() -> None:
    """Serve until SIGTERM. Raises SettingMissing, LedgerTaken."""
    log_to_stderr()
    settings = get_settings()
    delivery = Delivery(relay_of(settings), connections=settings.mail_connections, per_second=settings.mail_per_second)
    outbox = Outbox(
        sender=Sender.of(settings.require("mail_from"), settings.mail_reply_to),
        allowed=AllowList.of(settings.mail_allowed_recipients),
        ledger=Ledger(settings.mail_ledger or settings.home / "mail" / "ledger.sqlite"),
        delivery=delivery,
        lookup=lookup_of(settings.mail_lookup),
        settle_seconds=settings.mail_settle_seconds,
    )

    async def health() -> Health:
        """The relay is not asked: a probe every few seconds would be a session every few seconds."""
        return Health(True, {"mails": outbox.ledger.counts()})

    serve("mail", application(outbox, delivery, settings.mail_returned), settings, health)
