"""Identifiers of xAPI: UUIDs, IRIs, mailboxes, hashes, and the key of an agent.

Belongs here: how an identifier is written, made and compared. Not here: where one is required (grammar.py).
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from random import getrandbits
from typing import Any

_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
# RFC 3987 as far as one expression can say it: a scheme, then no space, control, delimiter or broken percent-encoding,
# and one fragment at most. Data 2.2 allows best-effort validation of IRIs but requires the scheme.
_IRI = re.compile(
    r"""[A-Za-z][A-Za-z0-9+.-]*:
        (?:[^\x00-\x20\x7f-\x9f<>"{}|\\^`%#\s]|%[0-9A-Fa-f]{2})+
        (?:\#(?:[^\x00-\x20\x7f-\x9f<>"{}|\\^`%#\s]|%[0-9A-Fa-f]{2})*)?""",
    re.VERBOSE,
)
_MBOX = re.compile(r"""mailto:[^\s@<>,;"()]+@[^\s@<>,;"()?&]+""")
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}")
# SHA-224, 256, 384 or 512, in hex as in the header X-Experience-API-Hash (Data 2.4.11)
_SHA2 = re.compile(r"[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128}")
_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_MEDIA_TYPE = re.compile(
    rf"""{_WORD}/{_WORD}(?:[ \t]*;[ \t]*{_WORD}=(?:{_WORD}|"(?:[^"\\\x00-\x08\n-\x1f]|\\[ -~])*"))*[ \t]*;?"""
)


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID in standard string form, of any RFC 4122 version and either case (Data 4.4)."""
    return _UUID.fullmatch(text) is not None


def is_iri(text: str) -> bool:
    """Whether `text` is an absolute IRI (Data 4.3; RFC 3987, best effort)."""
    return _IRI.fullmatch(text) is not None


def is_mbox(text: str) -> bool:
    """Whether `text` is `mailto:` and one e-mail address (Data 2.4.2.3)."""
    return _MBOX.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    """Whether `text` is a SHA-1 hash in hex (Data 2.4.2.3, mbox_sha1sum)."""
    return _SHA1.fullmatch(text) is not None


def is_sha2(text: str) -> bool:
    """Whether `text` is a hash of the SHA-2 family in hex (Data 2.4.11)."""
    return _SHA2.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """Whether `text` is an Internet media type, with or without parameters (Data 2.4.11; RFC 2046)."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def fold_mbox(mbox: str) -> str:
    """`mbox` with its domain in lower case: that part alone is case-insensitive (Data 2.3.1, 2.4.2.3)."""
    local, at, domain = mbox.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def account_key(home_page: str, name: str) -> str:
    """Key of an account; both parts compare as they are written (Data 2.2: values are case sensitive)."""
    return f"{home_page}|{name}"


def agent_key(agent: Mapping[str, Any]) -> str | None:
    """One text for the inverse functional identifier of a valid Agent or Group; None for an anonymous Group.

    Two agents are the same person exactly when their keys are equal (Data 2.4.2.3).
    """
    if (mbox := agent.get("mbox")) is not None:
        return fold_mbox(str(mbox))
    if (sha1 := agent.get("mbox_sha1sum")) is not None:
        return str(sha1).lower()
    if (openid := agent.get("openid")) is not None:
        return str(openid)
    if (account := agent.get("account")) is not None:
        return account_key(account["homePage"], account["name"])
    return None


_RANDOM_BITS = 74
_last = 0
_turn = threading.Lock()


def ordered_uuid() -> str:
    """A new UUID, greater than every earlier one of this process even if the clock steps back: an index takes ids that
    grow at a fraction of the cost.

    The 74 bits after the millisecond are random, and where the clock has not moved they continue from the last id by a
    random step. It has the shape of version 7 (RFC 9562) and calls itself version 4: xAPI asks for RFC 4122 (Data 4.4),
    which ends at 5, and clients such as tincan for Python refuse what is beyond. The bits come from `random`, which
    Python seeds anew in a forked child; ids are names, not secrets.
    """
    global _last
    fresh = (time.time_ns() // 1_000_000) << _RANDOM_BITS | getrandbits(_RANDOM_BITS)
    with _turn:
        if fresh >> _RANDOM_BITS <= _last >> _RANDOM_BITS:
            fresh = _last + 1 + getrandbits(40)
        _last = fresh
    ms, a, b = fresh >> _RANDOM_BITS, fresh >> 62 & 0xFFF, fresh & (1 << 62) - 1
    text = f"{ms << 80 | 0x4 << 76 | a << 64 | 0b10 << 62 | b:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
