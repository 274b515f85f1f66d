"""A real SMTP server that keeps what it gets in a Maildir, and misbehaves where a test asks it to.

As a process (`python -m lrs_platform_tests.outreach.sink PORT MAILDIR`) it outlives whoever sends to it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections import Counter
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from lrs_platform.mcp_servers.mail.lookup import messages_in


class Keeper:
    """aiosmtpd handler: a message is in the Maildir, on disk, before its 250."""

    def __init__(self, maildir: Path) -> None:
        self.maildir = maildir
        for part in ("tmp", "new", "cur"):
            (maildir / part).mkdir(parents=True, exist_ok=True)
        self.answers: dict[str, str] = {}  # recipient -> answer to RCPT
        self.data_answers: list[str] = []  # answers to the next messages, instead of taking them
        self.cut_off: list[str] = []  # "before" or "after": the connection ends before or after the message is kept
        self.sessions = 0
        self.logins: list[tuple[bytes, bytes]] = []
        self._number = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data_answers:
            return self.data_answers.pop(0)
        when = self.cut_off.pop(0) if self.cut_off else ""
        if when != "before":
            self.keep(envelope)
        if when:
            transport: Any = server.transport
            transport.abort()
            await asyncio.sleep(0.2)
        return "250 kept"

    def keep(self, envelope: Envelope) -> None:
        self._number += 1
        name = f"{os.getpid()}.{self._number}"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        head = f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\nX-Envelope-From: {envelope.mail_from}\r\n"
        path = self.maildir / "tmp" / name
        with path.open("wb") as file:
            file.write(head.encode() + content)
            file.flush()
            os.fsync(file.fileno())
        path.rename(self.maildir / "new" / name)


class Sink:
    """The server, in a thread of this process."""

    def __init__(self, maildir: Path, port: int, **options: Any) -> None:
        self.keeper = Keeper(maildir)
        self.port = port
        self._controller = Controller(self.keeper, hostname="127.0.0.1", port=port, **options)

    def __enter__(self) -> Sink:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def received(self) -> list[EmailMessage]:
        return received(self.keeper.maildir)


def received(maildir: Path) -> list[EmailMessage]:
    """All messages, in the order in which they came."""
    paths = sorted(messages_in(maildir), key=lambda path: path.stat().st_mtime_ns)
    return [message_from_bytes(path.read_bytes(), policy=default) for path in paths]


def copies(maildir: Path) -> Counter[str]:
    """How often each Message-ID was received."""
    return Counter(str(message["Message-ID"]) for message in received(maildir))


def main() -> None:
    """Serve until killed."""
    with Sink(Path(sys.argv[2]), int(sys.argv[1])):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
