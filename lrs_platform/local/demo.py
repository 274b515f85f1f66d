"""`lrs up --demo`: send the bundled sample as a client would, and watch it arrive in Postgres."""

from __future__ import annotations

import json
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx

from lrs_platform.local.credentials import Credentials, load_credentials
from lrs_platform.local.display import out, say
from lrs_platform.local.instance import Instance
from lrs_platform.send import send

LOADED_WITHIN = 60.0  # seconds; it takes one or two


def demonstrate(instance: Instance) -> int:
    """Send the sample, wait until it is loaded, say where to look; 0, or 1 where it did not arrive."""
    credentials = load_credentials(instance)
    sample = Path(str(files("lrs_platform.local") / "sample.jsonl"))
    last = json.loads(sample.read_text(encoding="utf-8").splitlines()[-1])["id"]
    say(f"sending {sample.name}: learners at work on two microlearning courses")
    status = send(
        [sample],
        endpoint=credentials.endpoint,
        username=credentials.username,
        password=credentials.password,
        resume=False,
    )
    if status:
        return 1
    with httpx.Client(timeout=10) as client, out.status("on its way to Postgres"):
        deadline = time.monotonic() + LOADED_WITHIN
        while not (loading := _loading(client, credentials))["done"]:
            if time.monotonic() > deadline:
                say(
                    f"the sample is accepted but not loaded after {LOADED_WITHIN:.0f} s: {loading['words']}", error=True
                )
                return 1
            time.sleep(0.2)
        seen = client.get(
            f"{credentials.endpoint}/statements",
            params={"statementId": last},
            headers={"X-Experience-API-Version": "1.0.3"},
            auth=(credentials.username, credentials.password),
        )
        seen.raise_for_status()
    say(f"loaded; its last statement, read back: {credentials.endpoint}/statements?statementId={last}")
    say(f"log in, then see it at {credentials.urls['streaming']} and at {credentials.urls['dagster']}")
    return 0


def _loading(client: httpx.Client, credentials: Credentials) -> dict[str, Any]:
    """Whether the log is loaded to its end, as the streaming page tells, and its status in words."""
    answer = client.get(
        credentials.urls["streaming"],
        params={"format": "json"},
        headers={"Authorization": f"Bearer {credentials.admin_token}"},
    )
    answer.raise_for_status()
    page = answer.json()
    log = page["log"]
    return {"done": log.get("lag") == 0 and log.get("pending") == 0, "words": page["status"]}
