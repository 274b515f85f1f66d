"""Which version of the standard a request speaks (header X-Experience-API-Version).

Belongs here: the versions served, and the choice by header. Not here: how the grammars differ (model.py, grammar.py).
"""

from __future__ import annotations

import re
from enum import StrEnum

HEADER = "X-Experience-API-Version"


class Version(StrEnum):
    """A version of the standard that is served; its value is what the response header says.

    1.0.3 is "the latest patch version" that Communication 3.3 wants answered to every 1.0.x; 2.0.0 likewise.
    """

    V1_0_3 = "1.0.3"
    V2_0_0 = "2.0.0"

    @property
    def of_statements(self) -> str:
        """The `version` given to a statement that was sent without one (Data 2.4.10; 2.0: 4.2.4.3)."""
        return "1.0.0" if self is Version.V1_0_3 else "2.0.0"


class VersionRefused(ValueError):
    """The header is missing or names a version that is not served: 400 (Communication 3.3; 2.0: 4.1.6)."""


# "1.0" counts as "1.0.0"; any patch is accepted, for patches never change the grammar (Communication 3.3).
_SERVED = re.compile(r"([12])\.0(?:\.\d{1,9})?", re.ASCII)
_KNOWN = {"1.0.3": Version.V1_0_3, "2.0.0": Version.V2_0_0}


def negotiate(header: str | None) -> Version:
    """The version that a request with this header speaks; VersionRefused where it is missing or not served."""
    if header is None:
        raise VersionRefused(f"The header {HEADER} is missing: send 1.0.3 or 2.0.0")
    known = _KNOWN.get(header)
    if known is not None:
        return known
    match = _SERVED.fullmatch(header.strip())
    if match is None:
        raise VersionRefused(f"{HEADER} {header[:40]!r} is not served: send 1.0.3 or 2.0.0")
    return Version.V1_0_3 if match[1] == "1" else Version.V2_0_0
