"""The body of a request: whether it may be read at all, and reading it within limits.

Belongs here: Content-Type, Content-Encoding, length and time of a body. Not here: what the bytes mean (xapi/).
Limits count what really arrives: a Content-Length may be absent or a lie.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from email.message import Message

from starlette.types import Receive

from lrs_platform.gateway.refusals import Refused

BODY_SECONDS = 30.0  # between two parts of a body; a sender that is silent longer only holds memory
JSON_TYPES = (b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8")


class Disconnected(Exception):
    """The sender went away before its request was complete; nobody is there to be answered."""


def is_multipart(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a body of statements is multipart/mixed; False: plain JSON.

    Raises Refused: 400 for another type (Communication 1.5), 415 for what is not read.
    """
    encoding = headers.get(b"content-encoding", b"identity")
    if encoding.strip().lower() != b"identity":
        raise Refused(
            415,
            "Content-Encoding is not accepted: send the statements as they are",
            reason="content_type",
            value=encoding.decode("latin-1")[:80],
        )
    sent = headers.get(b"content-type", b"")
    if sent.lower() in JSON_TYPES:
        return False
    parsed = Message()
    parsed["content-type"] = sent.decode("latin-1")
    kind, charset = parsed.get_content_type(), parsed.get_content_charset("utf-8")
    if kind == "multipart/mixed" and sent:
        return True
    if kind != "application/json" or not sent:
        raise Refused(
            400,
            "Content-Type must be application/json, or multipart/mixed with attachments",
            reason="content_type",
            section="Communication 1.5",
            value=sent.decode("latin-1")[:80],
        )
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise Refused(415, "charset must be utf-8", reason="content_type", value=charset[:80])
    return False


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """The whole body, at most `limit` bytes. Raises Refused (413, 408) or Disconnected."""
    parts = [part async for part in body_pieces(headers, receive, limit)]
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def body_pieces(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> AsyncIterator[bytes]:
    """A body as it arrives, at most `limit` bytes. Raises Refused (413, 408) or Disconnected."""
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    size, more = 0, True
    while more:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await receive()
        except TimeoutError as error:
            reason = f"the body stopped for {BODY_SECONDS:.0f} s before it was complete"
            raise Refused(408, reason, reason="slow_body", headers={"connection": "close"}) from error
        if message["type"] == "http.disconnect":
            raise Disconnected
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        more = message.get("more_body", False)
        yield piece


def _too_large(limit: int) -> Refused:
    # The connection stays open: uvicorn throws the rest of the body away, so that the sender gets to read this answer.
    return Refused(413, f"the body is larger than {limit} bytes: send fewer statements a request", reason="too_large")
