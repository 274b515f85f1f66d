"""What tells that two copies of the same statements are the same: how many there are, and a sum of their hashes.

Belongs here: the sum as Python makes it. Postgres makes the same one (warehouse/archiving/digest.sql). It does not
depend on the order, so either side reads as it likes; it guards against faults, not against somebody who forges.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

DIGITS = 15  # hexadecimal, of each hash: 60 bits, which Postgres reads as a bigint


@dataclass(frozen=True, slots=True)
class Digest:
    """Of statement lines (docs/architecture.md, "Shapes")."""

    statements: int = 0
    checksum: int = 0

    def with_lines(self, lines: Iterable[str]) -> Digest:
        """The digest of these lines as well."""
        statements, checksum = self.statements, self.checksum
        for line in lines:
            statements += 1
            checksum += int(hashlib.sha256(line.encode()).hexdigest()[:DIGITS], 16)
        return Digest(statements, checksum)
