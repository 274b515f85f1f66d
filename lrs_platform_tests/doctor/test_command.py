"""`lrs doctor` on a whole installation: well as it is, and an exit status that programs can go by."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from lrs_platform.doctor.finding import Level
from lrs_platform.doctor.servers import component_findings, supervised_findings
from lrs_platform.local.state import PlatformState, ProcessState
from lrs_platform_tests.conftest import Platform


def doctor(home: Path, **environment: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-P", "-m", "lrs_platform.cli", "doctor", "--json"]
    done = subprocess.run(
        command, env={**os.environ, "LRS_HOME": str(home), **environment}, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_running_instance_is_well(platform: Platform) -> None:
    platform.wait_until_well()
    status, told = doctor(platform.home)
    assert [finding for finding in told["findings"] if finding["level"] == "fail"] == []
    assert (status, told["well"]) == (0, True)
    parts = {finding["part"] for finding in told["findings"]}
    assert {"python", "packages", "disk", "postgres: schema", "postgres: grants", "redis: durability"} <= parts
    assert {"processes", "server gateway", "server warehouse", "server dbhub", "server webserver"} <= parts
    assert platform.password not in str(told)
    assert platform.admin_token not in str(told)


def test_what_is_to_be_mended_gives_exit_status_1(tmp_path: Path) -> None:
    status, told = doctor(tmp_path, LRS_OIDC_CLIENT_ID="lrs", LRS_REDIS_ULR="redis://elsewhere")
    assert (status, told["well"]) == (1, False)
    advice = " ".join(finding["advice"] for finding in told["findings"])
    assert "LRS_REDIS_URL" in advice
    assert "docs/login.md" in advice


def test_a_process_that_does_not_run_is_named_with_its_reason() -> None:
    ill = ProcessState("restarting", reason="exit status 1: no route")
    state = PlatformState(1, 8000, 0.0, {"gateway": ProcessState("healthy"), "dbhub": ill})
    [finding] = supervised_findings(state)
    assert (finding.level, finding.part) == (Level.FAIL, "process dbhub")
    assert "no route" in finding.told


def test_what_the_gateway_finds_down_is_passed_on() -> None:
    down = {"status": "down", "needed_for": "loading", "reason": "silent for 90 s"}
    [finding] = component_findings({"redis": {"status": "up", "needed_for": "accepting"}, "loader": down})
    assert finding.part == "gateway: loader"
    assert "silent" in finding.told
