"""Accepting statements: checked as the standard says, on disk in the log before the answer. All of a request or none.

Belongs here: from the bytes of a body to the ids of the answer. Not here: HTTP (statements.py), the grammar (xapi/),
the log (stream/).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from lrs_platform import tracing
from lrs_platform.gateway import metrics
from lrs_platform.gateway.auth import Caller
from lrs_platform.gateway.bringing import Brought
from lrs_platform.gateway.reading import Warehouse
from lrs_platform.gateway.refusals import Refused, away, invalid_statement
from lrs_platform.stream import DurableLog, Entry, LogUnavailable, Taken
from lrs_platform.xapi.equality import same_statement
from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.identifiers import ordered_uuid
from lrs_platform.xapi.statements import Batch, parse, parse_each
from lrs_platform.xapi.versions import Version

LARGE_BODY = 256 * 1024  # bytes; about 4 ms of parsing: beyond it other requests should not wait
NOTHING = Brought()
ATTEMPTS = 4  # appends of one request; each further one needs another sender of the same ids in between


@dataclass(frozen=True, slots=True)
class Accepting:
    """What accepting needs: the log, and the warehouse for the rare statement that the log knows but has trimmed."""

    log: DurableLog
    warehouse: Warehouse

    async def put(
        self, body: bytes, statement_id: str, version: Version, caller: Caller, brought: Brought = NOTHING
    ) -> None:
        """Accept one statement under the id of the request (Communication 2.1.1)."""
        batch = await _parse(body, version)
        if batch.many:
            raise Refused(400, "PUT takes one statement, not an array: send arrays by POST", reason="invalid_statement")
        sent_id = batch.statements[0].id
        if sent_id is not None and sent_id != statement_id:
            raise Refused(
                400,
                f"id: must be the same as the parameter statementId ({statement_id})",
                reason="invalid_statement",
                property="id",
                rule="the statement's id and the parameter statementId must match",
                value=sent_id,
                section="Communication 2.1.1",
            )
        if brought.parts or batch.statements[0].attachments:
            await brought.settle(batch, version)
        await self._append([Entry(statement_id, batch.statements[0].raw)], version, caller)

    async def post(self, body: bytes, version: Version, caller: Caller, brought: Brought = NOTHING) -> list[str]:
        """Accept one statement or an array of them; their ids in the order sent (Communication 2.1.2)."""
        batch = await _parse(body, version)
        if brought.parts or any(sent.attachments for sent in batch.statements):
            await brought.settle(batch, version)
        entries = [
            Entry(sent.id, sent.raw) if sent.id is not None else Entry(ordered_uuid(), sent.raw, fresh=True)
            for sent in batch.statements
        ]
        if entries:
            await self._append(entries, version, caller)
        return [entry.statement_id for entry in entries]

    async def post_partly(
        self, body: bytes, version: Version, caller: Caller
    ) -> tuple[list[str | None], list[Refused]]:
        """Accept the statements that can be: their ids in the order sent, None for a refused one, and why those are."""
        try:
            parsed = await asyncio.to_thread(parse_each, body, version)
        except StatementInvalid as error:
            raise invalid_statement(error) from error
        refused: list[Refused] = []
        entries: list[tuple[int, Entry]] = []
        for index, one in enumerate(parsed):
            if isinstance(one, StatementInvalid):
                refused.append(invalid_statement(one))
                continue
            try:
                await NOTHING.settle(Batch([one], many=False), version)
            except Refused as lacking:
                lacking.details["index"] = index
                refused.append(lacking)
                continue
            entry = Entry(one.id, one.raw) if one.id is not None else Entry(ordered_uuid(), one.raw, fresh=True)
            entries.append((index, entry))
        conflicts: dict[str, Refused] = {}
        if entries:
            await self._append([entry for _, entry in entries], version, caller, conflicts)
        ids: list[str | None] = [None] * len(parsed)
        for index, entry in entries:
            if (conflict := conflicts.get(entry.statement_id)) is None:
                ids[index] = entry.statement_id
            else:
                conflict.details["index"] = index
                refused.append(conflict)
        return ids, sorted(refused, key=lambda one: one.details["index"])

    async def _append(
        self,
        entries: Sequence[Entry],
        version: Version,
        caller: Caller,
        conflicts: dict[str, Refused] | None = None,
    ) -> None:
        """Append all entries, or none; with `conflicts` all but those, which are put there by id."""
        known: set[str] = set()
        for _ in range(ATTEMPTS):
            try:
                appended = await self.log.append(
                    entries,
                    version=version.value,
                    authority=caller.authority,
                    known=known,
                    trace=tracing.traceparent(),
                )
            except LogUnavailable as error:
                reason = "log_full" if error.full else "log_away"
                raise away(error.reason, reason=reason, retry_after=error.retry_after) from error
            if not appended.taken:
                metrics.ACCEPTED.inc(len(entries) - len(conflicts or ()))
                metrics.REPEATED.inc(len(known) - len(conflicts or ()))
                return
            for taken in appended.taken:
                try:
                    await self._same_or_conflict(entries[taken.index], taken)
                except Refused as refused:
                    if conflicts is None or refused.status != 409:
                        raise
                    conflicts[entries[taken.index].statement_id] = refused
                known.add(entries[taken.index].statement_id)
        raise away("other requests send the same statements just now", reason="contention", retry_after=1)

    async def _same_or_conflict(self, sent: Entry, taken: Taken) -> None:
        """Return where the statement held under this id is the one sent; 409 where it is another (Communication
        2.1.1).
        """
        held = taken.raw if taken.raw is not None else await self.warehouse.raw(sent.statement_id)
        if held is None:
            raise away(
                f"statement {sent.statement_id} is just being moved from the log to the warehouse",
                reason="contention",
            )
        if not same_statement(held, sent.raw):
            raise Refused(
                409,
                f"another statement with the id {sent.statement_id} is stored already",
                reason="conflict",
                index=taken.index,
                property="id",
                rule="a statement cannot be changed once it is stored",
                statement_id=sent.statement_id,
                section="Communication 2.1.1",
            )


async def _parse(body: bytes, version: Version) -> Batch:
    """The checked statements of a body; large ones in a thread, so that other requests get their turn."""
    try:
        return await asyncio.to_thread(parse, body, version) if len(body) > LARGE_BODY else parse(body, version)
    except StatementInvalid as error:
        raise invalid_statement(error) from error
