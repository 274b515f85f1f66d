"""What may be sent, and to whom: one recipient that the allow-list names, headers that no name can break out of.

Belongs here: checks and the bytes of a message (RFC 5322, MIME). Not here: transport (delivery.py), wording (outreach).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

LONGEST_SUBJECT = 255
LONGEST_BODY = 512 * 1024  # characters; a reminder has two thousand
KEY = re.compile(r"[!-~]{8,300}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")

# Headers that a caller may set. Everything that decides who gets a mail or whose it is, is the server's.
ALLOWED_HEADERS = {
    name.lower(): name
    for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Auto-Submitted", "Precedence", "Feedback-ID")
}


class Unsendable(ValueError):
    """This mail cannot be sent as it is, now or later; the message says why and names no recipient."""


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name mail goes out. `address` is also the envelope's, to which bounces come."""

    address: str
    name: str = ""
    reply_to: str = ""

    @classmethod
    def of(cls, mail_from: str, reply_to: str = "") -> Sender:
        """From `Name <address>`. Raises Unsendable."""
        name, address = parseaddr(mail_from)
        for each in (address, reply_to) if reply_to else (address,):
            if not ADDRESS.fullmatch(each):
                raise Unsendable("LRS_MAIL_FROM and LRS_MAIL_REPLY_TO have to be mail addresses")
        return cls(address, name, reply_to)

    @property
    def domain(self) -> str:
        """Where Message-IDs are made."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class AllowList:
    """Whom mail may go to: addresses, `@domain`s, or `*` for anyone; nobody where it is empty."""

    entries: frozenset[str]

    @classmethod
    def of(cls, text: str) -> AllowList:
        """From entries separated by commas."""
        return cls(frozenset(entry.strip().lower() for entry in text.split(",") if entry.strip()))

    def allows(self, address: str) -> bool:
        """Whether mail may go to `address`; a domain stands for itself and not for those below it."""
        address = address.lower()
        return bool(self.entries & {"*", address, f"@{address.rpartition('@')[2]}"})


def message_id(idempotency_key: str, domain: str) -> str:
    """The Message-ID of a key: the same each time, so a mail that was sent twice all the same is one to its reader."""
    digest = hashlib.sha256(idempotency_key.encode()).hexdigest()[:40]
    return f"<{digest}@{domain}>"


def check_key(idempotency_key: str) -> None:
    """Raises Unsendable where a key is not of the kind."""
    if not KEY.fullmatch(idempotency_key):
        raise Unsendable("idempotency_key has to be 8 to 300 printable ASCII characters without spaces")


def check_recipient(to: str, allowed: AllowList) -> None:
    """Raises Unsendable unless `to` is one bare address that the allow-list names."""
    if not ADDRESS.fullmatch(to) or ".." in to:
        raise Unsendable("`to` has to be one mail address of ASCII characters, without a name")
    if not allowed.allows(to):
        raise Unsendable("the recipient is not in LRS_MAIL_ALLOWED_RECIPIENTS")


def compose(
    *,
    sender: Sender,
    to: str,
    subject: str,
    text: str,
    html: str,
    headers: Mapping[str, str],
    identifier: str,
    at: datetime | None = None,
) -> bytes:
    """The message as it goes over the wire. Raises Unsendable where a header could be broken out of."""
    if not subject.strip() or len(subject) > LONGEST_SUBJECT:
        raise Unsendable(f"subject has to have 1 to {LONGEST_SUBJECT} characters")
    if not text.strip() or max(len(text), len(html)) > LONGEST_BODY:
        raise Unsendable(f"text has to be there, and neither text nor html longer than {LONGEST_BODY} characters")
    _check_headers({"subject": subject, **headers}, [*headers])
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(sender.name, addr_spec=sender.address)
        message["To"] = to
        if sender.reply_to:
            message["Reply-To"] = sender.reply_to
        message["Subject"] = subject
        message["Date"] = format_datetime(at or datetime.now(UTC))
        message["Message-ID"] = identifier
        for name, value in headers.items():
            message[ALLOWED_HEADERS[name.lower()]] = value
        message.set_content(text, cte="quoted-printable")
        if html:
            message.add_alternative(html, subtype="html", cte="quoted-printable")
        return message.as_bytes()
    except (ValueError, MessageError) as error:
        raise Unsendable(f"the message cannot be composed: {type(error).__name__}") from error


def _check_headers(values: Mapping[str, str], named: Sequence[str]) -> None:
    for name, value in values.items():
        if CONTROL.search(value):
            raise Unsendable(f"{name} holds a control character")
    for name in named:
        if name.lower() not in ALLOWED_HEADERS:
            raise Unsendable(f"header {name[:40]!r} is not one of {', '.join(sorted(ALLOWED_HEADERS.values()))}")
