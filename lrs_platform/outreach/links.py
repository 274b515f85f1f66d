"""Signed links in mails: whoever holds one may refuse mail to one address, and do nothing else.

Belongs here: the token. It names an address by its keyed hash, so a link says nothing about whom it was sent to.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

MAC_BYTES = 16


def token_of(address_key: str, secret: str) -> str:
    """The token of an address; `address_key` is hexadecimal, as outreach.address_key makes it."""
    raw = bytes.fromhex(address_key)
    return _text(raw) + "." + _text(_mac(raw, secret))


def address_of(token: str, secret: str) -> str | None:
    """The address_key that a token was made for; None where it was not made with this secret."""
    first, _, second = token.partition(".")
    try:
        raw, mac = _bytes(first), _bytes(second)
    except (ValueError, binascii.Error):
        return None
    return raw.hex() if len(raw) == 32 and hmac.compare_digest(mac, _mac(raw, secret)) else None


def _mac(raw: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), b"no mail to " + raw, hashlib.sha256).digest()[:MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    if not text.isascii() or len(text) > 64:
        raise ValueError("no token")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
