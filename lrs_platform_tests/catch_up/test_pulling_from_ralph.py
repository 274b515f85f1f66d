"""Pulling from Ralph, an LRS that is not ours, in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from lrs_platform.local.instance import ROOT
from lrs_platform_tests.catch_up.test_pulling import in_log, pulled, source_of
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.samples import statement
from lrs_platform_tests.test_etl_streaming import Bench, on

# Neither ClickHouse nor requests is used here; the server of 5.1 cannot be imported without them.
REQUIREMENTS = ("ralph-malph[backend-clickhouse,cli,lrs]==5.1.0", "requests")
USERNAME, PASSWORD = "reader", "open sesame"
START_SECONDS = 60


@dataclass(frozen=True)
class Ralph:
    """A running Ralph whose statements lie in a file."""

    endpoint: str
    file: Path

    def append(self, late: dict[str, Any]) -> None:
        """As if it had been sent: with a file, Ralph 5.1 takes one request only and answers 500 to the next."""
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({**late, "stored": datetime.now(UTC).isoformat()}) + "\n")

    def send(self, *statements: dict[str, Any]) -> None:
        headers = {"X-Experience-API-Version": "1.0.3"}
        with httpx.Client(auth=(USERNAME, PASSWORD), headers=headers, timeout=30, trust_env=False) as client:
            client.post(f"{self.endpoint}/statements", json=list(statements)).raise_for_status()


@pytest.fixture(scope="module")
def ralph_environment(request: pytest.FixtureRequest) -> Path:
    """Its interpreter's directory; made once, by the launcher's uv (pip takes minutes), and kept in pytest's cache."""
    assert request.config.cache is not None
    place = request.config.cache.mkdir("ralph-5.1.0")
    binaries, complete = place / "bin", place / "complete"
    uv = shutil.which("uv", path=f"{ROOT / '.boot' / 'uv' / 'bin'}:{os.environ['PATH']}")
    if not complete.exists():
        if uv is None:
            pytest.skip("uv is not there, which the launcher installs: `sh lrs test`")
        for command in (
            [uv, "venv", "-q", "--allow-existing", "--python", sys.executable, str(place)],
            [uv, "pip", "install", "-q", "--python", str(binaries / "python"), *REQUIREMENTS],
        ):
            done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
            if done.returncode:
                pytest.skip(f"Ralph cannot be installed here: {done.stderr.strip()[-300:]}")
        complete.touch()
    return binaries


@pytest.fixture
def ralph(ralph_environment: Path, tmp_path: Path) -> Iterator[Ralph]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = str(ralph_environment / "ralph")
    (tmp_path / "statements").mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "RALPH_APP_DIR": str(tmp_path),
        "RALPH_AUTH_FILE": str(tmp_path / "auth.json"),
        "RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH": str(tmp_path / "statements"),
        "RALPH_BACKENDS__DATA__FS__DEFAULT_DIRECTORY_PATH": str(tmp_path / "statements"),
        "RALPH_RUNSERVER_BACKEND": "fs",
    }
    credential = ["-u", USERNAME, "-p", PASSWORD, "-s", "all", "-M", "mailto:reader@example.com"]
    subprocess.run([program, "auth", *credential, "-w"], env=environment, cwd=tmp_path, check=True, capture_output=True)
    with (tmp_path / "ralph.log").open("wb") as log:
        server = subprocess.Popen(
            [program, "runserver", "-b", "fs", "-h", "127.0.0.1", "-p", str(port)],
            env=environment, cwd=tmp_path, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait(server, port, tmp_path / "ralph.log")
        yield Ralph(f"http://127.0.0.1:{port}/xAPI", tmp_path / "statements" / "fs_lrs.jsonl")
    finally:
        server.terminate()
        server.wait(20)


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            if httpx.get(f"http://127.0.0.1:{port}/__lbheartbeat__", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail(f"Ralph did not start: {log.read_text()[-2000:]}")


def test_everything_that_ralph_has_is_in_the_log_once(
    platform: Platform, ralph: Ralph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ralph answers `ascending` page by page in reverse, and filters `since` by timestamp: the overlap is for that."""
    monkeypatch.setenv("LRS_SOURCE_TEST_USER", USERNAME)
    monkeypatch.setenv("LRS_SOURCE_TEST_PASSWORD", PASSWORD)
    now = datetime.now(UTC)
    sent = [statement(timestamp=(now - timedelta(seconds=900 - n)).isoformat()) for n in range(25)]
    ralph.send(*sent)

    async def promise(bench: Bench) -> None:
        source = source_of(endpoint=ralph.endpoint, page_size=10, since_by="timestamp", overlap_seconds=3600)
        first = await pulled(bench, source)
        assert (first["pulled"], first["complete"], first["error"]) == (25, True, None)
        assert sorted(await in_log(platform, bench)) == sorted(s["id"] for s in sent)
        offline = statement(timestamp=(now - timedelta(seconds=1800)).isoformat())  # happened before all others
        ralph.append(offline)
        again = await pulled(bench, source)
        assert (again["pulled"], again["refused"], again["error"]) == (1, 0, None)
        assert (await in_log(platform, bench))[-1] == offline["id"]
        bench.sent += [*(s["id"] for s in sent), offline["id"]]
        assert (await bench.drain()).inserted == 26
        assert len(bench.rows("core.event")) == 26

    on(platform, promise)
