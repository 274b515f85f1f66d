"""The whole platform as `sh lrs up` runs it: what the commands say, who holds what, and that everything heals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from lrs_platform.local.credentials import database_url, load_secrets
from lrs_platform.local.launch import signal_group
from lrs_platform.local.processes import PROCESSES, secret_settings
from lrs_platform_tests.conftest import Platform, wait_for

ASKED_FOR = [name for name, process in PROCESSES.items() if process.only is None]  # with the settings of the suite
SERVERS = [name for name in ASKED_FOR if not PROCESSES[name].once]


def lrs(platform: Platform, *arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line on the instance under test."""
    command = [sys.executable, "-P", "-m", "lrs_platform.cli", *arguments]
    environment = {**os.environ, "LRS_HOME": str(home or platform.home)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=170)


def test_status_tells_programs_of_every_process(platform: Platform) -> None:
    done = lrs(platform, "status", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["healthy"]
    assert document["processes"].keys() == set(ASKED_FOR)
    for name in SERVERS:
        process = document["processes"][name]
        assert (process["state"], process["pid"] is not None) == ("healthy", True), name
    assert platform.password not in done.stdout
    assert platform.admin_token not in done.stdout


def test_status_shows_people_the_login_link(platform: Platform) -> None:
    done = lrs(platform, "status")
    assert done.returncode == 0
    assert f"/login?token={platform.admin_token}" in done.stdout


def test_a_second_up_says_that_it_runs_and_changes_nothing(platform: Platform) -> None:
    before = {name: platform.pid(name) for name in SERVERS}
    done = lrs(platform, "up", "--detach")
    assert done.returncode == 0
    assert "runs already" in done.stdout
    assert {name: platform.pid(name) for name in SERVERS} == before


def test_a_home_where_nothing_runs_has_exit_status_3(platform: Platform, tmp_path: Path) -> None:
    assert lrs(platform, "status", home=tmp_path).returncode == 3
    assert lrs(platform, "down", home=tmp_path).returncode == 0


def test_logs_of_a_process_that_is_none_are_refused_with_the_names_that_are(platform: Platform) -> None:
    assert " LOG:  " in lrs(platform, "logs", "postgres").stdout
    done = lrs(platform, "logs", "nobody")
    assert done.returncode == 2
    assert "gateway" in done.stderr


def test_no_process_runs_with_a_secret_that_it_may_not_hold(platform: Platform) -> None:
    bodies = vars(load_secrets(platform.instance)) | {"admin_token": platform.admin_token}
    of_setting = {
        "database_url": bodies["writer_password"],
        "reader_database_url": bodies["reader_password"],
        "dagster_database_url": bodies["dagster_password"],
        "redis_url": bodies["redis_password"],
        "admin_token": bodies["admin_token"],
    } | {f"mcp_{name}_token": bodies[f"{name}_token"] for name in ("warehouse", "python", "dbhub", "mail")}
    assert of_setting.keys() <= secret_settings()
    for name in SERVERS:
        environment = Path(f"/proc/{platform.pid(name)}/environ").read_bytes().decode()
        command = Path(f"/proc/{platform.pid(name)}/cmdline").read_bytes().decode()
        held = {setting for setting, secret in of_setting.items() if secret in environment}
        assert held == set(PROCESSES[name].holds) & of_setting.keys(), name
        assert not any(secret in command for secret in of_setting.values()), name
        assert bodies["postgres_password"] not in environment


def test_the_roles_may_no_more_than_their_work_needs(platform: Platform) -> None:
    with psycopg.connect(platform.admin_database_url) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls "
            "FROM pg_roles WHERE rolname LIKE 'lrs%' ORDER BY rolname"
        ).fetchall()
        assert rows == [(f"lrs_{name}", False) for name in ("dagster", "reader", "reader_pii", "writer")]
        owners = connection.execute(
            "SELECT datname, pg_get_userbyid(datdba) FROM pg_database "
            "WHERE datname IN ('lrs', 'dagster') ORDER BY datname"
        ).fetchall()
        assert owners == [("dagster", "lrs_dagster"), ("lrs", "lrs_writer")]


@pytest.mark.parametrize(
    ("role", "database"),
    [("reader", "dagster"), ("reader", "postgres"), ("writer", "dagster"), ("dagster", "lrs"), ("dagster", "postgres")],
)
def test_a_role_cannot_connect_to_a_database_that_is_not_its_own(platform: Platform, role: str, database: str) -> None:
    password = getattr(load_secrets(platform.instance), f"{role}_password")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(database_url(platform.instance, f"lrs_{role}", password, database))


@pytest.mark.chaos
@pytest.mark.slow
def test_all_processes_killed_at_once_come_back_by_themselves(platform: Platform) -> None:
    before = {name: platform.pid(name) for name in SERVERS}
    for pid in before.values():
        signal_group(pid, signal.SIGKILL)
    wait_for(lambda: not platform.status().well, 120, "noticed")
    platform.wait_until_well(150)
    assert all(platform.pid(name) != pid for name, pid in before.items())
    about = platform.client.get("/xAPI/about")
    assert about.status_code == 200
