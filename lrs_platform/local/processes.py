"""The table of processes: command, port, what each may hold, how to ask after its health, order of start and stop.

The commands are the ones that docker-compose.yml runs. Each process gets, in its environment, the settings that are no
secret and only those secrets that stand under `holds` (docs/architecture.md, "Processes").
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pydantic import SecretStr

from lrs_platform.local.credentials import OFFSETS, Credentials, Secrets, database_url, redis_url, url_of
from lrs_platform.local.dbhub_package import package_of
from lrs_platform.local.health import Alive, Http, Probe, Tcp
from lrs_platform.local.instance import LOOPBACK, ROOT, Instance, StartError
from lrs_platform.local.launch import Launch
from lrs_platform.settings import Settings

MCP_TOKENS = ("mcp_warehouse_token", "mcp_python_token", "mcp_dbhub_token", "mcp_mail_token")


@dataclass(frozen=True)
class Process:
    """One row of the table."""

    name: str
    command: tuple[str, ...]  # {host} and {port} are filled in; empty for Postgres and Redis (postgres.py, redis.py)
    probe: Probe
    holds: tuple[str, ...] = ()  # names of secret settings
    passes: tuple[str, ...] = ()  # beginnings of variables of the user's environment that it gets as well
    store: str | None = None  # a setting which, given by the user, names an object store that it uses: STORES
    needs: tuple[str, ...] = ()  # processes that must be healthy, or done, before the first start
    replaced_by: str | None = None  # a setting which, given by the user, means: that service is run by someone else
    only: tuple[str, str] | None = None  # a setting and its value without which nothing here needs the process
    once: bool = False  # a step that ends, not a server
    says: str = ""  # what it prints once it has started, where there is no port to ask
    fails: str = ""  # what it prints when it could not start and stays all the same, deaf: it must be started again
    stop_phase: int = 0  # phases stop one after the other, the members of one together
    stop_seconds: float = 10.0  # how long an orderly stop may take before SIGKILL


PROCESSES: dict[str, Process] = {
    row.name: row
    for row in (
        Process("postgres", (), Alive(), replaced_by="database_url", stop_phase=3, stop_seconds=30),
        Process("redis", (), Alive(), replaced_by="redis_url", stop_phase=3, stop_seconds=30),
        Process(
            "bootstrap", ("python", "-m", "lrs_platform.local.bootstrap"), Alive(), once=True,
            needs=("postgres", "redis"), holds=("redis_url", "dagster_database_url"),
        ),
        Process(
            "warehouse", ("python", "-m", "lrs_platform.mcp_servers.warehouse"), Http("/health"),
            needs=("bootstrap",), holds=("database_url", "mcp_warehouse_token"),
            replaced_by="mcp_warehouse_url", stop_phase=2,
        ),
        Process(
            "python", ("python", "-m", "lrs_platform.mcp_servers.python"), Http("/health"),
            holds=("mcp_python_token",), replaced_by="mcp_python_url", stop_phase=2,
        ),
        Process(
            "dbhub", ("python", "-m", "lrs_platform.mcp_servers.dbhub"), Http("/health"),
            needs=("bootstrap",), holds=("reader_database_url", "mcp_dbhub_token"),
            replaced_by="mcp_dbhub_url", stop_phase=2,
        ),
        Process(
            "mail", ("python", "-m", "lrs_platform.mcp_servers.mail"), Http("/health"),
            holds=("mcp_mail_token", "smtp_password"),
            replaced_by="mcp_mail_url", only=("reminders", "on"), stop_phase=2,
        ),
        Process(
            "code-server",
            # not `dagster code-server start`: its inner server ends for good when it hears nothing for 30 s, as after a
            # suspend, a stall or a clock that jumps ahead, and its outer one goes on answering
            ("dagster", "api", "grpc", "-m", "lrs_platform.definitions", "-h", "{host}", "-p", "{port}"),
            Tcp(),
            holds=("redis_url", "mcp_warehouse_token", "mcp_python_token", "mcp_mail_token", "dagster_database_url"),
            passes=("LRS_SOURCE_",),  # credentials of source LRSs, which sources.yaml names
            store="archive_url",
            needs=("bootstrap",), fails="Error while importing code",  # importing opens Dagster's storage
            stop_phase=1, stop_seconds=20,  # a tick takes 4.8 s, a last load up to a few more
        ),
        Process(
            "gateway", ("python", "-m", "lrs_platform.gateway"), Http("/health/live"),
            needs=("bootstrap",),
            holds=(
                "redis_url", "admin_token", "oidc_client_secret", "dagster_database_url", "mail_events_token",
                "llm_api_key", *MCP_TOKENS,
            ),
            store="attachments_url",
        ),
        # Both load the workspace when they start, and look again only after a while.
        Process(
            "daemon", ("dagster-daemon", "run", "-w", "workspace.yaml"), Alive(),
            needs=("bootstrap", "code-server"), holds=("dagster_database_url",),
            says="configured with the following daemons",
        ),
        Process(
            "webserver", ("dagster-webserver", "-w", "workspace.yaml", "-h", "{host}", "-p", "{port}"),
            Http("/server_info"), needs=("bootstrap", "code-server"), holds=("dagster_database_url",),
        ),
    )
}  # fmt: skip

# Beginnings of variables of the user's environment by which an object store is reached.
STORES = ("AWS_", "FSSPEC_")
# Variables of the user's environment that every process may see.
PASSED_ON = ("LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "OTEL_EXPORTER_OTLP_ENDPOINT")


def secret_settings() -> frozenset[str]:
    """Names of the settings that are secrets, by their type."""
    return frozenset(
        name
        for name, field in Settings.model_fields.items()
        if field.annotation is SecretStr or SecretStr in get_args(field.annotation)
    )


def chosen_processes(settings: Settings) -> list[Process]:
    """The processes to run here: all but those which a URL replaces or a setting does not ask for.

    Raises StartError for half a database, and for mail that could not be sent.
    """
    if settings.reminders == "on":
        needed = [
            "public_url",
            *([] if settings.mcp_mail_url else ["smtp_host", "mail_from", "mail_allowed_recipients"]),
        ]
        if missing := [name for name in needed if not getattr(settings, name)]:
            raise StartError(f"LRS_REMINDERS is on, so LRS_{missing[0].upper()} must be set too: docs/outreach.md")
    if settings.database_url:
        for name in ("reader_database_url", "dagster_database_url"):
            if getattr(settings, name) is None and not (name == "reader_database_url" and settings.mcp_dbhub_url):
                raise StartError(f"LRS_DATABASE_URL is set, so LRS_{name.upper()} must be set too")
    wanted = [row for row in PROCESSES.values() if asked_for(row, settings)]
    return [row for row in wanted if not (row.replaced_by and getattr(settings, row.replaced_by))]


def asked_for(process: Process, settings: Settings) -> bool:
    """Whether anything here needs the process, wherever it runs."""
    return process.only is None or getattr(settings, process.only[0]) == process.only[1]


def values_of(instance: Instance, settings: Settings, secrets: Secrets, credentials: Credentials) -> dict[str, str]:
    """Every setting as the processes of this instance see it, by name: what the user set, else the embedded parts."""
    values: dict[str, str] = {
        "database_url": database_url(instance, "lrs_writer", secrets.writer_password, "lrs"),
        "reader_database_url": database_url(instance, "lrs_reader", secrets.reader_password, "lrs"),
        "dagster_database_url": database_url(instance, "lrs_dagster", secrets.dagster_password, "dagster"),
        "redis_url": redis_url(instance),
        "mcp_warehouse_token": secrets.warehouse_token,
        "mcp_python_token": secrets.python_token,
        "mcp_dbhub_token": secrets.dbhub_token,
        "mcp_mail_token": secrets.mail_token,
        "mcp_warehouse_url": url_of(instance, "warehouse", "/mcp"),
        "mcp_python_url": url_of(instance, "python", "/mcp"),
        "mcp_dbhub_url": url_of(instance, "dbhub", "/mcp"),
        "dagster_url": url_of(instance, "webserver"),
        "dbhub_package": str(package_of(instance)),
    }
    if settings.reminders == "on":
        values["mcp_mail_url"] = url_of(instance, "mail", "/mcp")
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if value is not None:
            values[name] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    values |= {
        "home": str(instance.home),
        "host": LOOPBACK,
        "port": str(instance.port),
        "admin_token": credentials.admin_token,
        "code_server_host": LOOPBACK,
        "code_server_port": str(instance.port + OFFSETS["code-server"]),
    }
    return values


def environment_of(process: Process, instance: Instance, values: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process: nothing is inherited that is not named here."""
    binaries = Path(sys.executable).parent
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {
        "PATH": f"{binaries}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(instance.home),  # the user's may be missing or unwritable, and its files are not ours to read
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
        "MALLOC_ARENA_MAX": "2",  # glibc makes 8 arenas a core; with threads that is 100 MB a process here
        "DAGSTER_HOME": str(instance.dagster_home),
    }
    passes = process.passes + (STORES if process.store in values else ())
    environment |= {name: value for name, value in os.environ.items() if name.startswith(passes)}
    withheld = secret_settings() - set(process.holds)
    return environment | {f"LRS_{name.upper()}": value for name, value in values.items() if name not in withheld}


def launch_of(process: Process, instance: Instance, values: Mapping[str, str]) -> Launch:
    """How to start a process of the table that is not Postgres or Redis. It runs in the project's directory."""
    port = str(instance.port + OFFSETS.get(process.name, 0))
    program, *arguments = (part.format(host=LOOPBACK, port=port) for part in process.command)
    program = sys.executable if program == "python" else str(Path(sys.executable).with_name(program))
    return Launch([program, *arguments], environment_of(process, instance, values), ROOT)
