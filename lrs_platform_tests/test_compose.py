"""docker-compose.yml keeps its promises: valid, the very commands that the tests run, nothing open to the network,
each secret with those who may hold it, databases reachable by those who need them.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from sqlalchemy import make_url

from lrs_platform.local.credentials import OFFSETS
from lrs_platform.local.processes import PROCESSES, secret_settings

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = Path(__file__).with_name("data") / "compose-spec" / "compose-spec.json"
BASE_PORT = 8000
FOREIGN = {"postgres", "redis", "sqlpad"}  # services that run an image of someone else
BESIDE = {"sqlpad", "caddy", "tools", "superset", "superset-bundle"}  # services that no process of one machine is
ONCE = {"bootstrap", "tools", "superset-bundle"}  # do their work and end


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return document


def _secrets(service: dict[str, Any]) -> set[str]:
    return {entry if isinstance(entry, str) else entry["source"] for entry in service.get("secrets", ())}


def test_it_is_valid_by_the_schema_of_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    problems = [
        f"{error.json_path}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(compose)
    ]
    assert problems == []


def test_the_schema_notices_a_mistake(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    broken = compose | {"services": {"gateway": {"imagee": "x"}}}
    assert not jsonschema.Draft7Validator(schema).is_valid(broken)


def test_it_runs_the_same_processes_as_one_machine_does(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == set(PROCESSES) | BESIDE


@pytest.mark.parametrize("name", [name for name, process in PROCESSES.items() if process.command])
def test_every_command_is_the_one_that_runs_without_containers(compose: dict[str, Any], name: str) -> None:
    port = str(BASE_PORT + OFFSETS.get(name, 0))
    expected = [part.format(host="0.0.0.0", port=port) for part in PROCESSES[name].command]
    assert compose["services"][name]["command"] == expected


@pytest.mark.parametrize("name", [name for name, process in PROCESSES.items() if process.command])
def test_a_service_holds_the_secrets_that_its_process_may_hold_and_no_others(
    compose: dict[str, Any], name: str
) -> None:
    settings = {f"LRS_{setting.upper()}" for setting in PROCESSES[name].holds}
    assert {secret for secret in _secrets(compose["services"][name]) if secret.startswith("LRS_")} == settings


def test_no_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    secret_variables = {f"LRS_{name.upper()}" for name in secret_settings()}
    for name, service in compose["services"].items():
        environment = service.get("environment", {})
        assert not secret_variables & set(environment), name
        open_words = [
            key for key in environment if re.search("(?i)password|token|passphrase", key) and not key.endswith("_FILE")
        ]
        assert open_words == [], name


def test_caddy_alone_is_published_and_on_the_loopback_address_unless_asked_otherwise(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published.pop("superset") == ["127.0.0.1:8088:8088"]  # of a profile of its own, with its own login
    assert list(published) == ["caddy"]
    assert [port for port in published["caddy"] if not port.startswith("${LRS_BIND:-127.0.0.1}:")] == []


def test_what_has_no_login_is_reached_through_the_proxy_alone(compose: dict[str, Any]) -> None:
    """Dagster's webserver and SQLPad are in no network that reaches outside."""
    for name in ("webserver", "sqlpad"):
        assert all(compose["networks"][network].get("internal") for network in compose["services"][name]["networks"])
    assert compose["services"]["webserver"]["environment"]["DAGSTER_WEBSERVER_PATH_PREFIX"] == "/dagster"


def test_every_service_has_limits_and_drops_every_right(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("read_only") or name in ("sqlpad", "superset"), name


def test_what_is_written_outlives_a_container(compose: dict[str, Any]) -> None:
    """Everything else in a container of ours is read-only."""
    places = {"attachments": "/var/lib/lrs/attachments", "erasures": "/var/lib/lrs/erasures"}
    for name, volumes in (("gateway", ["attachments"]), ("code-server", ["attachments", "erasures"])):
        mounted = compose["services"][name]["volumes"]
        assert {f"{volume}:{places[volume]}" for volume in volumes} <= set(mounted), name


def test_the_example_of_settings_has_every_variable_that_the_file_asks_for(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(LRS_\w+)", text))
    asked |= {name for name, value in compose["x-environment"].items() if value is None}
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(LRS_\w+)=", example, flags=re.MULTILINE)) == asked


def test_only_those_reach_a_database_or_the_log_that_hold_an_address_of_it(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for network, secrets in (
        (
            "database",
            {"LRS_DATABASE_URL", "LRS_READER_DATABASE_URL", "LRS_DAGSTER_DATABASE_URL", "lrs_reader_password"},
        ),
        ("log", {"LRS_REDIS_URL", "redis_secret"}),
    ):
        inside = {name for name, service in services.items() if network in service.get("networks", ())}
        holders = {name for name, service in services.items() if secrets & _secrets(service)}
        assert inside == holders, network


def test_the_sandbox_reaches_neither_a_database_nor_the_outside(compose: dict[str, Any]) -> None:
    assert compose["services"]["python"]["networks"] == ["mcp"]
    inner = {name for name, network in compose["networks"].items() if network.get("internal")}
    assert inner == {"front", "database", "log", "mcp", "dagster"}


def test_every_server_has_a_health_check(compose: dict[str, Any]) -> None:
    assert {name for name, service in compose["services"].items() if "healthcheck" not in service} == ONCE


def test_every_mounted_file_is_in_the_project(compose: dict[str, Any]) -> None:
    mounts = [volume for service in compose["services"].values() for volume in service.get("volumes", ())]
    sources = [volume.split(":")[0] for volume in mounts if volume.startswith("./")]
    sources += [entry["file"] for entry in compose["configs"].values()]
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_images_are_pinned_by_digest_or_by_an_exact_version(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert re.search(r":\d+\.\d+\.\d+$|@sha256:[0-9a-f]{64}$", service["image"]), name
        assert name in FOREIGN or "build" in service
    for file in (ROOT / "deploy").glob("**/Dockerfile"):
        bases = re.findall(r"^FROM (\S+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert [base for base in bases if not re.search(r"@sha256:[0-9a-f]{64}$", base)] == [], file


def test_everything_that_the_image_copies_is_in_the_project_and_sent_to_the_builder() -> None:
    lines = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    sent = [
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    ]
    assert copied
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert [path for path in copied if path.split("/")[0] not in sent] == []


def test_the_secrets_are_made_once_and_kept(tmp_path: Path, compose: dict[str, Any]) -> None:
    folder = tmp_path / "secrets"
    command = ["sh", str(ROOT / "deploy" / "make-secrets.sh"), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in folder.iterdir()}
    subprocess.run(command, check=True, capture_output=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == first

    assert set(compose["secrets"]) <= set(first)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert first["redis_secret"] in first["LRS_REDIS_URL"]
    assert json.loads(first["credentials.json"])["password"] == first["xapi_password"]
    again = tmp_path / "again"
    subprocess.run([*command[:-1], str(again)], check=True, capture_output=True)
    assert (again / "redis_secret").read_text() != first["redis_secret"]


def test_a_container_gets_dagsters_database_and_hands_over_to_its_command() -> None:
    command = [
        "sh",
        str(ROOT / "deploy" / "entrypoint.sh"),
        "sh",
        "-c",
        "echo got $LRS_DAGSTER_DATABASE_URL $0 $1",
        "a b",
        "c",
    ]
    environment = {"PATH": os.environ["PATH"], "LRS_DAGSTER_DATABASE_URL": "postgresql://db"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert done.stdout == "got postgresql://db a b c\n"


def test_every_file_of_secrets_is_explained(compose: dict[str, Any]) -> None:
    page = (ROOT / "deploy" / "secrets.example" / "README.md").read_text(encoding="utf-8")
    assert [name for name in compose["secrets"] if f"`{name}`" not in page] == []


def test_superset_keeps_the_readers_password_out_of_its_tables_and_is_framed_by_the_gateway_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("superset_secret_key", "lrs_reader_password"):
        (tmp_path / name).write_text(f"{name}-content\n", encoding="utf-8")
    monkeypatch.setenv("SUPERSET_SECRETS", str(tmp_path))
    config = runpy.run_path(str(ROOT / "deploy" / "superset" / "superset_config.py"))
    mutate = config["DB_CONNECTION_MUTATOR"]
    uri, _ = mutate(make_url("postgresql+psycopg2://lrs_reader@postgres:5432/lrs"), {}, "admin", None, None)
    assert uri.password == "lrs_reader_password-content"
    other, _ = mutate(make_url("postgresql+psycopg2://somebody@elsewhere/db"), {}, "admin", None, None)
    assert other.password is None
    policy = config["TALISMAN_CONFIG"]["content_security_policy"]
    assert policy["frame-ancestors"] == ["'self'", "http://127.0.0.1:8000", "http://localhost:8000"]
