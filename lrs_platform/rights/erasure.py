"""Erasing somebody: every place in turn, then a search through all of them, then the signed proof.

Belongs here: the order of the places. Not here: what happens in each (log_entries.py, orchestrator_metadata.py,
files.py, the warehouse server's tools). Whatever interrupts it, the same command goes on: the warehouse keeps whom it
is about until the search has found nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis.asyncio as redis_async

from lrs_platform.local.files import write_whole
from lrs_platform.mcp_client import McpClient, McpToolError
from lrs_platform.rights import archives, files, kafka_records, log_entries, orchestrator_metadata
from lrs_platform.rights.proof import PROOFS, Signer, sha256_of
from lrs_platform.rights.subject import Subject
from lrs_platform.settings import Settings

ROUNDS = 3  # statements of the person that arrive meanwhile are found by the search; so often it begins again
REFRESHED_WITHIN_SECONDS = 900.0

Tell = Callable[[str], None]


class StillThere(RuntimeError):
    """The search found the person after the erasure; the message says where."""


@dataclass(slots=True)
class Looked:
    """Where was looked, and where the person was found."""

    places: dict[str, int] = field(default_factory=dict)  # kind of place -> how many were searched
    found: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Kept:
    """Records of a log on Kafka that name the person: nobody reads them any more, and by `until` they are gone."""

    records: int = 0
    until: str = ""


async def preview(warehouse: McpClient, learner: str) -> dict[str, Any]:
    """What an erasure would remove from the warehouse. Raises McpToolError where nobody, or several, are meant."""
    planned: dict[str, Any] = await warehouse.call_json("plan_erasure", {"learner": learner}, safe_to_retry=True)
    return planned


async def erase(
    settings: Settings, warehouse: McpClient, learner: str, *, by: str, tell: Tell
) -> tuple[Path, dict[str, Any]]:
    """Erase a learner everywhere; the file of the proof, and the proof.

    Raises McpToolError where nobody, or several, are meant; LogBehind where the loader does not run; StillThere where
    the search afterwards finds the person. The same call again goes on.
    """
    signer = Signer.of(settings.home)
    started = await warehouse.call_json(
        "start_erasure", {"learner": learner, "subject_hash": signer.hash_of(learner), "by": by}, safe_to_retry=True
    )
    erasure_id, subject = started["erasure_id"], Subject(tuple(started["keys"]))
    redis: redis_async.Redis = redis_async.Redis.from_url(settings.require("redis_url"))
    removed, kept = Counter[str](), Kept()
    try:
        for turn in range(ROUNDS):
            rows = await _everywhere(settings, warehouse, redis, erasure_id, subject, removed, kept, tell)
            tell("looking for what is left")
            looked = await _search(settings, warehouse, redis, erasure_id, subject, rows["statement_ids"])
            if not looked.found:
                break
            if turn + 1 == ROUNDS or not _may_have_come_since(looked):
                raise StillThere(_where(looked))
    finally:
        await redis.aclose()
    content = {
        "what": "erasure of a learner",
        "erasure_id": erasure_id,
        "subject_hmac_sha256": sorted({signer.hash_of(each) for each in (learner, *subject.keys)}),
        "kinds_of_keys": started["kinds"],
        "requested_by": started["requested_by"],
        "started_at": started["started_at"],
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "removed": {**rows["removed"], **+removed},
        "rewritten_because_they_named_the_person": rows["rewritten"],
        "searched_afterwards": looked.places,
        "found_afterwards": 0,
        **({"unreadable_in_the_log": {"records": kept.records, "gone_by": kept.until}} if kept.records else {}),
    }
    proof = signer.sign(content)
    path = settings.home / PROOFS / f"{erasure_id}.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, json.dumps(proof, indent=2, ensure_ascii=False) + "\n", mode=0o600, durable=True)
    finish = {
        "erasure_id": erasure_id,
        "removed": json.dumps({"removed": content["removed"], "rewritten": rows["rewritten"]}),
        "verified": json.dumps(looked.places),
        "proof_sha256": sha256_of(proof),
    }
    await warehouse.call_json("finish_erasure", finish, safe_to_retry=True)
    return path, proof


async def _everywhere(
    settings: Settings,
    warehouse: McpClient,
    redis: redis_async.Redis,
    erasure_id: str,
    subject: Subject,
    removed: Counter[str],
    kept: Kept,
    tell: Tell,
) -> dict[str, Any]:
    """One round through all places; what the warehouse says of its rows.

    The log first: what is compared with the tables or read again after a crash must not bring anything back. The file
    behind it late, because it takes the longest.
    """
    tell("waiting until the log is in the warehouse")
    await log_entries.wait_loaded(settings)
    tell("the log")
    first = await _from_log(settings, redis, subject, ())
    tell("the warehouse")
    rows: dict[str, Any] = await warehouse.call_json("erase_rows", {"erasure_id": erasure_id}, safe_to_retry=True)
    second = await _from_log(settings, redis, subject, rows["statement_ids"])
    removed["log entries"] += first.entries + second.entries
    removed["ids in the log's index"] += first.ids + second.ids
    kept.records += first.kept + second.kept
    kept.until = max(kept.until, first.kept_until, second.kept_until)
    removed["attachments"] += await asyncio.to_thread(files.remove_attachments, settings, rows["attachments"])
    tell("archives")
    for what, count in (await asyncio.to_thread(files.rewrite_archives, settings.home, subject)).items():
        removed[f"lines of archives {what}"] += count
    for what, count in (await asyncio.to_thread(archives.rewrite, settings, subject, rows["statement_ids"])).items():
        removed[f"archived statements {what}"] += count
    tell("the marts")
    await have_marts_follow(warehouse)
    tell("Dagster")
    dagster = await orchestrator_metadata.rewrite(
        settings.require("dagster_database_url"), subject, rows["statement_ids"]
    )
    for table, count in dagster.items():
        removed[f"mentions in Dagster's {table}"] += count
    tell("the file behind the log")
    await log_entries.rewrite_file(redis)
    # Last of all: what went before may have been told in them.
    removed["lines of the processes' logs blanked"] += await asyncio.to_thread(files.blank_logs, settings.home, subject)
    return rows


async def _from_log(
    settings: Settings, redis: redis_async.Redis, subject: Subject, statement_ids: list[str] | tuple[()]
) -> log_entries.Removed:
    """Take the person, and these statements, out of the log, wherever it is."""
    if settings.kafka_servers:
        return await kafka_records.remove(settings, subject, statement_ids)
    return await log_entries.remove(redis, settings, subject, statement_ids)


async def have_marts_follow(warehouse: McpClient) -> None:
    """Refresh the marts. Another refresh that is running may have begun before the rows were gone: then again."""
    async with asyncio.timeout(REFRESHED_WITHIN_SECONDS):
        while True:
            try:
                await warehouse.call_json("refresh_marts", {}, safe_to_retry=True)
            except McpToolError as error:
                if not error.transient:
                    raise
                await asyncio.sleep(0.5)
            else:
                return


async def _search(
    settings: Settings,
    warehouse: McpClient,
    redis: redis_async.Redis,
    erasure_id: str,
    subject: Subject,
    statement_ids: list[str],
) -> Looked:
    """Look for the person in every table of both databases, every key of Redis and every file of the instance."""
    looked = Looked()
    tables = await warehouse.call_json("search_erased", {"erasure_id": erasure_id}, safe_to_retry=True)
    looked.places["columns of the warehouse"] = len(tables["searched"])
    looked.found.update(tables["found"])
    columns, left = await orchestrator_metadata.search(settings.require("dagster_database_url"), subject, statement_ids)
    looked.places["columns of Dagster's database"] = len(columns)
    looked.found.update({f"Dagster's {column}": count for column, count in left.items()})
    looked.places["keys of Redis"] = int(await redis.dbsize())
    looked.found.update({f"Redis {key}": count for key, count in (await log_entries.search(redis, subject)).items()})
    if settings.kafka_servers:
        read, left_in_log = await kafka_records.search(settings, subject)
        looked.places["entries of the log on Kafka"] = read
        looked.found.update({"the log on Kafka": left_in_log} if left_in_log else {})
    searched, named = await asyncio.to_thread(files.search, settings.home, subject)
    looked.places["files"] = searched
    looked.found.update({f"file {name}": 1 for name in named})
    searched, named = await asyncio.to_thread(archives.search, settings, subject)
    looked.places["days of the archive"] = searched
    looked.found.update({f"archive {name}": 1 for name in named})
    return looked


def _may_have_come_since(looked: Looked) -> bool:
    """Whether what was found can be a statement that arrived meanwhile; a file does not go away by doing it again."""
    return not any(place.startswith(("file ", "archive ")) for place in looked.found)


def _where(looked: Looked) -> str:
    places = ", ".join(f"{place} ({count})" for place, count in sorted(looked.found.items()))
    return f"the person is still named in {places}; remove that by hand, then erase again: it goes on from here"
