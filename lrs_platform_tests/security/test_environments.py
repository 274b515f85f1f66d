"""Each running process holds what it may hold: its real environment, its children's, their command lines."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lrs_platform.local.credentials import load_secrets
from lrs_platform.local.processes import PROCESSES, launch_of, secret_settings, values_of
from lrs_platform.settings import Settings
from lrs_platform_tests.conftest import Platform, wait_for

# docs/security.md, "Processes and what they hold". Postgres and Redis get theirs by a file or by standard input.
MAY_HOLD = {
    "postgres": set(),
    "redis": set(),
    "warehouse": {"database_url", "mcp_warehouse_token"},
    "python": {"mcp_python_token"},
    "dbhub": {"reader_database_url", "mcp_dbhub_token"},
    "mail": {"mcp_mail_token", "smtp_password"},
    "code-server": {"redis_url", "mcp_warehouse_token", "mcp_python_token", "mcp_mail_token", "dagster_database_url"},
    "gateway": {
        "redis_url", "admin_token", "dagster_database_url", "mail_events_token", "oidc_client_secret", "llm_api_key",
        "mcp_warehouse_token", "mcp_python_token", "mcp_dbhub_token", "mcp_mail_token",
    },
    "daemon": {"dagster_database_url"},
    "webserver": {"dagster_database_url"},
}  # fmt: skip
# Variables that no setting is and that every process has (local/processes.py).
COMMON = {
    "PATH", "HOME", "PYTHONUNBUFFERED", "PYTHONSAFEPATH", "MALLOC_ARENA_MAX", "DAGSTER_HOME", "LANG", "LC_ALL", "TZ",
    "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "OTEL_EXPORTER_OTLP_ENDPOINT",
}  # fmt: skip
# Beginnings of variables of the user's that are handed on here, where no object store is in use: those of source LRSs.
PASSED_ON = {"code-server": ("LRS_SOURCE_",)}


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        try:
            tasks = list(Path(f"/proc/{found[-1]}/task").iterdir())
            waiting += [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except FileNotFoundError:
            continue  # it has ended meanwhile
    return found


def environment(pid: int) -> dict[str, str]:
    """The environment that a process was started with; {} where it has ended."""
    try:
        pairs = Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def secret_values(platform: Platform) -> dict[str, str]:
    """Every secret of the instance as it would stand in a variable: setting -> text to look for."""
    secrets = load_secrets(platform.instance)
    return {
        "database_url": secrets.writer_password,
        "reader_database_url": secrets.reader_password,
        "dagster_database_url": secrets.dagster_password,
        "redis_url": secrets.redis_password,
        "admin_token": platform.admin_token,
        "mcp_warehouse_token": secrets.warehouse_token,
        "mcp_python_token": secrets.python_token,
        "mcp_dbhub_token": secrets.dbhub_token,
        "mcp_mail_token": secrets.mail_token,
        "the password of Postgres' superuser": secrets.postgres_password,
        "the sender's password": platform.password,
    }


def running(platform: Platform) -> dict[str, int]:
    """Processes of the instance that run now, by name."""
    return {name: state.pid for name, state in platform.status().processes.items() if state.pid is not None}


@contextmanager
def alive(platform: Platform, name: str) -> Iterator[int]:
    """The process id of a process of the table; one that the instance does not need is started for the moment."""
    if (pid := running(platform).get(name)) is not None:
        yield pid
        return
    settings = Settings(smtp_host="127.0.0.1", mail_from="learning@example.com")
    values = values_of(platform.instance, settings, load_secrets(platform.instance), platform.credentials)
    launch = launch_of(PROCESSES[name], platform.instance, values)
    started = subprocess.Popen(launch.command, env=launch.environment, cwd=launch.directory, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: bool(environment(started.pid)), 120, f"{name} started")
        yield started.pid
    finally:
        started.kill()
        started.wait(30)


def test_every_process_of_the_table_is_looked_at(platform: Platform) -> None:
    assert MAY_HOLD.keys() == {name for name, process in PROCESSES.items() if not process.once}
    assert {"gateway", "warehouse", "python", "dbhub", "code-server", "daemon"} <= running(platform).keys()


@pytest.mark.parametrize("name", MAY_HOLD)
def test_a_running_process_and_its_children_hold_what_they_may(platform: Platform, name: str) -> None:
    with alive(platform, name) as pid:
        held_by_each = [(command(member), environment(member)) for member in family(pid)]
    assert held_by_each[0][1] or name in ("postgres", "redis")
    for line, held in held_by_each:
        names = {variable.removeprefix("LRS_").lower() for variable in held if variable.startswith("LRS_")}
        assert names & secret_settings() <= MAY_HOLD[name], line
        for secret, value in secret_values(platform).items():
            if secret not in MAY_HOLD[name]:
                assert not any(value in content for content in held.values()), f"{line} holds {secret}"


@pytest.mark.parametrize("name", [name for name in MAY_HOLD if name not in ("postgres", "redis")])
def test_nothing_of_the_user_s_environment_is_handed_down(platform: Platform, name: str) -> None:
    with alive(platform, name) as pid:
        held = environment(pid)
    assert held
    passed_on = ("LRS_", *PASSED_ON.get(name, ()))
    assert {variable for variable in held if not variable.startswith(passed_on)} <= COMMON


def test_no_command_line_holds_a_secret(platform: Platform) -> None:
    """Command lines can be read by every account of the machine."""
    lines = [command(pid) for pid in map(int, filter(str.isdecimal, (path.name for path in Path("/proc").iterdir())))]
    assert any("lrs_platform.gateway" in line for line in lines)
    for secret, value in secret_values(platform).items():
        assert [line for line in lines if value in line] == [], secret


@pytest.mark.parametrize("name", ["credentials.json", "secrets.json"])
def test_a_file_of_secrets_is_closed_to_other_accounts(platform: Platform, name: str) -> None:
    assert (platform.home / name).stat().st_mode & 0o077 == 0
