"""The bill of materials names what the lock files name, with their checksums; what is installed is fixed by them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with both bills of materials."""
    folder = tmp_path_factory.mktemp("sbom")
    subprocess.run(["sh", str(ROOT / "deploy/sbom.sh"), str(folder)], check=True, capture_output=True, timeout=170)
    return folder


def components(bill: Path) -> list[dict[str, Any]]:
    document = json.loads(bill.read_text(encoding="utf-8"))
    assert document["bomFormat"] == "CycloneDX"
    found: list[dict[str, Any]] = document["components"]
    return found


def checksums(component: dict[str, Any]) -> set[str]:
    """Those of a component's distributions."""
    return {
        checksum["content"]
        for reference in component.get("externalReferences", ())
        for checksum in reference.get("hashes", ())
    }


def test_the_bill_names_every_python_package_of_the_lock_with_its_checksums(bills: Path) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    locked = {}
    for line in lock.splitlines():
        if found := re.match(r"([a-z0-9.\-]+)(?:\[[^\]]*\])?==(\S+)", line):
            locked[f"pkg:pypi/{found[1]}@{found[2]}"] = set(re.findall(r"sha256:([0-9a-f]{64})", line))
    assert len(locked) > 100
    named = {
        component["purl"].split("?")[0]: checksums(component) for component in components(bills / "python.cdx.json")
    }
    assert named == locked
    assert all(named.values())


def test_the_bill_names_every_npm_package_of_the_lock(bills: Path) -> None:
    lock = json.loads((ROOT / "deploy/dbhub/package-lock.json").read_text(encoding="utf-8"))
    locked = {
        (path.rpartition("node_modules/")[2], package["version"])
        for path, package in lock["packages"].items()
        if path and not package.get("optional")
    }
    assert locked
    named = {
        (f"{part['group']}/{part['name']}" if part.get("group") else part["name"], part["version"])
        for part in components(bills / "npm.cdx.json")
    }
    assert locked <= named


def test_nothing_is_installed_without_a_checksum() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    pins = [line for line in lock.splitlines() if line and not line.lstrip().startswith("#")]
    assert pins
    assert [pin[:60] for pin in pins if "--hash=sha256:" not in pin or "==" not in pin] == []
    npm = json.loads((ROOT / "deploy/dbhub/package-lock.json").read_text(encoding="utf-8"))
    assert [path for path, package in npm["packages"].items() if path and "integrity" not in package] == []
    installer = (ROOT / "lrs_platform/local/install.py").read_text(encoding="utf-8")
    assert "--require-hashes" in installer
    assert "--ignore-scripts" in installer  # a package of npm runs nothing while it is installed


def test_an_audit_that_cannot_ask_says_so_and_stops_nothing(tmp_path: Path) -> None:
    """With every way out closed."""
    closed = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9", "npm_config_registry": "http://127.0.0.1:9",
        "npm_config_fetch_retries": "0",
    }  # fmt: skip
    done = subprocess.run(
        ["sh", str(ROOT / "deploy/audit.sh")], env=closed, capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0
    assert re.findall(r"^audit   (\w+) packages: skipped", done.stdout, re.MULTILINE) == ["Python", "npm"], done.stdout
