"""Attachments in an object store: LRS_ATTACHMENTS_URL=s3://... against an S3 server of its own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from lrs_platform.gateway.attachments import PIECE, AttachmentStore
from lrs_platform.gateway.multipart import compose_mixed
from lrs_platform.gateway.refusals import Refused
from lrs_platform_tests.gateway.conftest import Gateway, running_gateway, statement

BUCKET = "learning"


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """An S3 server, and an environment that leads there. One for all: fsspec keeps its clients."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
            environment.setenv("AWS_ACCESS_KEY_ID", "of-the-tests")
            environment.setenv("AWS_SECRET_ACCESS_KEY", "of-the-tests")
            environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
            environment.setenv("NO_PROXY", "127.0.0.1")
            boto3.client("s3").create_bucket(Bucket=BUCKET)
            yield
    finally:
        server.stop()


@pytest.fixture
def bucket(server: None) -> str:
    """The URL of an empty place in a bucket."""
    return f"s3://{BUCKET}/{uuid.uuid4()}"


def stored(url: str, sha2: str) -> bytes:
    """What the bucket holds, by another client than ours."""
    key = f"{url.removeprefix(f's3://{BUCKET}/')}/{sha2[:2]}/{sha2}"
    content: bytes = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


async def read(store: AttachmentStore, sha2: str) -> bytes:
    """An attachment as it is sent: piece by piece."""
    return b"".join([piece async for piece in store.pieces(sha2)])


def test_an_attachment_is_kept_there_and_comes_back_in_pieces(bucket: str, tmp_path: Path) -> None:
    content = os.urandom(3 * PIECE + 17)
    sha2 = hashlib.sha256(content).hexdigest()
    store = AttachmentStore(bucket, tmp_path)
    for _ in range(2):  # the second time it is there already
        arrived = tmp_path / "arrived"
        arrived.write_bytes(content)
        asyncio.run(store.keep(sha2, arrived))
        assert not arrived.exists()
    assert asyncio.run(store.size(sha2)) == len(content)
    assert asyncio.run(read(store, sha2)) == content
    assert stored(bucket, sha2) == content


def test_what_another_gateway_kept_is_seen(bucket: str, tmp_path: Path) -> None:
    here, there = AttachmentStore(bucket, tmp_path), AttachmentStore(bucket, tmp_path)
    content = b"by the other one"
    sha2 = hashlib.sha256(content).hexdigest()
    assert asyncio.run(here.size(sha2)) is None
    arrived = tmp_path / "arrived"
    arrived.write_bytes(content)
    asyncio.run(there.keep(sha2, arrived))
    assert asyncio.run(here.size(sha2)) == len(content)


def test_a_gateway_stores_what_is_sent_before_it_answers(bucket: str, log_url: str, tmp_path: Path) -> None:
    content = os.urandom(PIECE)
    sha2 = hashlib.sha256(content).hexdigest()
    with running_gateway(tmp_path, log_url, attachments_url=bucket) as gateway:
        assert post(gateway, content, sha2) == 200
    assert stored(bucket, sha2) == content


def test_a_store_that_is_away_is_told_and_nothing_is_accepted(
    bucket: str, log_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    content = b"never kept"
    sha2 = hashlib.sha256(content).hexdigest()
    S3FileSystem.clear_instance_cache()
    with pytest.raises(Refused) as refused:
        asyncio.run(compose_mixed(b"{}", {sha2: "text/plain"}, AttachmentStore(f"{bucket}/away", tmp_path)))
    assert refused.value.status == 503
    with running_gateway(tmp_path, log_url, attachments_url=bucket) as gateway:
        before = gateway.entries()
        assert post(gateway, content, sha2) == 503
        assert gateway.entries() == before
    S3FileSystem.clear_instance_cache()


def post(gateway: Gateway, content: bytes, sha2: str) -> int:
    """The status of a statement sent with this attachment."""
    about = {"usageType": "http://example.com/usage", "display": {"en": "a"}, "contentType": "application/x-odd"}
    sent = statement(attachments=[{**about, "length": len(content), "sha2": sha2}])
    head = f"Content-Type: application/x-odd\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n"
    body = b"".join(
        [
            b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(sent).encode(),
            b"\r\n--b\r\n" + head.encode() + b"\r\n" + content,
            b"\r\n--b--\r\n",
        ]
    )
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    return gateway.client.post("/xAPI/statements", content=body, headers=headers, timeout=120).status_code
