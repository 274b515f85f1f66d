"""Alert rules and dashboard speak of metrics that the gateway has; each alert says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml

from lrs_platform.contracts.probing import OF_THE_BOARD
from lrs_platform.local.instance import ROOT
from lrs_platform_tests.gateway.conftest import ADMIN_TOKEN, Gateway, running_gateway

RULES = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((ROOT / "deploy/grafana/learning-records.json").read_text(encoding="utf-8"))


def named(expressions: Iterator[str]) -> set[str]:
    return {name for expression in expressions for name in re.findall(r"\blrs_\w+", expression)}


def test_every_metric_that_is_watched_is_there(gateway: Gateway) -> None:
    page = httpx.get(f"{gateway.url}/metrics", trust_env=False, timeout=30).text
    families = set(re.findall(r"^# TYPE (\w+)", page, re.MULTILINE))
    watched = named(rule["expr"] for rule in RULES) | named(
        target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
    )
    assert {name.removesuffix("_bucket") for name in watched} <= families


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    manual = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert rule["annotations"]["summary"] and rule["annotations"]["action"], rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["alert"] in manual


def test_the_board_does_not_wait_for_itself_when_it_asks_its_own_pages(log_url: str, tmp_path: Path) -> None:
    """Else whoever came first would be told that the board's own pages do not answer, and it would never rest again."""
    with running_gateway(tmp_path, log_url) as fresh:

        def progress(headers: dict[str, str]) -> dict[str, Any]:
            headers |= {"Authorization": f"Bearer {ADMIN_TOKEN}"}
            told: dict[str, Any] = httpx.get(
                f"{fresh.url}/api/debug/progress", headers=headers, trust_env=False, timeout=60
            ).json()
            return dict(told["parts"]["project"])

        assert "age_seconds" not in progress(dict([OF_THE_BOARD])), "nobody has looked for a probe's sake"
        assert "age_seconds" in progress({}), "somebody who watches is told what there is"
