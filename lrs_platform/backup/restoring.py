"""Restoring a backup onto an empty platform: checked before anything is touched, the parts in the order in which they
were taken. An interrupted restore is done again with `--replace`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from lrs_platform.backup import attachments, kafka, log, own_files, postgres
from lrs_platform.backup.addresses import are_elsewhere, attachments_url, databases_running, home_of, settings_of
from lrs_platform.backup.manifest import Manifest
from lrs_platform.backup.store import Store
from lrs_platform.backup.taking import CREDENTIALS, DAGSTER, DATABASE, FILES, SEALED, Tell
from lrs_platform.backup.verifying import open_whole
from lrs_platform.local.bootstrap import make_dagster_schema, make_roles_and_databases
from lrs_platform.local.credentials import load_credentials, make_credentials, make_secrets
from lrs_platform.local.instance import Instance, StartError
from lrs_platform.local.state import is_running
from lrs_platform.settings import Settings, get_settings
from lrs_platform.stream.shards import names
from lrs_platform.warehouse.schema_changes import changes

if TYPE_CHECKING:
    from redis import Redis


def restore(instance: Instance, store: Store, *, replace: bool, passphrase: str | None, tell: Tell) -> Manifest:
    """Put a backup into the platform of `instance`, or the one that the environment names, and leave it stopped.

    Raises StartError where the backup is damaged or newer than this release, where the platform runs, and where it
    holds anything and `replace` is not said.
    """
    if not are_elsewhere() and is_running(instance):
        raise StartError(f"{instance.home} runs: `lrs down` first")
    told = open_whole(store)
    tell(f"the backup is whole: everything until {told.complete_until}")
    if told.schema > changes()[-1].version:
        raise StartError(f"the backup has schema {told.schema}, this release ends before it: run {told.platform}")
    settings = get_settings()
    if lost := {part.stream for part in told.log} - set(names(settings.stream, settings.stream_shards)):
        wanted = f"LRS_STREAM and LRS_STREAM_SHARDS ({len(told.log)})"
        raise StartError(f"the backup's log has the stream {max(lost)}: set {wanted} as they were")
    if settings.kafka_servers and told.log:
        raise StartError("the backup's log is a Redis Stream: restore it without LRS_KAFKA_SERVERS first")
    secrets = own_files.unseal(store.read(SEALED), passphrase) if passphrase is not None and told.with_secrets else {}
    if not are_elsewhere():
        instance.lay_out()
        make_secrets(instance)
        if replace or not instance.credentials_file.exists():
            own_files.write_secrets(instance.home, secrets)
        make_credentials(instance)
    settings = settings_of(instance)
    with databases_running(instance), log.connect(settings.require("redis_url")) as redis:
        _Restoring(instance, settings, redis, store, told, tell).run(replace=replace, with_secrets=bool(secrets))
    return told


class _Restoring:
    """One restore while the databases run."""

    def __init__(
        self, instance: Instance, settings: Settings, redis: Redis, store: Store, told: Manifest, tell: Tell
    ) -> None:
        self.instance, self.settings, self.redis = instance, settings, redis
        self.store, self.told, self.tell = store, told, tell
        self.database = settings.require("database_url")
        self.dagster = settings.require("dagster_database_url")

    def run(self, *, replace: bool, with_secrets: bool) -> None:
        if not are_elsewhere():
            make_roles_and_databases(self.instance)
        if others := postgres.other_sessions(self.database):
            raise StartError(f"{', '.join(others)} is connected to the database: stop every process but the databases")
        self.make_room(replace)
        self.restore_databases()
        self.restore_log(with_secrets)
        self.restore_attachments(replace)
        with self.store.reading(FILES) as file:
            names = own_files.unpack(home_of(self.settings), file)
        self.tell(f"{len(names)} files of the configuration")
        for variable, place in own_files.settings_to_set(names).items():
            self.tell(f"set {variable} to {home_of(self.settings) / place}")

    def make_room(self, replace: bool) -> None:
        """StartError where there is anything, unless it is to be replaced."""
        stream = self.settings.stream
        filled = [
            *(["the database"] if postgres.own_schemas(self.database) else []),
            *(["Dagster's database"] if postgres.holds_anything(self.dagster) else []),
            *(["the log"] if log.holds_anything(self.redis, stream) else []),
        ]
        if filled and not replace:
            raise StartError(f"there is something in {' and '.join(filled)}: --replace removes it, for ever")
        postgres.clear_schemas(self.database)
        postgres.clear_everything(self.dagster)
        log.clear(self.redis, stream)

    def restore_databases(self) -> None:
        for name, url in ((DATABASE, self.database), (DAGSTER, self.dagster)):
            with self.store.reading(name) as file:
                postgres.restore(url, file)
            self.tell(f"{name} is restored")
        os.environ["DAGSTER_HOME"] = os.environ.get("DAGSTER_HOME") or str(self.instance.dagster_home)
        os.environ["LRS_DAGSTER_DATABASE_URL"] = self.dagster
        make_dagster_schema(self.dagster)
        ended = end_unfinished_runs()
        if ended:
            self.tell(f"{ended} runs of Dagster were at work when the backup was taken; they are cancelled")

    def restore_log(self, with_secrets: bool) -> None:
        hours, count = self.settings.log_retention_hours, 0
        for part in self.told.log:
            with self.store.reading(part.file) as file:
                count += log.write_back(self.redis, part, file, index=self.settings.stream, retention_hours=hours)
        records: dict[str, str] = msgspec.json.decode(self.store.read(CREDENTIALS))
        if not are_elsewhere() and not with_secrets:
            own = load_credentials(self.instance).username
            if records.pop(own, None):  # made anew at the next start, with the password of this credentials.json
                self.tell(f"the credential {own} of this machine has a new password: {self.instance.credentials_file}")
        log.write_credentials(self.redis, records)
        self.tell(f"{count} entries of the log, {len(records)} credentials")
        if self.told.kafka is not None and self.settings.kafka_servers:
            again = kafka.set_back(self.settings, self.told.kafka.loaded_through)
            self.tell(f"{again} records of Kafka, behind {self.told.kafka.loaded_through or 'none'}, are loaded again")

    def restore_attachments(self, replace: bool) -> None:
        target = attachments.Attachments(attachments_url(self.settings))
        listed = attachments.from_text(self.store.read(attachments.LIST))
        there = target.listed()
        for sha2 in listed:
            if there.get(sha2) != listed[sha2]:
                target.copy_from(self.store, sha2)
        if replace:
            for sha2 in there.keys() - listed.keys():
                target.remove(sha2)
        self.tell(f"{len(listed)} attachments")


def end_unfinished_runs() -> int:
    """Cancel the runs that Dagster holds for being at work: their processes are gone, and jobs that never run twice at
    once would wait for them for hours. How many.
    """
    import dagster as dg

    from lrs_platform.defs.in_flight import UNFINISHED

    with dg.DagsterInstance.get() as dagster:
        runs = dagster.get_runs(dg.RunsFilter(statuses=UNFINISHED))
        for run in runs:
            dagster.report_run_canceled(run, message="It was at work when the backup was taken.")
    return len(runs)
