"""Rate limits: so many requests a minute for each credential, in this gateway process.

Belongs here: counting and the wait that Retry-After tells. A bucket of tokens: a credential may spend a minute's
worth at once, then one as often as the limit says. Not shared between gateways: a shared count would cost each
request a round trip, and a limit guards this process.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict

from lrs_platform.gateway.refusals import Refused

REMEMBERED = 10_000  # credentials; the one longest unused goes, and begins anew


class RateLimit:
    """At most `per_minute` requests a minute for each credential; 0: no limit."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when they were counted

    def spend(self, username: str) -> None:
        """Count a request. Raises Refused (429) where the credential has none left."""
        if not self._per_minute:
            return
        now = time.monotonic()
        tokens, counted = self._buckets.pop(username, (float(self._per_minute), now))
        tokens = min(float(self._per_minute), tokens + (now - counted) * self._per_minute / 60)
        if tokens < 1:
            self._buckets[username] = tokens, now
            wait = math.ceil((1 - tokens) * 60 / self._per_minute)
            error = f"more than {self._per_minute} requests a minute by this credential"
            raise Refused(429, error, reason="rate", headers={"retry-after": str(wait)})
        self._buckets[username] = tokens - 1, now
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
