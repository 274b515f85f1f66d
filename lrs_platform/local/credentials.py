"""The two files of secrets of an instance, made at random on first start and kept afterwards, both mode 0600.

credentials.json is for people and clients: endpoint, username, password, admin_token, urls.
secrets.json is for the processes among themselves: passwords of database roles and Redis, tokens of MCP servers.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import quote

from lrs_platform.local.files import write_whole
from lrs_platform.local.instance import LOOPBACK, Instance, StartError

OFFSETS = {
    "gateway": 0, "webserver": 1, "code-server": 2, "warehouse": 3, "python": 4, "dbhub": 5, "postgres": 6, "redis": 7,
    "mail": 8,
}  # fmt: skip


@dataclass(frozen=True)
class Secrets:
    """What the processes of one instance use among themselves."""

    postgres_password: str
    writer_password: str
    reader_password: str
    dagster_password: str
    redis_password: str
    warehouse_token: str
    python_token: str
    dbhub_token: str
    mail_token: str


@dataclass(frozen=True)
class Credentials:
    """What people and clients of one instance need."""

    port: int
    endpoint: str
    username: str
    password: str
    admin_token: str
    urls: dict[str, str]

    @property
    def login_url(self) -> str:
        """A link that logs a browser in."""
        return f"{self.urls['gateway']}/login?token={quote(self.admin_token)}"


def url_of(instance: Instance, process: str, path: str = "") -> str:
    """The HTTP address of a process."""
    return f"http://{LOOPBACK}:{instance.port + OFFSETS[process]}{path}"


def load_secrets(instance: Instance) -> Secrets:
    """The secrets of an instance that was started before, by this release. Raises StartError."""
    kept = _read(instance.secrets_file)
    if missing := sorted({field.name for field in fields(Secrets)} - set(kept)):
        raise StartError(f"{instance.secrets_file} has no {missing[0]}: start the platform once with `sh lrs up`")
    return Secrets(**{field.name: kept[field.name] for field in fields(Secrets)})


def load_credentials(instance: Instance) -> Credentials:
    """The credentials of an instance that was started before. Raises StartError."""
    return Credentials(**_read(instance.credentials_file))


def make_secrets(instance: Instance) -> Secrets:
    """The secrets of an instance; made where there are none, never changed where there are. A release that needs more
    of them than the one before adds its own.
    """
    kept = _read(instance.secrets_file) if instance.secrets_file.exists() else {}
    made = Secrets(**{field.name: kept.get(field.name) or secrets.token_urlsafe(24) for field in fields(Secrets)})
    if kept == asdict(made):
        return made
    write_whole(instance.secrets_file, json.dumps(asdict(made), indent=2) + "\n", mode=0o600, durable=True)
    return made


def make_credentials(instance: Instance) -> Credentials:
    """The credentials of an instance; secrets are kept, addresses follow its port."""
    if instance.credentials_file.exists():
        kept = load_credentials(instance)
        username, password, admin_token = kept.username, kept.password, kept.admin_token
    else:
        username, password, admin_token = "sender", secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    gateway = url_of(instance, "gateway")
    made = Credentials(
        port=instance.port,
        endpoint=f"{gateway}/xAPI",
        username=username,
        password=password,
        admin_token=admin_token,
        urls={
            "gateway": gateway,
            "ui": f"{gateway}/ui",
            "streaming": f"{gateway}/ui/test-etl-streaming",
            "health": f"{gateway}/health",
            "dagster": url_of(instance, "webserver"),
            "warehouse": url_of(instance, "warehouse", "/mcp"),
            "python": url_of(instance, "python", "/mcp"),
            "dbhub": url_of(instance, "dbhub", "/mcp"),
        },
    )
    write_whole(instance.credentials_file, json.dumps(asdict(made), indent=2) + "\n", mode=0o600, durable=True)
    return made


def database_url(instance: Instance, role: str, password: str, database: str) -> str:
    """A URL of the embedded Postgres."""
    port = instance.port + OFFSETS["postgres"]
    return f"postgresql://{quote(role)}:{quote(password, safe='')}@{LOOPBACK}:{port}/{quote(database)}"


def admin_database_url(instance: Instance, database: str = "lrs") -> str:
    """The embedded Postgres as its superuser; for first starts, tests and benchmarks only."""
    return database_url(instance, "postgres", load_secrets(instance).postgres_password, database)


def redis_url(instance: Instance) -> str:
    """The embedded Redis."""
    password = quote(load_secrets(instance).redis_password, safe="")
    return f"redis://:{password}@{LOOPBACK}:{instance.port + OFFSETS['redis']}/0"


def _read(path: Any) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StartError(f"{path} is not there: start the platform first, with `sh lrs up`") from None
    except (OSError, ValueError) as error:
        raise StartError(
            f"{path} cannot be read ({error}): restore it, or remove {path.parent} to start anew"
        ) from error
    return dict(content)
