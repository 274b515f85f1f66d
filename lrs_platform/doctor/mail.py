"""The way mail takes out: whether the relay speaks TLS with a certificate that we trust, and takes our login."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from lrs_platform.doctor.finding import Finding, fail, ok, warn
from lrs_platform.doctor.subject import Subject
from lrs_platform.mcp_servers.mail.delivery import Delivery, Relay
from lrs_platform.mcp_servers.mail.server import relay_of
from lrs_platform.settings import SettingMissing

PART = "mail"
ANSWER_SECONDS = 10.0
ON_THIS_HOST = frozenset({"127.0.0.1", "::1", "localhost"})


def examine(subject: Subject) -> Iterator[Finding]:
    """The relay, where one is set; no mail is sent."""
    if subject.given is None or not subject.given.smtp_host:
        return
    try:
        relay = relay_of(subject.given)
    except SettingMissing as error:
        yield fail(PART, str(error), "set LRS_SMTP_SECURITY to starttls or tls")
        return
    yield asyncio.run(relay_finding(relay))


async def relay_finding(relay: Relay) -> Finding:
    """Whether `relay` takes a session as it is configured."""
    delivery = Delivery(replace(relay, timeout=ANSWER_SECONDS), connections=1, per_second=0)
    try:
        refusal = await delivery.answers()
    finally:
        await delivery.close()
    where = f"{relay.host}:{relay.port}, {relay.security}"
    if refusal:
        return fail(PART, f"{where}: {refusal}", _advice(relay, refusal))
    if relay.security == "none" and relay.host not in ON_THIS_HOST:
        told = f"{where}: learners' addresses cross the net in clear"
        return warn(PART, told, "set LRS_SMTP_SECURITY to starttls or tls")
    return ok(PART, f"{where}: takes a session")


def _advice(relay: Relay, refusal: str) -> str:
    if "certificate" in refusal.lower() or "ssl" in refusal.lower():
        return "name the relay as its certificate does in LRS_SMTP_HOST, or its authority in LRS_SMTP_CERTIFICATES"
    if "auth" in refusal.lower() or refusal.startswith("53"):
        return "look at LRS_SMTP_USERNAME and LRS_SMTP_PASSWORD"
    if relay.security == "starttls":
        return "look at LRS_SMTP_HOST and LRS_SMTP_PORT; where TLS begins at once (465), LRS_SMTP_SECURITY is tls"
    return "look at LRS_SMTP_HOST, LRS_SMTP_PORT and LRS_SMTP_SECURITY"
