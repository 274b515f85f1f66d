"""Where a text has got to on the running instance: files, Redis, Postgres, Dagster's storage.

Belongs here: the search. Not here: what must not be found (test_scrubbing.py). Files of the databases themselves are
left out: what they hold is asked of the databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import redis
from psycopg import sql

from lrs_platform.local.credentials import admin_database_url
from lrs_platform_tests.conftest import Platform

DATABASE_FILES = ("postgres", "redis", "backups")
OF_SECRETS = ("credentials.json", "secrets.json")


@dataclass(frozen=True)
class Place:
    """Somewhere a text was found: `kind` is file, redis, warehouse or dagster."""

    kind: str
    name: str


def places_of(platform: Platform, text: str) -> set[Place]:
    """Everywhere that `text` stands."""
    return {
        *_in_files(platform, text),
        *_in_redis(platform, text),
        *_in_tables(platform.admin_database_url, "warehouse", text),
        *_in_tables(admin_database_url(platform.instance, "dagster"), "dagster", text),
    }


def _in_files(platform: Platform, text: str) -> Iterator[Place]:
    for path in platform.home.rglob("*"):
        name = str(path.relative_to(platform.home))
        if name.startswith(DATABASE_FILES) or name in OF_SECRETS or not path.is_file() or path.is_symlink():
            continue
        try:
            if text.encode() in path.read_bytes():
                yield Place("file", name)
        except (FileNotFoundError, PermissionError):
            continue  # gone meanwhile


def _in_redis(platform: Platform, text: str) -> Iterator[Place]:
    with redis.Redis.from_url(platform.redis_url) as client:
        for key in client.scan_iter(count=1000):
            if text in key.decode(errors="replace") or text in str(_value(client, key)):
                yield Place("redis", key.decode(errors="replace"))


def _value(client: redis.Redis, key: bytes) -> Any:
    match client.type(key):
        case b"stream":
            return client.xrange(key)
        case b"hash":
            return client.hgetall(key)
        case b"zset":
            return client.zrange(key, 0, -1)
        case b"set":
            return client.smembers(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case _:
            return client.get(key)


def _in_tables(url: str, kind: str, text: str) -> Iterator[Place]:
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "select relnamespace::regnamespace::text, relname::text from pg_class where relkind in ('r', 'p')"
            " and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'pg_toast')"
        ).fetchall()
        for schema, table in tables:
            query = sql.SQL("select exists (select from {} as row where strpos(row::text, %s) > 0)").format(
                sql.Identifier(schema, table)
            )
            found = connection.execute(query, (text,)).fetchone()
            if found and found[0]:
                yield Place(kind, f"{schema}.{table}")
