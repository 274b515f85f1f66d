"""Several gateway processes behind one port."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx

from lrs_platform_tests.conftest import wait_for
from lrs_platform_tests.gateway.conftest import Gateway, running_gateway, statement


def test_workers_count_together_and_end_with_the_process_that_started_them(log_url: str, tmp_path: Path) -> None:
    with running_gateway(tmp_path, log_url, gateway_workers="2") as gateway:
        for _ in range(20):  # a connection each, so that both workers get some
            with httpx.Client(auth=gateway.client.auth, headers=gateway.client.headers, trust_env=False) as sender:
                assert sender.post(f"{gateway.url}/xAPI/statements", json=statement()).status_code == 200
        metrics = httpx.get(f"{gateway.url}/metrics", trust_env=False).text
        assert "lrs_gateway_statements_accepted_total 20.0" in metrics
        os.kill(gateway.pid, signal.SIGKILL)
        wait_for(lambda: not _answers(gateway), 120, "no worker answers without its parent")


def _answers(gateway: Gateway) -> bool:
    try:
        return httpx.get(f"{gateway.url}/health/live", trust_env=False).is_success
    except httpx.HTTPError:
        return False
