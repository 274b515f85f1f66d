"""What came back: delivery reports (RFC 3464) and complaints (RFC 5965) in a Maildir or an mbox file.

Belongs here: reading them. Not here: what follows from one (the warehouse's tool `mail_came_back`).
"""

from __future__ import annotations

import hashlib
import mailbox
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal

from lrs_platform.mcp_servers.mail.lookup import messages_in

MOST_AT_ONCE = 500
LARGEST = 2**20  # bytes; a report with the whole message that it is about is smaller


@dataclass(frozen=True, slots=True)
class CameBack:
    """One thing that came back. `mark` identifies the message that told of it."""

    mark: str
    kind: Literal["bounce", "soft_bounce", "complaint"]
    message_id: str
    recipient: str
    detail: str

    def told(self) -> dict[str, Any]:
        """As a tool answers it."""
        return asdict(self)


def raw_messages(place: Path) -> Iterator[tuple[str, bytes]]:
    """Mark and bytes of each message of a Maildir or an mbox file. Raises OSError."""
    if place.is_dir():
        for path in messages_in(place):
            if path.stat().st_size <= LARGEST:
                raw = path.read_bytes()
                yield hashlib.sha256(raw).hexdigest(), raw
        return
    place.stat()  # mailbox would make the file
    box = mailbox.mbox(place, create=False)
    try:
        for key in box.iterkeys():
            raw = box.get_bytes(key)
            if len(raw) <= LARGEST:
                yield hashlib.sha256(raw).hexdigest(), raw
    finally:
        box.close()


def read_returned(raw: bytes, mark: str) -> list[CameBack]:
    """What a message tells of; empty where it is no report."""
    message = message_from_bytes(raw)
    if message.get_content_type() != "multipart/report":
        return []
    kind = str(message.get_param("report-type", "")).lower()
    original = _original_id(message)
    if kind == "feedback-report":
        return [_complaint(message, mark, original)]
    return [report for part in message.walk() if part.get_content_type() == "message/delivery-status"
            for report in _failures(part, mark, original)]  # fmt: skip


def _complaint(message: Message, mark: str, original: str) -> CameBack:
    recipient = ""
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            report = _fields(part)
            recipient = parseaddr(str(report.get("original-rcpt-to", "")))[1]
        if not recipient and part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            recipient = parseaddr(str(_headers(part).get("To", "")))[1]
    return CameBack(mark, "complaint", original, recipient, "reported as spam")


def _failures(part: Message, mark: str, original: str) -> Iterator[CameBack]:
    """A delivery-status part is a list of groups of fields: the first about the message, each other a recipient."""
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Message) or str(block.get("Action", "")).lower() != "failed":
            continue
        status = str(block.get("Status", "")).strip()
        recipient = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "").rpartition(";")[2]
        # 5.2.2, a full mailbox, and 4.x.x pass; other 5.x.x mean that the address takes no mail (RFC 3463).
        soft = status.startswith("4.") or status == "5.2.2"
        detail = f"{status} {' '.join(str(block.get('Diagnostic-Code', '')).rpartition(';')[2].split())}".strip()
        yield CameBack(mark, "soft_bounce" if soft else "bounce", original, recipient.strip(), _short(detail))


def _original_id(message: Message) -> str:
    """Message-ID of the mail that the report is about."""
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            found = str(_headers(part).get("Message-ID", "")).strip()
            if found:
                return found
    return ""


def _headers(part: Message) -> Message:
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    raw = part.get_payload(decode=True)
    return message_from_bytes(raw if isinstance(raw, bytes) else b"")


def _fields(part: Message) -> dict[str, str]:
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        block = payload[0]
        if block.keys():
            return {name.lower(): str(value) for name, value in block.items()}
        text = str(block.get_payload())
    else:
        text = str(payload)
    return {name.lower(): str(value) for name, value in message_from_bytes(text.lstrip().encode()).items()}


def _short(text: str) -> str:
    """Without addresses: what a server says often repeats them."""
    return " ".join("<...>" if "@" in word else word for word in text.split())[:200]
