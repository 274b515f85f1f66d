"""The main job, as a sender and an admin see it: over HTTP in, through log, sandbox and warehouse, and out again."""

from __future__ import annotations

import gzip
import json
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lrs_platform.send import ALL_ACCEPTED, send
from lrs_platform.xapi.equality import same_statement
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.samples import statement

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
READ_AT_ONCE = 40  # statements read back one by one


def stored(platform: Platform, ids: list[str]) -> tuple[int, int]:
    """How many of the statements have a row, and how many an event."""
    with psycopg.connect(platform.admin_database_url) as connection:
        row = connection.execute(
            "select (select count(*) from lrs.statement where statement_id = any(%(ids)s::uuid[])), "
            "(select count(*) from core.event where statement_id = any(%(ids)s::uuid[]))",
            {"ids": ids},
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def read_back(platform: Platform, sent: dict[str, Any]) -> None:
    """The statement is returned with nothing changed but what an LRS adds."""
    answer = platform.client.get("/xAPI/statements", params={"statementId": sent["id"]})
    assert answer.status_code == 200, answer.text
    got = answer.json()
    assert same_statement(answer.content, json.dumps(sent).encode())
    assert {"stored", "authority", "version"} <= got.keys()
    for name in sent:
        if name not in ("stored", "authority", "timestamp"):
            assert got[name] == sent[name], name


def test_a_statement_travels_the_whole_way(platform: Platform) -> None:
    sent = statement()
    assert platform.client.put("/xAPI/statements", params={"statementId": sent["id"]}, json=sent).status_code == 204
    read_back(platform, sent)  # at once: the read barrier waits for the loader
    assert stored(platform, [sent["id"]]) == (1, 1)


def test_the_streaming_page_shows_what_was_stored_last(platform: Platform) -> None:
    sent = statement()
    platform.client.post("/xAPI/statements", json=sent).raise_for_status()

    def shown() -> bool:
        page = platform.client.get("/ui/test-etl-streaming", headers=platform.admin, auth=None).json()
        return bool(page["last_statement"]["statement_id"] == sent["id"] and page["status"] == "ok")

    wait_for(shown, 120, "the statement on the page")


def test_dagster_has_the_materialisation_of_what_was_stored(platform: Platform) -> None:
    sent = statement()
    platform.client.post("/xAPI/statements", json=sent).raise_for_status()
    query = """query { assetNodes { assetKey { path } assetMaterializations(limit: 5) { timestamp metadataEntries {
        label ... on IntMetadataEntry { intValue } ... on TextMetadataEntry { text } } } } }"""

    def told() -> bool:
        answer = platform.client.post(f"{platform.urls['dagster']}/graphql", json={"query": query}).json()
        if not answer.get("data"):  # after Postgres was away, the webserver's first look fails
            return False
        [node] = [n for n in answer["data"]["assetNodes"] if n["assetKey"]["path"] == ["statements"]]
        events = [
            {entry["label"]: entry.get("intValue", entry.get("text")) for entry in event["metadataEntries"]}
            for event in node["assetMaterializations"]
        ]
        return any(event["last_statement_id"] == sent["id"] and event["rows"] >= 1 for event in events)

    wait_for(told, 60, "the materialisation")


def test_with_the_loader_away_sending_succeeds_and_everything_arrives_later(platform: Platform) -> None:
    sent = [statement() for _ in range(60)]
    with platform.without("daemon", "code-server", "warehouse", "python"):
        for start in range(0, 60, 20):
            platform.client.post("/xAPI/statements", json=sent[start : start + 20]).raise_for_status()
        assert stored(platform, [s["id"] for s in sent]) == (0, 0)
    wait_for(lambda: stored(platform, [s["id"] for s in sent]) == (60, 60), 60, "all statements in the tables")
    read_back(platform, sent[59])


def test_a_batch_with_one_wrong_statement_is_refused_as_a_whole(platform: Platform) -> None:
    sent = [statement() for _ in range(3)]
    sent[1]["actor"]["mbox"] = "ada@example.com"
    answer = platform.client.post("/xAPI/statements", json=sent)
    assert answer.status_code == 400
    assert (answer.json()["index"], answer.json()["property"]) == (1, "actor.mbox")
    after = statement()
    platform.client.post("/xAPI/statements", json=after).raise_for_status()
    read_back(platform, after)
    assert stored(platform, [s["id"] for s in sent]) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "one_by_one"), [("fun-mooc-video-22k", False), ("datasim-tccc-2814", True)], ids=["batches", "one by one"]
)
def test_real_statements_arrive_exactly_once_and_unchanged(
    platform: Platform, name: str, one_by_one: bool, tmp_path: Path
) -> None:
    source = REAL / f"{name}.jsonl.gz"
    if not source.exists():
        pytest.skip(f"{source.name} is not beside the project")
    # Under new ids, for another test may have sent the file before.
    namespace = uuid.uuid4()
    with gzip.open(source, "rt", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        line["id"] = str(uuid.uuid5(namespace, line["id"]))
    ids = [line["id"] for line in lines]
    path = tmp_path / "statements.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    target: dict[str, Any] = {
        "endpoint": platform.endpoint,
        "username": platform.username,
        "password": platform.password,
    }
    assert send([path], one_by_one=one_by_one, connections=8, **target) == ALL_ACCEPTED
    everything = (len(lines), len(lines))
    wait_for(lambda: stored(platform, ids) == everything, 60, "all statements in the tables")
    for line in lines[:: len(lines) // READ_AT_ONCE]:
        read_back(platform, line)
    before = total(platform)
    assert send([path], one_by_one=one_by_one, connections=8, resume=False, **target) == ALL_ACCEPTED
    last = statement()
    platform.client.post("/xAPI/statements", json=last).raise_for_status()
    read_back(platform, last)  # whatever was sent before it is loaded too
    assert total(platform) == (before[0] + 1, before[1])


def total(platform: Platform) -> tuple[int, int]:
    """Statements and conflicts in the record."""
    with psycopg.connect(platform.admin_database_url) as connection:
        row = connection.execute(
            "select (select count(*) from lrs.statement), (select count(*) from lrs.conflict)"
        ).fetchone()
    assert row is not None
    return row[0], row[1]
