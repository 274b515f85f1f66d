"""What is on an instance before and while a backup is taken: two learners, a document, an attachment, a credential."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.local.test_platform import lrs

ATTACHED = b"a certificate, as bytes\r\n\x00" * 40
BOUNDARY = "parts-of-the-backup"
STATE = {"activityId": "https://example.com/lessons/backup", "stateId": "bookmark"}


def statement(learner: str, **changes: Any) -> dict[str, Any]:
    """A statement of a learner of these tests."""
    return {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": f"mailto:{learner}"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://example.com/lessons/backup"},
        "timestamp": "2026-02-03T10:00:00Z",
        **changes,
    }


@dataclass
class Traffic:
    """Statements that go on being sent until `stop`; `acknowledged`: by id, when the 2xx came (Unix time)."""

    client: httpx.Client
    learner: str
    acknowledged: dict[str, float] = field(default_factory=dict)
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        assert self._thread is not None
        self._thread.join(60)

    def _send(self) -> None:
        while not self._end.is_set():
            batch = [statement(self.learner) for _ in range(20)]
            if self.client.post("/xAPI/statements", json=batch).status_code == 200:
                now = time.time()
                self.acknowledged |= {each["id"]: now for each in batch}


@dataclass(frozen=True)
class Before:
    """What was there before the backup began."""

    learner: str
    statements: list[str]
    voided: str
    with_attachment: str
    sha2: str
    username: str
    password: str


def fill(platform: Platform) -> Before:
    """Send it all to the running instance."""
    learner = f"before-{uuid.uuid4().hex}@example.com"
    sent = [statement(learner) for _ in range(10)]
    doomed = statement(learner)
    voiding = statement(
        learner,
        verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
        object={"objectType": "StatementRef", "id": doomed["id"]},
    )
    for each in ([*sent, doomed], [voiding]):
        assert platform.client.post("/xAPI/statements", json=each).status_code == 200
    sha2 = hashlib.sha256(ATTACHED).hexdigest()
    attached = statement(learner, attachments=[attachment(sha2)])
    assert platform.client.post("/xAPI/statements", **multipart(attached, sha2)).status_code == 200
    agent = json.dumps({"mbox": f"mailto:{learner}"})
    written = platform.client.put("/xAPI/activities/state", params={**STATE, "agent": agent}, json={"page": 7})
    assert written.status_code == 204
    username = f"backup-{uuid.uuid4().hex[:8]}"
    made = lrs(platform, "credentials", "add", username, "--scope", "all")
    assert made.returncode == 0, made.stderr
    password = next(line.split()[1] for line in made.stdout.splitlines() if line.startswith("password"))
    return Before(learner, [each["id"] for each in sent], doomed["id"], attached["id"], sha2, username, password)


def attachment(sha2: str) -> dict[str, Any]:
    """What a statement says of the attachment."""
    return {
        "usageType": "https://example.com/certificates",
        "display": {"en": "certificate"},
        "contentType": "application/octet-stream",
        "length": len(ATTACHED),
        "sha2": sha2,
    }


def multipart(body: dict[str, Any], sha2: str) -> dict[str, Any]:
    """For httpx: a statement with the attachment (Communication 1.5.2)."""
    head = f"--{BOUNDARY}\r\nContent-Type: application/json\r\n\r\n{json.dumps(body)}\r\n"
    part = (
        f"--{BOUNDARY}\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n"
        f"X-Experience-API-Hash: {sha2}\r\n\r\n"
    )
    content = head.encode() + part.encode() + ATTACHED + f"\r\n--{BOUNDARY}--\r\n".encode()
    return {"content": content, "headers": {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}}


def all_of(client: httpx.Client, learner: str) -> dict[str, dict[str, Any]]:
    """Every statement of a learner by id, page after page."""
    found: dict[str, dict[str, Any]] = {}
    query: dict[str, str] = {"agent": json.dumps({"mbox": f"mailto:{learner}"}), "limit": "500", "ascending": "true"}
    page = client.get("/xAPI/statements", params=query)
    while True:
        assert page.status_code == 200, page.text
        answer = page.json()
        found |= {each["id"]: each for each in answer["statements"]}
        if not answer.get("more"):
            return found
        page = client.get(answer["more"])


def told(done: subprocess.CompletedProcess[str]) -> str:
    """What a command printed, to be shown where it failed."""
    return f"{done.stdout}\n{done.stderr}"
