"""SMTP: a few connections that are used again, a rate, and what each answer of the server means.

Belongs here: RFC 5321. Not here: whether a mail may be sent at all (sending.py, message.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import aiosmtplib
from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException

Security = Literal["starttls", "tls", "none"]
IDLE_SECONDS = 60.0  # servers close idle sessions after five minutes (4.5.3.2.7), some sooner
MAILS_PER_CONNECTION = 100  # what large providers allow before they close


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes our mail."""

    host: str
    port: int
    security: Security = "starttls"
    username: str = ""
    password: str = ""
    certificates: str = ""  # a file of certificates to trust instead of the system's
    timeout: float = 60.0  # seconds for each answer


@dataclass(frozen=True, slots=True)
class Answer:
    """`sent`: the server has taken it over. `refused`: it never will. `deferred`: it has not, and may later.
    `unknown`: the connection was lost after the message left and before the answer came.
    """

    state: Literal["sent", "refused", "deferred", "unknown"]
    reply: str


class Pace:
    """At most `per_second` beginnings a second, evenly; 0 means no limit."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second if per_second > 0 else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = time.monotonic()
        at = max(now, self._next)
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)


class Delivery:
    """Hands messages to a relay, a few at the same time."""

    def __init__(self, relay: Relay, *, connections: int, per_second: float) -> None:
        self._relay = relay
        self._slots = asyncio.Semaphore(connections)
        self._pace = Pace(per_second)
        self._idle: list[tuple[SMTP, float, int]] = []

    async def send(self, sender: str, to: str, message: bytes, leaving: Callable[[], Awaitable[None]]) -> Answer:
        """Hand one message over. `leaving` is awaited when the server has taken the recipient, before DATA."""
        async with self._slots:
            await self._pace.turn()
            try:
                connection, used = await self._connection()
            except (SMTPException, OSError) as error:
                return Answer("deferred", _words(error))
            answer, reusable = await self._transaction(connection, sender, to, message, leaving)
            if reusable and used + 1 < MAILS_PER_CONNECTION:
                self._idle.append((connection, time.monotonic(), used + 1))
            else:
                await _leave(connection)
            return answer

    async def answers(self) -> str:
        """ "" where the relay takes a session, else why not."""
        try:
            async with self._slots:
                connection, used = await self._connection()
                self._idle.append((connection, time.monotonic(), used))
        except (SMTPException, OSError) as error:
            return _words(error)
        return ""

    async def close(self) -> None:
        """End all sessions."""
        while self._idle:
            await _leave(self._idle.pop()[0])

    async def _transaction(
        self, connection: SMTP, sender: str, to: str, message: bytes, leaving: Callable[[], Awaitable[None]]
    ) -> tuple[Answer, bool]:
        """MAIL, RCPT, DATA; and whether the session can be used again."""
        try:
            await connection.mail(sender)
            await connection.rcpt(to)
        except SMTPRecipientRefused as error:
            return Answer("refused" if error.code >= 500 else "deferred", _words(error)), await _reset(connection)
        except (SMTPException, OSError) as error:  # a sender that is refused is our fault, and can be put right
            return Answer("deferred", _words(error)), False
        await leaving()
        try:
            response = await connection.data(message)
        except SMTPDataError as error:  # an answer, so nothing was taken over; some servers answer 2xx other than 250
            state: Literal["sent", "refused", "deferred"] = "sent" if error.code < 300 else "deferred"
            return Answer("refused" if error.code >= 500 else state, _words(error)), await _reset(connection)
        except (SMTPException, OSError) as error:
            return Answer("unknown", _words(error)), False
        return Answer("sent", f"{response.code} {response.message}"), True

    async def _connection(self) -> tuple[SMTP, int]:
        """A session that is open, and how many mails it has taken. Raises SMTPException, OSError."""
        while self._idle:
            connection, since, used = self._idle.pop()
            if connection.is_connected and time.monotonic() - since < IDLE_SECONDS:
                with contextlib.suppress(SMTPException, OSError):
                    if time.monotonic() - since > 1.0:
                        await connection.noop()
                    return connection, used
            await _leave(connection)
        relay = self._relay
        context = ssl.create_default_context(cafile=relay.certificates or None) if relay.security != "none" else None
        connection = SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=context,
            username=relay.username or None,
            password=relay.password or None,
            local_hostname="localhost.localdomain" if relay.host in ("127.0.0.1", "localhost") else None,
            timeout=relay.timeout,
        )
        await connection.connect()
        return connection, 0


async def _reset(connection: SMTP) -> bool:
    """Whether the session can be used again after a transaction that was refused."""
    try:
        await connection.rset()
    except (SMTPException, OSError):
        return False
    return True


async def _leave(connection: SMTP) -> None:
    with contextlib.suppress(SMTPException, OSError, TimeoutError):
        if connection.is_connected:
            await connection.quit(timeout=2)
    connection.close()


def _words(error: Exception) -> str:
    """An error in a line, without the addresses that servers like to repeat."""
    if isinstance(error, SMTPResponseException):
        words = " ".join(str(error.message).split())
        return " ".join([str(error.code), *("<...>" if "@" in word else word for word in words.split(" "))])[:300]
    if isinstance(error, aiosmtplib.errors.SMTPTimeoutError):
        return "no answer in time"
    return f"{type(error).__name__}: {error}"[:300]
