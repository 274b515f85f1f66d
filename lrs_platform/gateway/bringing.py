"""What a request must bring for its statements' attachments (Data 2.4.11, 2.6; Communication 1.5; 2.0: 4.2.2.6).

Belongs here: holding what came against what statements say, signatures, storing the bytes. Not here: reading the parts
(multipart.py), where bytes lie (attachments.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lrs_platform.gateway.attachments import AttachmentStore
from lrs_platform.gateway.multipart import Part
from lrs_platform.gateway.refusals import Refused, away, invalid_statement
from lrs_platform.xapi.errors import Flaw, StatementInvalid
from lrs_platform.xapi.signatures import check_signature
from lrs_platform.xapi.statements import Attached, Batch, Incoming
from lrs_platform.xapi.versions import Version

LONGEST_SIGNATURE = 2**20  # bytes; a JWS is the statement and a third, and a chain of certificates


@dataclass(frozen=True, slots=True)
class Brought:
    """The parts that came with statements, by hash; none with plain JSON."""

    parts: Mapping[str, Part] = field(default_factory=dict)
    store: AttachmentStore | None = None

    async def settle(self, batch: Batch, version: Version) -> None:
        """Check the attachments of `batch` and store those that came. Raises Refused (400, 503)."""
        named: set[str] = set()
        for index, statement in enumerate(batch.statements):
            for number, attached in enumerate(statement.attachments):
                named.add(attached.sha2)
                try:
                    await self._check(statement, attached, number)
                except Flaw as flaw:
                    place = index if batch.many else None
                    raise invalid_statement(StatementInvalid.of(flaw, version, place)) from flaw
        if excess := self.parts.keys() - named:
            raise Refused(
                400,
                "a part came that no statement names",
                reason="multipart",
                section="Communication 1.5.2",
                value=min(excess),
            )
        if self.store is not None:
            await self._keep(self.store)

    async def _check(self, statement: Incoming, attached: Attached, number: int) -> None:
        """Flaw where an attachment has no bytes, or is a signature of something else. Its `length` is not held
        against the bytes: the hash says all, and the standard asks for no more.
        """
        part = self.parts.get(attached.sha2)
        if part is None:
            if not attached.has_url:
                rule = "An attachment without fileUrl must come as a part of multipart/mixed, named by its hash."
                raise Flaw(("attachments", number), rule, attached.sha2)
            return
        if attached.signs:
            if part.size > LONGEST_SIGNATURE:
                raise Flaw(("attachments", number), f"A signature must have at most {LONGEST_SIGNATURE} bytes.")
            await asyncio.to_thread(_check_signature, part.path, attached.content_type, statement.raw)

    async def _keep(self, store: AttachmentStore) -> None:
        try:
            for part in self.parts.values():
                await store.keep(part.sha2, part.path)
        except OSError as error:
            raise away(f"attachments cannot be stored: {type(error).__name__}", reason="attachments_away") from error


def _check_signature(path: Path, content_type: str, statement: bytes) -> None:
    check_signature(path.read_bytes(), content_type, statement)
