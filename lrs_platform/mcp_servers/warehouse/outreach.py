"""The tools about reminders: decide, what to send next, receipts, who wants none, morning lists, overview.

Belongs here: parameters, and the order of the steps within a transaction. Not here: the SQL of them
(lrs_platform/warehouse/outreach), sending (lrs_platform/outreach).
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Literal, LiteralString

import msgspec
from mcp.server.mcpserver import MCPServer
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from lrs_platform.mcp_servers.warehouse import people
from lrs_platform.mcp_servers.warehouse.database import Connection, Database, DataFault
from lrs_platform.outreach.links import address_of, token_of
from lrs_platform.outreach.rules import Rules
from lrs_platform.warehouse.outreach import sql

# pg_advisory_xact_lock: two schedulers decide one after the other ("lrs" in ASCII, then 7).
DECIDING = 0x6C7273_07
MOST_ROWS = 500
Choice = Literal["consented", "opted_out", "released"]
KINDS = {"bounce": "bounced", "soft_bounce": "soft_bounced", "complaint": "complained"}


class Report(msgspec.Struct, frozen=True):
    """A bounce or complaint. `mark` identifies the report; `recipient` stands in where the Message-ID is unknown."""

    kind: Literal["bounce", "soft_bounce", "complaint"]
    mark: str
    message_id: str = ""
    recipient: str = ""
    detail: str = ""
    at: datetime | None = None


def register(server: MCPServer[Any], database: Database) -> None:
    """Add the tools about reminders to `server`. `now` is an ISO 8601 time, for tests; empty: the clock."""

    @server.tool()
    async def decide_reminders(rules: str, now: str = "") -> dict[str, Any]:
        """Decide who is to be reminded and write it down, each learner once a day. `rules`: JSON.

        Answers {stopped, planned, held_out, skipped: by reason, quiet: learners due whose day is not open}.
        """
        async with database.connection() as connection:
            return await decide(connection, _rules(rules), _moment(now))

    @server.tool(structured_output=False)
    async def next_reminders(rules: str, rows: int = 50, now: str = "") -> str:
        """JSON {stopped, waiting, next_at, reminders}: withdraw what is no longer to be sent, then list what is."""
        async with database.connection() as connection:
            return _json(await following(connection, _rules(rules), _moment(now), rows))

    @server.tool()
    async def record_reminders(outcomes: str, now: str = "") -> dict[str, int]:
        """Keep what the mail server said: a JSON array of {reminder_id, state, message_id, reply, retry_after}."""
        async with database.connection() as connection:
            return {"recorded": await record(connection, _decoded(outcomes), _moment(now))}

    @server.tool(structured_output=False)
    async def reminder_fields(reminder_id: int) -> str:
        """JSON array: all that the mail of one reminder says, also of one that was sent or never will be."""
        async with database.connection() as connection:
            parameters = {"reminder_id": reminder_id, "now": _moment(""), "rows": 1}
            return _json(await _with_links(connection, await rows(connection, "next", **parameters)))

    @server.tool(structured_output=False)
    async def reminders_overview(dry_run: bool, now: str = "") -> str:
        """JSON: counts of the last 24 hours and of the last days, the last look, the effect, recorded choices."""
        async with database.connection() as connection:
            row = await (
                await connection.execute(sql("overview"), {"dry_run": dry_run, "now": _moment(now)})
            ).fetchone()
        assert row is not None
        return _json(row[0])

    @server.tool(structured_output=False)
    async def list_reminders(dry_run: bool, state: str = "", limit: int = 50, skip: int = 0) -> str:
        """JSON array of decisions, the latest first."""
        parameters = {"dry_run": dry_run, "state": state, "rows": max(1, min(limit, MOST_ROWS)), "skip": max(0, skip)}
        async with database.connection() as connection:
            return _json(await rows(connection, "listed", **parameters))

    @server.tool()
    async def stop_reminders(stopped: bool, by: str) -> dict[str, bool]:
        """Press or release the stop button: while it is pressed nothing is decided and nothing further is sent."""
        async with database.connection() as connection:
            changed = await rows(connection, "stop", stopped=stopped, by=by[:100])
        return {"stopped": stopped, "changed": bool(changed)}

    @server.tool()
    async def choose_by_link(token: str, choice: Literal["consented", "opted_out"]) -> dict[str, bool]:
        """What somebody says by a link in a mail. {known: false} where the link is none of ours."""
        async with database.connection() as connection:
            return {"known": await choose_by_token(connection, token, choice)}

    @server.tool(structured_output=False)
    async def choose_contact(person: str, choice: Choice | None, source: Literal["page", "cli"], note: str = "") -> str:
        """Write down what was said otherwise, and answer with all that is recorded: a JSON array, the latest first.

        person: mail address, actor key, pseudonym or id of a learner. Without `choice` nothing is written.
        """
        async with database.connection() as connection:
            return _json(await choose(connection, person, choice, source, note))

    @server.tool()
    async def mail_came_back(reports: str, source: Literal["webhook", "mailbox"]) -> dict[str, int]:
        """Keep bounces and complaints: a JSON array of {kind, mark, message_id, recipient, detail, at}; each once."""
        try:
            decoded = msgspec.json.decode(reports, type=list[Report])
        except msgspec.MsgspecError as error:
            raise DataFault(f"reports: {error}") from error
        async with database.connection() as connection:
            return await came_back(connection, decoded, source)

    @server.tool(structured_output=False)
    async def cohorts_behind(rules: str, now: str = "") -> str:
        """JSON array: each cohort with those who are behind, by name, for the people who look after them."""
        given = _rules(rules)
        parameters = {"now": _moment(now), "after_days": given.after_days, "within_days": given.within_days}
        async with database.connection() as connection:
            return _json(await rows(connection, "digest_cohorts", **parameters))

    @server.tool()
    async def lesson_links_due(dry_run: bool) -> dict[str, list[str]]:
        """{links}: of the lessons that learners are to be reminded of now, the most frequent first, at most 50."""
        async with database.connection() as connection:
            return {"links": [row["iri"] for row in await rows(connection, "links_due", dry_run=dry_run)]}

    @server.tool()
    async def digest_state(day: str, mail: str, cohort: str) -> dict[str, Any]:
        """What became of a morning list: {state: null where there was none yet}."""
        async with database.connection() as connection:
            found = await rows(connection, "digest_known", day=day, mail=mail, cohort=cohort)
        return {"state": found[0]["state"] if found else None}

    @server.tool()
    async def keep_digest(
        day: str, mail: str, cohort: str, key: str, state: str, figures: dict[str, int], reply: str = "", now: str = ""
    ) -> dict[str, bool]:
        """Keep what became of a morning list."""
        parameters = {"day": day, "mail": mail, "cohort": cohort, "key": key, "state": state, "reply": reply}
        async with database.connection() as connection:
            await connection.execute(sql("digest_kept"), {**parameters, "figures": Jsonb(figures), "now": _moment(now)})
        return {"kept": True}


async def decide(connection: Connection, rules: Rules, now: datetime) -> dict[str, Any]:
    """One look at all learners, in one transaction."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s)", (DECIDING,))
        waiting = (await rows(connection, "waiting"))[0]
        if waiting["stopped"]:
            return {"stopped": True, "planned": 0, "held_out": 0, "quiet": 0, "skipped": {}}
        parameters = {**rules.parameters(), "now": now}
        return {"stopped": False, **(await rows(connection, "decide", **parameters))[0]}


async def following(connection: Connection, rules: Rules, now: datetime, limit: int) -> dict[str, Any]:
    """What is to be sent now, after withdrawing what no longer is."""
    async with connection.transaction():
        await connection.execute(sql("withdraw"), {"now": now, "until_time": rules.until_time, "opt_in": rules.opt_in})
        told = (await rows(connection, "waiting"))[0]
        found: list[dict[str, Any]] = []
        if not told["stopped"] and not rules.dry_run:
            found = await rows(connection, "next", reminder_id=None, now=now, rows=max(1, min(limit, MOST_ROWS)))
        return {**told, "reminders": await _with_links(connection, found)}


async def record(connection: Connection, outcomes: list[dict[str, Any]], now: datetime) -> int:
    """Keep receipts; a final state stays whatever comes later. How many were changed."""
    done = await connection.execute(sql("record"), {"outcomes": Jsonb(outcomes), "now": now})
    return done.rowcount


async def choose_by_token(connection: Connection, token: str, choice: str) -> bool:
    """Write down what the holder of a link says; False where it is none of ours."""
    address_key = address_of(token, await _link_secret(connection))
    if address_key is None:
        return False
    await _choose(connection, address_key, choice, "link")
    return True


async def choose(
    connection: Connection, person: str, choice: str | None, source: str, note: str
) -> list[dict[str, Any]]:
    """Write down a choice for all addresses of a person. Raises DataFault where nobody is found."""
    found = await people.rows(connection, "find_learner", text=person)
    learner_ids = [row["learner_id"] for row in found]
    keys = [row["address_key"] for row in await rows(connection, "address_key", learner_ids=learner_ids, mail=person)]
    if not keys:
        raise DataFault("nobody with a mail address is known by that")
    if choice is not None:
        for key in keys:
            await _choose(connection, key, choice, source, note=note)
    return await rows(connection, "contacts", address_keys=keys)


async def came_back(connection: Connection, reports: list[Report], source: str) -> dict[str, int]:
    """Keep reports; counts of new ones by choice, and of those about nobody that is known."""
    counts: Counter[str] = Counter()
    async with connection.transaction():
        for report in reports:
            about = await rows(
                connection, "contact_of", message_id=report.message_id or None, recipient=report.recipient or None
            )
            address_key = about[0]["address_key"]
            if address_key is None:
                counts["about_nobody"] += 1
                continue
            choice = KINDS[report.kind]
            new = await _choose(
                connection, address_key, choice, source, mark=report.mark, note=report.detail, at=report.at
            )
            counts[choice if new else "known"] += 1
    return dict(counts)


async def rows(connection: Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """Run a file of one statement; its rows by column."""
    text: LiteralString = sql(name)
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(text, parameters or None)
    return await cursor.fetchall()


async def _choose(
    connection: Connection,
    address_key: str,
    choice: str,
    source: str,
    *,
    mark: str | None = None,
    note: str = "",
    at: datetime | None = None,
) -> bool:
    new = await rows(
        connection,
        "choose",
        address_key=address_key,
        choice=choice,
        source=source,
        mark=mark,
        note=note or None,
        at=at,
    )
    return bool(new)


async def _with_links(connection: Connection, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with the token of its unsubscribe link, in place of the address's hash."""
    if not found:
        return []
    secret = await _link_secret(connection)
    for row in found:
        key = row.pop("address_key")
        row["token"] = token_of(key, secret) if key else ""
    return found


async def _link_secret(connection: Connection) -> str:
    return str((await rows(connection, "link_key"))[0]["secret"])


def _rules(text: str) -> Rules:
    try:
        return Rules.read(text)
    except ValueError as error:
        raise DataFault(str(error)) from error


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text) if text else datetime.now(UTC)
    except ValueError as error:
        raise DataFault("now is no ISO 8601 time") from error


def _decoded(text: str) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(text, type=list[dict[str, Any]])
    except msgspec.MsgspecError as error:
        raise DataFault(f"outcomes: {error}") from error


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
