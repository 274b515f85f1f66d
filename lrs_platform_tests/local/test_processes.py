"""The table of processes: who holds which secret, and what a URL replaces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lrs_platform.local.credentials import load_secrets, make_credentials, make_secrets
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
    "mail": {"mcp_mail_token", "smtp_password"},
    "code-server": {
        "redis_url", "mcp_warehouse_token", "mcp_python_token", "mcp_mail_token", "dagster_database_url",
    },
    "gateway": {
        "redis_url", "admin_token", "dagster_database_url", "mail_events_token",
        "mcp_warehouse_token", "mcp_python_token", "mcp_dbhub_token", "mcp_mail_token",
    },
    "daemon": {"dagster_database_url"},
    "webserver": {"dagster_database_url"},
}  # fmt: skip

MAIL = {
    "LRS_REMINDERS": "on",
    "LRS_PUBLIC_URL": "https://learn.example.com",
    "LRS_SMTP_HOST": "smtp.example.com",
    "LRS_MAIL_FROM": "learning@example.com",
    "LRS_MAIL_ALLOWED_RECIPIENTS": "@example.com",
}


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
    chosen = settings(monkeypatch, LRS_SMTP_PASSWORD="of the relay", LRS_MAIL_EVENTS_TOKEN="of the reporter")
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


def test_who_uses_an_object_store_gets_what_it_asks_for_and_nobody_else(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the store")
    for setting, user in (("LRS_ATTACHMENTS_URL", "gateway"), ("LRS_ARCHIVE_URL", "code-server")):
        with monkeypatch.context() as patch:
            chosen = settings(patch, **{setting: "s3://bucket/prefix"})
            values = values_of(instance, chosen, make_secrets(instance), make_credentials(instance))
            having = {
                name
                for name, process in PROCESSES.items()
                if "AWS_SECRET_ACCESS_KEY" in environment_of(process, instance, values)
            }
            assert having == {user}


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
    chosen = settings(monkeypatch, **given, **MAIL)
    assert {process.name for process in chosen_processes(chosen)} == PROCESSES.keys() - {name}


def test_without_reminders_there_is_no_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for mode in ("off", "dry-run"):
        chosen = settings(monkeypatch, **{**MAIL, "LRS_REMINDERS": mode})
        assert {process.name for process in chosen_processes(chosen)} == PROCESSES.keys() - {"mail"}


@pytest.mark.parametrize("missing", [name for name in MAIL if name != "LRS_REMINDERS"])
def test_reminders_that_could_not_be_sent_are_refused_in_one_line(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(monkeypatch, **{name: value for name, value in MAIL.items() if name != missing})
    with pytest.raises(StartError, match=f"{missing} must be set too"):
        chosen_processes(chosen)


def test_an_outside_database_without_dagster_s_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings(monkeypatch, LRS_DATABASE_URL="postgresql://w@e/l", LRS_READER_DATABASE_URL="postgresql://r@e/l")
    with pytest.raises(StartError, match="LRS_DAGSTER_DATABASE_URL must be set too"):
        chosen_processes(chosen)


def test_everything_that_a_process_needs_stands_in_the_table() -> None:
    for process in PROCESSES.values():
        assert set(process.needs) <= PROCESSES.keys()
        assert set(process.holds) <= secret_settings()


def test_a_release_that_needs_more_secrets_adds_them_and_keeps_the_others(instance: Instance) -> None:
    made = make_secrets(instance)
    older = json.loads(instance.secrets_file.read_text())
    del older["mail_token"]
    instance.secrets_file.write_text(json.dumps(older))
    with pytest.raises(StartError, match="has no mail_token"):
        load_secrets(instance)
    now = make_secrets(instance)
    assert now.warehouse_token == made.warehouse_token
    assert now.mail_token not in ("", made.mail_token)
    assert load_secrets(instance) == now
    assert instance.secrets_file.stat().st_mode & 0o777 == 0o600
