"""The table of processes: who holds which secret, and what a URL replaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs_platform.local.credentials import make_credentials, make_secrets
from lrs_platform.local.instance import Instance, StartError
from lrs_platform.local.processes import (
    PROCESSES,
    chosen_processes,
    environment_of,
    launch_of,
    secret_settings,
    values_of,
)
from lrs_platform.settings import Settings

# docs/architecture.md, "Processes". bootstrap is the step that hands credentials to the others.
MAY_HOLD = {
    "bootstrap": {"redis_url", "dagster_database_url"},
    "warehouse": {"database_url", "mcp_warehouse_token"},
    "python": {"mcp_python_token"},
    "dbhub": {"reader_database_url", "mcp_dbhub_token"},
    "code-server": {"redis_url", "mcp_warehouse_token", "mcp_python_token", "dagster_database_url"},
    "gateway": {
        "redis_url", "admin_token", "dagster_database_url",
        "mcp_warehouse_token", "mcp_python_token", "mcp_dbhub_token",
    },
    "daemon": {"dagster_database_url"},
    "webserver": {"dagster_database_url"},
}  # fmt: skip


def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LRS_{name.upper()}", raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path / "home", 20150)
    made.lay_out()
    return made


@pytest.mark.parametrize("name", MAY_HOLD)
def test_a_process_is_given_the_secrets_it_may_hold_and_no_other(
    name: str, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(monkeypatch)
    values = values_of(instance, chosen, make_secrets(instance), make_credentials(instance))
    environment = environment_of(PROCESSES[name], instance, values)
    given = {secret for secret in secret_settings() if f"LRS_{secret.upper()}" in environment}
    assert given == MAY_HOLD[name]
    others = {values[secret] for secret in secret_settings() - given if secret in values}
    assert others
    assert not others & set(environment.values())


def test_the_user_s_environment_does_not_leak_into_processes(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for the platform")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    values = values_of(instance, settings(monkeypatch), make_secrets(instance), make_credentials(instance))
    environment = environment_of(PROCESSES["gateway"], instance, values)
    assert not {"AWS_SECRET_ACCESS_KEY", "PYTHONPATH"} & environment.keys()


def test_a_setting_of_the_user_reaches_the_processes(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings(monkeypatch, LRS_BATCH_SIZE="123")
    values = values_of(instance, chosen, make_secrets(instance), make_credentials(instance))
    assert launch_of(PROCESSES["code-server"], instance, values).environment["LRS_BATCH_SIZE"] == "123"


@pytest.mark.parametrize("name", [name for name, process in PROCESSES.items() if process.replaced_by])
def test_a_url_replaces_the_process_behind_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = PROCESSES[name].replaced_by
    assert replaced
    given = {f"LRS_{replaced.upper()}": "scheme://elsewhere"}
    if name == "postgres":
        given |= {"LRS_READER_DATABASE_URL": "postgresql://r@e/l", "LRS_DAGSTER_DATABASE_URL": "postgresql://d@e/d"}
    chosen = settings(monkeypatch, **given)
    assert {process.name for process in chosen_processes(chosen)} == PROCESSES.keys() - {name}


def test_an_outside_database_without_dagster_s_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings(monkeypatch, LRS_DATABASE_URL="postgresql://w@e/l", LRS_READER_DATABASE_URL="postgresql://r@e/l")
    with pytest.raises(StartError, match="LRS_DAGSTER_DATABASE_URL must be set too"):
        chosen_processes(chosen)


def test_everything_that_a_process_needs_stands_in_the_table() -> None:
    for process in PROCESSES.values():
        assert set(process.needs) <= PROCESSES.keys()
        assert set(process.holds) <= secret_settings()
