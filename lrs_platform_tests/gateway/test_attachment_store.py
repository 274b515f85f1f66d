"""Attachments are kept by their hash, in a directory or at any URL that fsspec knows."""

from __future__ import annotations

import asyncio
import hashlib
import os
import uuid
from pathlib import Path

import pytest

from lrs_platform.gateway.attachments import AttachmentStore


@pytest.fixture(params=["file", "memory"])  # a directory, and the way of every object store
def store(request: pytest.FixtureRequest, tmp_path: Path) -> AttachmentStore:
    url = f"file://{tmp_path}/kept" if request.param == "file" else f"memory://bucket-{uuid.uuid4().hex}/prefix"
    (tmp_path / "arriving").mkdir()
    return AttachmentStore(url, tmp_path / "arriving")


async def bytes_of(store: AttachmentStore, sha2: str) -> bytes:
    return b"".join([piece async for piece in store.pieces(sha2)])


@pytest.mark.parametrize("algorithm", ["sha224", "sha256", "sha384", "sha512"])
def test_what_is_kept_is_given_back_and_nothing_is_left_behind(store: AttachmentStore, algorithm: str) -> None:
    content = os.urandom(600_000)  # several pieces
    sha2 = hashlib.new(algorithm, content).hexdigest()
    assert asyncio.run(store.size(sha2)) is None
    for number in range(2):  # a second time it is there already
        arrived = store.spool / str(number)
        arrived.write_bytes(content)
        asyncio.run(store.keep(sha2, arrived))
    assert asyncio.run(store.size(sha2)) == len(content)
    assert asyncio.run(bytes_of(store, sha2)) == content
    assert list(store.spool.iterdir()) == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "/x"])
def test_a_name_that_is_no_hash_finds_nothing(store: AttachmentStore, name: str) -> None:
    assert asyncio.run(store.size(name)) is None
    with pytest.raises(ValueError, match="hash"):
        asyncio.run(bytes_of(store, name))
