"""Installing: pip's settings reach uv, and every failure is one line that says what to do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lrs_platform.local.install import failure_line, uv_environment
from lrs_platform.local.instance import ROOT

GIGABYTES = 10**10


def test_an_index_that_pip_is_told_of_is_told_to_uv(tmp_path: Path) -> None:
    config = (
        f"global.index-url='https://index.example/simple'\nglobal.find-links='{tmp_path}'\nglobal.cert='/etc/ssl/c.pem'"
    )
    assert uv_environment(config, {}) == {
        "UV_DEFAULT_INDEX": "https://index.example/simple",
        "UV_FIND_LINKS": str(tmp_path),
    } | ({"SSL_CERT_FILE": "/etc/ssl/c.pem"} if Path("/etc/ssl/c.pem").exists() else {})


def test_a_variable_of_pip_wins_over_its_file_and_uv_s_own_over_both() -> None:
    config = "global.index-url='https://file.example/simple'\n:env:.index-url='https://variable.example/simple'"
    assert uv_environment(config, {}) == {"UV_DEFAULT_INDEX": "https://variable.example/simple"}
    assert uv_environment(config, {"UV_DEFAULT_INDEX": "https://uv.example/simple"}) == {}
    assert uv_environment(config, {"UV_INDEX_URL": "https://uv.example/simple"}) == {}


def test_local_directories_that_do_not_exist_are_left_out(tmp_path: Path) -> None:
    there = tmp_path / "simple"
    there.mkdir()
    config = f"global.extra-index-url='file:///nowhere/simple file://{there}'\nglobal.find-links='/nowhere'"
    assert uv_environment(config, {}) == {"UV_INDEX": f"file://{there}"}


@pytest.mark.parametrize(
    ("output", "free", "words"),
    [
        ("error: failed to write: No space left on device (os error 28)", GIGABYTES, "the disk is full"),
        ("anything", 1000, "the disk is full"),
        ("node: error while loading shared libraries: libatomic.so.1: cannot open", GIGABYTES, "libatomic.so.1"),
        ("error: Failed to fetch: `https://index.example/x`\n dns error", GIGABYTES, "cannot download"),
        ("Hash mismatch for `typer`", GIGABYTES, "checksum"),
        ("something else", GIGABYTES, "see /x/install.log"),
    ],
)
def test_a_failure_is_one_line_with_its_cause(output: str, free: int, words: str) -> None:
    line = failure_line(output, "installing", Path("/x/install.log"), free)
    assert words in line
    assert "\n" not in line


def _copy_of_the_launcher(directory: Path, *tools: str) -> Path:
    """The launcher where nothing is installed, and a PATH with `tools` alone."""
    for name in ("lrs", "requirements.lock", "deploy/dbhub/package-lock.json", "lrs_platform/local/install.py"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, directory / name)
    path = directory / "tools"
    path.mkdir()
    for tool in tools:
        found = shutil.which(tool)
        assert found
        (path / tool).symlink_to(found)
    return path


def _run(directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(directory / "lrs"), "status"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_machine_without_python_gets_one_line_and_status_2(tmp_path: Path) -> None:
    done = _run(tmp_path, PATH=str(_copy_of_the_launcher(tmp_path, "cksum")))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Python 3.11, 3.12 or 3.13 is needed" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_python_that_is_too_old_gets_one_line_that_names_it(tmp_path: Path) -> None:
    path = _copy_of_the_launcher(tmp_path, "cksum")
    old = path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    done = _run(tmp_path, PATH=str(path))
    assert done.returncode == 2
    assert "found: Python 3.9.2" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_python_named_by_lrs_python_that_does_not_work_is_said(tmp_path: Path) -> None:
    path = _copy_of_the_launcher(tmp_path, "cksum")
    done = _run(tmp_path, PATH=str(path), LRS_PYTHON="/bin/false")
    assert done.returncode == 2
    assert "LRS_PYTHON=/bin/false" in done.stderr
