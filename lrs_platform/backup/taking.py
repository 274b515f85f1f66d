"""Taking a backup of a platform that runs, or whose databases are started for it. Belongs here: the order of the parts,
which makes them agree (the package's docstring says why).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from lrs_platform import __version__
from lrs_platform.backup import attachments, kafka, log, manifest, own_files, postgres
from lrs_platform.backup.addresses import attachments_url, databases_running, home_of, settings_of
from lrs_platform.backup.manifest import File, LogPart, Manifest
from lrs_platform.backup.store import Store, Written
from lrs_platform.local.instance import Instance, StartError
from lrs_platform.settings import Settings
from lrs_platform.stream.position import entry_key
from lrs_platform.stream.shards import names
from lrs_platform.warehouse.schema_changes import changes

if TYPE_CHECKING:
    from redis import Redis

DATABASE, DAGSTER, CREDENTIALS = "database.dump", "dagster.dump", "credentials.json"
FILES, SEALED = "files.tar.gz", "secrets.json"
TOLD_EVERY = 1000  # attachments

Tell = Callable[[str], None]


def take(instance: Instance, store: Store, *, passphrase: str | None, tell: Tell) -> Manifest:
    """Write a whole backup into `store`, which is empty; with a passphrase the secrets too. Raises StartError."""
    if not store.is_empty():
        raise StartError(f"{store.url} is not empty: a backup gets a place of its own")
    settings = settings_of(instance)
    with databases_running(instance), log.connect(settings.require("redis_url")) as redis:
        return _Taking(settings, redis, store, passphrase, tell).run()


class _Taking:
    """One backup while it is taken."""

    def __init__(self, settings: Settings, redis: Redis, store: Store, passphrase: str | None, tell: Tell) -> None:
        self.settings, self.redis, self.store = settings, redis, store
        self.passphrase, self.tell = passphrase, tell
        self.files: dict[str, File] = {}

    def run(self) -> Manifest:
        settings, redis = self.settings, self.redis
        started = _now()
        on_kafka = kafka.loaded(settings) if settings.kafka_servers else None
        streams = [] if on_kafka else names(settings.stream, settings.stream_shards)
        loaded = [log.loaded_through(redis, stream, settings.stream_group) for stream in streams]
        removed = [log.removed_so_far(redis, stream) for stream in streams]
        self.write(DAGSTER, lambda into: postgres.dump(settings.require("dagster_database_url"), into))
        database = settings.require("database_url")
        schemas = postgres.own_schemas(database)
        if not schemas:
            raise StartError("the database holds nothing yet: start the platform once with `lrs up`")
        self.write(DATABASE, lambda into: postgres.dump(database, into, schemas))
        complete_until = started if on_kafka else _now()
        parts = [
            self.copy_log(LogPart(log.file_of(number), stream, settings.stream_group, 0, "", upto), gone)
            for number, (stream, upto, gone) in enumerate(zip(streams, loaded, removed, strict=True))
        ]
        records = log.credentials(redis)
        self.write(CREDENTIALS, lambda into: into.write(msgspec.json.encode(records)))
        listed = self.copy_attachments()
        self.write(attachments.LIST, lambda into: into.write(attachments.as_text(listed)))
        home = home_of(settings)
        self.write(FILES, lambda into: own_files.pack(settings, home, into))
        if (passphrase := self.passphrase) is not None:
            self.write(SEALED, lambda into: into.write(own_files.seal(home, passphrase)))
        made = Manifest(
            format=manifest.FORMAT,
            platform=__version__,
            schema=changes()[-1].version,
            started_at=started,
            complete_until=complete_until,
            finished_at=_now(),
            log=parts,
            kafka=on_kafka,
            credentials=len(records),
            attachments=len(listed),
            attachment_bytes=sum(listed.values()),
            with_secrets=self.passphrase is not None,
            files=self.files,
        )
        manifest.write(self.store, made)
        return made

    def write(self, name: str, fill: Callable[[Written], object]) -> None:
        """One file of the backup, and its line in the manifest."""
        with self.store.writing(name) as into:
            fill(into)
        self.files[name] = File(into.size, into.sha256)
        self.tell(f"{name:<16} {into.size / 1e6:10.1f} MB")

    def copy_log(self, part: LogPart, removed: int) -> LogPart:
        """A stream of the log; StartError where entries were trimmed meanwhile that the dump may not hold."""
        part = msgspec.structs.replace(part, newest=log.newest(self.redis, part.stream))
        counted: list[LogPart] = []
        self.write(part.file, lambda into: counted.append(log.copy(self.redis, part, into)))
        trimmed = log.removed_so_far(self.redis, part.stream) != removed
        oldest = log.oldest(self.redis, part.stream) or part.newest
        waited = entry_key(part.newest) > entry_key(part.loaded_through)
        if trimmed and waited and entry_key(oldest) > entry_key(part.loaded_through):
            raise StartError("the log was trimmed while the database was dumped: give Redis more memory, then again")
        return counted[0]

    def copy_attachments(self) -> attachments.Listed:
        """All that are there; what was stored while the log was copied is there too."""
        source = attachments.Attachments(attachments_url(self.settings))
        listed = source.listed()
        for number, sha2 in enumerate(listed, 1):
            source.copy_to(self.store, sha2)
            if number % TOLD_EVERY == 0:
                self.tell(f"{number} of {len(listed)} attachments")
        return listed


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
