"""Real statements of two platforms are accepted and come back as they were sent."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lrs_platform.xapi.compose import compose
from lrs_platform.xapi.equality import same_statement
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("name", ["fun-mooc-video-22k", "datasim-tccc-2814"])
def test_real_statements_are_accepted_and_come_back_as_sent(name: str, version: Version) -> None:
    file = DATA / f"{name}.jsonl.gz"
    if not file.exists():
        pytest.skip(f"{file.name} is not here")
    texts = gzip.decompress(file.read_bytes()).splitlines()
    batches = [parse(b"[" + b",".join(texts[at : at + 50]) + b"]", version) for at in range(0, len(texts), 50)]
    parsed = [incoming for batch in batches for incoming in batch.statements]
    assert [incoming.raw for incoming in parsed] == texts
    for incoming in parsed[::100]:
        assert incoming.id is not None
        read = compose(
            incoming.raw,
            statement_id=incoming.id,
            stored=datetime.now(UTC),
            authority=b"{}",
            version=version.value,
            for_version=version,
        )
        assert same_statement(incoming.raw, read)
        assert set(json.loads(read)) - set(json.loads(incoming.raw)) == {"stored", "authority", "version"}
