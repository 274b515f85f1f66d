"""manifest.json: what a backup holds, up to when, and the checksum of every file. Written last: without it there is no
backup.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lrs_platform.backup.store import Store
from lrs_platform.local.instance import StartError

FORMAT = 1
NAME = "manifest.json"


class File(msgspec.Struct, frozen=True):
    """A file of a backup."""

    size: int
    sha256: str


class LogPart(msgspec.Struct, frozen=True):
    """A stream of the log, which has one or several (stream/shards.py), and the file of its entries.

    Entry ids; "" where it was empty. Everything up to `loaded_through` is in the database's dump.
    """

    file: str
    stream: str
    group: str
    entries: int
    newest: str
    loaded_through: str


class KafkaPart(msgspec.Struct, frozen=True):
    """A log on Kafka, whose records stay with the brokers: everything up to this entry ("": there was none) is in the
    database's dump.
    """

    topic: str
    loaded_through: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A backup. Times are ISO 8601, UTC. Whatever was accepted before `complete_until` is in it."""

    format: int
    platform: str
    schema: int
    started_at: str
    complete_until: str
    finished_at: str
    log: list[LogPart]
    kafka: KafkaPart | None = None
    credentials: int
    attachments: int
    attachment_bytes: int
    with_secrets: bool
    files: dict[str, File]


def write(store: Store, manifest: Manifest) -> None:
    """Put it into the backup, which is whole with it."""
    with store.writing(NAME) as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def load(store: Store) -> Manifest:
    """The manifest of a backup. Raises StartError where there is none that this release can read."""
    try:
        text = store.read(NAME)
        told: dict[str, Any] = msgspec.json.decode(text)
        if told.get("format") != FORMAT:
            raise StartError(f"{store.url} has format {told.get('format')}, this release reads {FORMAT}")
        return msgspec.json.decode(text, type=Manifest)
    except FileNotFoundError:
        raise StartError(f"{store.url} is no whole backup: it has no {NAME}") from None
    except (msgspec.DecodeError, OSError) as error:
        raise StartError(f"{store.url}/{NAME} cannot be read: {error}") from error
