"""The package that `pip install lrs-platform` brings: whole, with one version, and at work outside the checkout.

Built and run with the packages that are here already, so it costs seconds; the whole way, on a bare system with an
account of its own, is docs/upgrade.md, "From a wheel".
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs_platform import __version__
from lrs_platform.warehouse.schema_changes import changes

ROOT = Path(__file__).resolve().parents[1]
# Files of the checkout that an installed platform needs beside its package.
BESIDE = (
    "workspace.yaml",
    "requirements.lock",
    "deploy/dagster.yaml",
    "deploy/postgres/roles.sql",
    "deploy/dbhub/package-lock.json",
    "deploy/sqlpad/seed/queries/lesson-funnel.json",
    "orchestrator_contracts/local.json",
)
LOAD = "from lrs_platform.definitions import defs; print(len(list(defs.resolve_asset_graph().get_all_asset_keys())))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=170)
    assert done.returncode == 0, done.stderr
    [built] = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A virtual environment with the wheel, and the other packages of this one behind it."""
    directory = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True, timeout=170)
    [packages] = directory.glob("lib/python3.*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # After our own package, which the checkout's .pth file would shadow otherwise, were it read.
    (packages / "others.pth").write_text(f"import sys; sys.path.append({sysconfig.get_path('purelib')!r})\n")
    yield directory / "bin" / "python"


def run(python: Path, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it in an empty directory, with an empty HOME and nothing of the environment that is ours."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LRS_", "DAGSTER_"))}
    environment |= {"HOME": str(directory), "DAGSTER_HOME": str(directory)}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        [str(python), *arguments],
        cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=170,
    )  # fmt: skip


def test_the_wheel_has_every_file_that_the_package_reads(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "lrs_platform"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert [name for name in tracked if name and name not in names] == []
    assert [name for name in BESIDE if f"lrs_platform/project/{name}" not in names] == []
    assert not [name for name in names if "secrets/" in name or "node_modules" in name or "_tests" in name]


def test_the_version_is_said_once_and_the_command_is_there(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        about = f"lrs_platform-{__version__}.dist-info"
        assert f"Version: {__version__}\n" in archive.read(f"{about}/METADATA").decode()
        assert "lrs = lrs_platform.cli:main" in archive.read(f"{about}/entry_points.txt").decode()
        assert f"{about}/licenses/LICENSE" in archive.namelist()


def test_it_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = run(installed, tmp_path, "-c", "import lrs_platform; print(lrs_platform.__file__)")
    assert where.stdout.startswith(str(installed.parents[1]))
    helped = run(installed, tmp_path, "-m", "lrs_platform.cli", "--help")
    assert helped.returncode == 0, helped.stderr
    assert "doctor" in helped.stdout
    refused = run(installed, tmp_path, "-m", "lrs_platform.cli", "test")
    assert refused.returncode == 2
    assert "checkout" in refused.stderr


def test_the_doctor_finds_it_whole_and_the_home_where_it_is_promised(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "-m", "lrs_platform.cli", "doctor", "--json")
    told = {finding["part"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert "installed" in told["lrs_platform"]["told"]
    assert told["packages"]["level"] == "ok"
    assert str(tmp_path / ".local" / "share" / "lrs") in told["files of secrets"]["told"]
    assert told["dbhub"]["level"] == "fail"  # its npm packages come with the first `lrs up`


def test_the_definitions_and_the_schema_load_from_it(installed: Path, tmp_path: Path) -> None:
    loaded = run(installed, tmp_path, "-c", LOAD)
    assert loaded.returncode == 0, loaded.stderr[-2000:]
    assert int(loaded.stdout.split()[-1]) > 10
    schema = run(
        installed, tmp_path, "-c", "from lrs_platform.warehouse.schema_changes import changes as c; print(len(c()))"
    )
    assert int(schema.stdout) == len(changes())
