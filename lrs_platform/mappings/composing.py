"""The mapping script that is in force, and its version.

Belongs here: putting together the text that runs in the sandbox. Not here: running it (remapping.py, etl_streaming.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

from lrs_platform.mappings import script


@dataclass(frozen=True, slots=True)
class Composed:
    """A whole script and its version, `<name>@<hash of the text>`."""

    text: str
    version: str


@cache
def current() -> Composed:
    """The script in force."""
    text = script("canonical")
    return Composed(text, f"canonical@{hashlib.sha256(text.encode()).hexdigest()[:12]}")
