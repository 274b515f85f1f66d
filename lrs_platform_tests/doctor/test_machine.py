"""What can be wrong before any server is asked: versions, settings, files of secrets, disks, ports, mail."""

from __future__ import annotations

import asyncio
import re
import socket
from importlib.metadata import version
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from lrs_platform.doctor import configuration, files, machine, versions
from lrs_platform.doctor.finding import Finding, Level
from lrs_platform.doctor.mail import relay_finding
from lrs_platform.doctor.subject import Subject, subject_at
from lrs_platform.local.credentials import make_credentials, make_secrets
from lrs_platform.local.instance import ROOT, Instance, free_block
from lrs_platform.mcp_servers.mail.delivery import Relay
from lrs_platform.settings import Settings
from lrs_platform_tests.gateway.conftest import free_port


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    """An instance that was started before and does not run."""
    instance = Instance(tmp_path / "home", free_block(21600))
    instance.lay_out()
    make_secrets(instance)
    make_credentials(instance)
    given = Settings.model_validate({"home": instance.home})
    return Subject(instance, given, given)


def levels(findings: list[Finding]) -> set[Level]:
    return {finding.level for finding in findings}


# versions


@pytest.mark.parametrize(
    ("running", "level"), [((3, 10, 4), Level.FAIL), ((3, 12, 1), Level.OK), ((3, 14, 0), Level.FAIL)]
)
def test_a_python_that_the_packages_are_not_locked_for_is_found(running: tuple[int, ...], level: Level) -> None:
    assert versions.python_finding(running).level is level


def test_packages_that_are_not_as_locked_and_missing_ones_are_named() -> None:
    here = version("redis")
    assert versions.packages_finding(f"redis=={here} \\\n    --hash=sha256:00\n").level is Level.OK
    assert f"redis {here} (lock: 0.1)" in versions.packages_finding("redis==0.1 \\\n").told
    assert "no-such-package" in versions.packages_finding("no-such-package==1.0 \\\n").told


def test_lines_of_the_lock_file_for_other_systems_do_not_count() -> None:
    lock = "redis==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n    # via us\nhiredis==3.0 \\\n"
    assert versions.locked(lock) == {"hiredis": "3.0"}


def test_what_is_installed_here_is_found_well(subject: Subject) -> None:
    assert [finding for finding in versions.examine(subject) if finding.level is Level.FAIL] == []


# settings


def test_a_misspelt_variable_is_named_with_the_one_that_is_meant() -> None:
    [finding] = configuration.unknown_variables({"LRS_REDIS_ULR": "x", "LRS_SOURCE_MOODLE_PASSWORD": "x", "HOME": "/"})
    assert "LRS_REDIS_ULR" in finding.told
    assert "LRS_REDIS_URL" in finding.advice


def test_every_variable_that_a_command_reads_is_known() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "lrs_platform").rglob("*.py")]
    texts.append((ROOT / "lrs").read_text(encoding="utf-8"))
    read = {name for text in texts for name in re.findall(r"envvar=\"(LRS_\w+)\"|environ[^\n]*\"(LRS_\w+)\"", text)}
    names = {name for pair in read for name in pair if name} | {"LRS_PYTHON"}
    assert len(names) > 5
    assert list(configuration.unknown_variables(dict.fromkeys(names, "x"))) == []


def test_a_value_that_is_none_is_found_and_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRS_HOME", str(tmp_path))
    monkeypatch.setenv("LRS_BATCH_SIZE", "hidden-word")
    subject = subject_at(tmp_path)
    [finding] = [each for each in configuration.examine(subject) if each.level is Level.FAIL]
    assert "LRS_BATCH_SIZE" in finding.told
    assert "hidden-word" not in str(finding)


@pytest.mark.parametrize(
    ("settings", "level", "words"),
    [
        ({"database_url": "postgresql://db/lrs"}, Level.FAIL, "LRS_READER_DATABASE_URL"),
        ({"reminders": "on"}, Level.FAIL, "LRS_PUBLIC_URL"),
        ({"oidc_client_id": "lrs"}, Level.FAIL, "LRS_OIDC_ISSUER"),
        ({"oidc_issuer": "https://login.example.com"}, Level.FAIL, "LRS_OIDC_AUDIENCE"),
        ({"public_url": "lrs.example.com"}, Level.FAIL, "LRS_PUBLIC_URL"),
        ({"public_url": "http://lrs.example.com"}, Level.WARN, "http:"),
        ({"reminder_from": "18:00", "reminder_until": "09:00"}, Level.FAIL, "LRS_REMINDER_FROM"),
        ({"tick_budget_seconds": 6}, Level.WARN, "LRS_TICK_BUDGET_SECONDS"),
        ({"test_load_delay_ms": 50}, Level.WARN, "LRS_TEST_LOAD_DELAY_MS"),
        ({"llm_url": "https://models.example.com"}, Level.WARN, "LRS_LLM"),
        ({"cors_origins": "*"}, Level.WARN, "LRS_CORS_ORIGINS"),
        ({"smtp_host": "relay.example.com"}, Level.WARN, "LRS_REMINDERS is off"),
    ],
)
def test_settings_that_contradict_each_other_are_found(settings: dict[str, object], level: Level, words: str) -> None:
    found = list(configuration.contradictions(Settings.model_validate(settings)))
    assert level in levels(found)
    assert any(words in finding.told and finding.advice for finding in found)


def test_the_defaults_contradict_nothing() -> None:
    assert list(configuration.contradictions(Settings.model_validate({}))) == []


def test_a_file_that_is_named_and_not_there_is_found(tmp_path: Path) -> None:
    given = Settings.model_validate({"sources_file": tmp_path / "away.yaml"})
    assert [finding.level for finding in configuration.missing_files(given)] == [Level.FAIL]


# files, disk, ports


def test_a_file_of_secrets_that_others_may_read_is_found(subject: Subject) -> None:
    assert Level.FAIL not in levels(list(files.examine(subject)))
    subject.instance.secrets_file.chmod(0o644)
    found = [finding for finding in files.examine(subject) if finding.level is Level.FAIL]
    assert len(found) == 1
    assert f"chmod 600 {subject.instance.secrets_file}" in found[0].advice


@pytest.mark.parametrize(
    ("free", "level"), [(100_000_000, Level.FAIL), (1_000_000_000, Level.WARN), (50_000_000_000, Level.OK)]
)
def test_a_disk_that_runs_full_is_found(free: int, level: Level) -> None:
    assert machine.disk_finding(["log"], Path("/data"), free, 100_000_000_000).level is level


def test_the_disks_of_log_database_and_attachments_are_looked_at(subject: Subject) -> None:
    told = " ".join(finding.told for finding in machine.examine_disks(subject))
    assert all(name in told for name in ("log", "database", "attachments"))


def test_a_port_that_somebody_else_has_is_found_with_its_owner(subject: Subject) -> None:
    assert levels(list(machine.examine_ports(subject))) == {Level.OK}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", subject.instance.port + 3))
        taken.listen()
        [finding] = machine.examine_ports(subject)
    assert finding.level is Level.FAIL
    assert "warehouse" in finding.told
    assert "pid" in finding.told


# mail


def test_a_relay_that_speaks_no_tls_or_does_not_answer_is_found() -> None:
    port = free_port()
    controller = Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        plain = asyncio.run(relay_finding(Relay("127.0.0.1", port, "none")))
        encrypted = asyncio.run(relay_finding(Relay("127.0.0.1", port, "starttls")))
    finally:
        controller.stop()
    away = asyncio.run(relay_finding(Relay("127.0.0.1", port, "none")))
    assert (plain.level, encrypted.level, away.level) == (Level.OK, Level.FAIL, Level.FAIL)
    assert encrypted.advice
    assert away.advice
