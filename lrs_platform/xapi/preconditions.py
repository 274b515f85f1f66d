"""If-Match and If-None-Match (RFC 9110, 13.1; 1.0.3: Communication 3.1, 2.0: 4.1.4).

Belongs here: whether they hold for a document. Not here: which requests must have them.
"""

from __future__ import annotations

import re

_TAG = re.compile(r'(W/)?"([^"]*)"')


def holds(if_match: str, if_none_match: str, etag: str | None) -> bool:
    """Whether a request may go on, given these headers ("" where absent) and the document's ETag without quotes.

    `etag` is None where there is no document. If-Match compares strongly, so a weak tag never matches.
    """
    if if_match.strip() and not _among(if_match, etag, weak=False):
        return False
    return not (if_none_match.strip() and _among(if_none_match, etag, weak=True))


def _among(header: str, etag: str | None, *, weak: bool) -> bool:
    if etag is None:
        return False
    if header.strip() == "*":
        return True
    tags = [tag for is_weak, tag in _TAG.findall(header) if weak or not is_weak]
    return etag in (tags or [header.strip()])  # clients of 1.0.x send the tag without quotes too
