"""Another mapping tried on stored statements and replayed: nothing is changed by a trial, and by a replay only
what the mapping makes otherwise; the marts follow.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from lrs_platform.local.instance import ROOT
from lrs_platform.mappings.composing import compose
from lrs_platform.mappings.replaying import replay
from lrs_platform.mappings.trying import try_on_sample
from lrs_platform_tests.conftest import Platform, wait_for
from lrs_platform_tests.samples import statement
from lrs_platform_tests.test_etl_incremental import caught_up
from lrs_platform_tests.test_etl_streaming import Bench, on

VERSION = {"X-Experience-API-Version": "1.0.3"}
SOURCE = '''
def own(row, statement, context):
    """Names from an extension; a number under `grade` where there is one."""
    row[OBJECT_NAME] = context["extensions"]["urn:title"]
    row[SCORE_RAW] = float(context["extensions"].get("urn:grade", "1"))
'''


def a_source(tmp_path: Path, marker: str) -> Path:
    """A folder with a mapping for statements of one test alone."""
    (tmp_path / "own.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(f"- {{use: own, platform: {marker}}}\n", encoding="utf-8")
    return tmp_path


def of_source(marker: str, title: str, **extensions: Any) -> dict[str, Any]:
    iri = f"https://own.example/{marker}"
    given = {"urn:title": title, **{f"urn:{name}": value for name, value in extensions.items()}}
    return statement(object={"id": iri}, context={"platform": marker, "extensions": given})


def lesson_name(platform: Platform, marker: str) -> str | None:
    with psycopg.connect(platform.admin_database_url) as connection:
        query = "select name from core.lesson where iri = %s"
        row = connection.execute(query, [f"https://own.example/{marker}"]).fetchone()
    return str(row[0]) if row else None


async def refreshed(bench: Bench) -> None:
    """Nobody else refreshes meanwhile, or did so before: either way the marts are up to date after it."""
    for _ in range(60):
        told = await bench.warehouse.call("refresh_marts", {}, safe_to_retry=True)
        if "running" not in told:
            return


def test_a_trial_shows_what_would_be_others_and_changes_nothing(platform: Platform, tmp_path: Path) -> None:
    marker = uuid.uuid4().hex

    async def promise(bench: Bench) -> None:
        titled, hopeless = of_source(marker, "Fire drill", grade="7"), of_source(marker, "Stairs", grade="seven")
        endless = statement(result={"duration": "PT" + "9" * 400 + "S"})
        await bench.append(titled, hopeless, endless, statement())
        await bench.drain()
        before = bench.rows("core.event", "object_name")
        trial = await try_on_sample(bench.python, bench.warehouse, compose(a_source(tmp_path, marker)), 200)
        [row] = [row for row in trial.rows if row["statement_id"] == titled["id"]]
        assert (row["mapping"], row["added"]) == ("own", False)
        assert row["changes"] == {"object_name": [None, "Fire drill"], "score_raw": [None, 7.0]}
        refused = {each["statement_id"]: each for each in trial.rejected}  # others' tests leave some, too
        assert refused[hopeless["id"]]["stands"] is True
        assert refused[hopeless["id"]]["error"].startswith("ValueError")
        assert refused[endless["id"]]["stands"] is False  # the database does not take it, now or then
        assert trial.lost >= 1
        assert trial.chosen["own"] == 2
        assert bench.rows("core.event", "object_name") == before

    on(platform, promise)


def test_a_replay_replaces_what_is_mapped_otherwise_and_the_marts_follow(platform: Platform, tmp_path: Path) -> None:
    marker = uuid.uuid4().hex
    mapping = compose(a_source(tmp_path, marker))

    async def promise(bench: Bench) -> None:
        titled, other = of_source(marker, "Fire drill"), statement()
        await bench.append(titled, other)
        await bench.drain()
        after = int(min(bench.rows("lrs.statement", "position"))) - 1
        await refreshed(bench)
        assert lesson_name(platform, marker) == marker
        done = await replay(bench.python, bench.warehouse, mapping, after=after)
        assert done.changed >= 1
        assert bench.rows("core.event", "object_name")[0] == "Fire drill"
        await refreshed(bench)
        assert lesson_name(platform, marker) == "Fire drill"
        again = await replay(bench.python, bench.warehouse, mapping, after=after)
        assert (again.changed, again.added) == (0, 0)
        # A later version that gives the name otherwise: the same statement, so no newer one speaks for it.
        (tmp_path / "own.py").write_text(SOURCE.replace('"urn:title"]', '"urn:title"].upper()'), encoding="utf-8")
        await replay(bench.python, bench.warehouse, compose(tmp_path), after=after)
        await refreshed(bench)
        assert lesson_name(platform, marker) == "FIRE DRILL"

    on(platform, promise)


def test_what_one_version_rejected_the_next_one_takes(platform: Platform, tmp_path: Path) -> None:
    """Point of the catch-up's retry: a mapping that is mended makes events of what it refused, without a replay."""
    marker = uuid.uuid4().hex
    broken = compose(a_source(tmp_path, marker))

    async def promise(bench: Bench) -> None:
        await bench.append(of_source(marker, "Stairs", grade="seven"))
        drained = await bench.drain(mapping=broken)
        assert drained.rejected == 1
        assert bench.rows("core.event") == []
        assert bench.rows("lrs.rejected", "mapping") == [broken.version]
        done = await caught_up(platform, bench)  # with what is in force: it knows nothing of this source
        assert done.recovered >= 1
        assert bench.rows("core.event") == bench.sent
        assert bench.rows("lrs.rejected") == []

    on(platform, promise)


def test_what_nothing_maps_is_counted_by_verb_and_type(platform: Platform) -> None:
    verb, kind = f"urn:verb:{uuid.uuid4()}", f"urn:type:{uuid.uuid4()}"

    async def promise(bench: Bench) -> None:
        odd = [statement(verb={"id": verb}, object={"id": "urn:x:1", "definition": {"type": kind}}) for _ in range(3)]
        person = statement(verb={"id": verb}, object={"objectType": "Agent", "mbox": "mailto:b@example.com"})
        await bench.append(*odd, person)
        await bench.drain()
        await refreshed(bench)
        found = await bench.warehouse.call_json("unmapped", {"limit": 1000})
        counts = {(row["reason"], row["type"]): row["statements"] for row in found if row["verb"] == verb}
        assert counts == {
            ("unknown verb", kind): 3,
            ("unknown lesson", kind): 3,
            ("object is no activity", "Agent"): 1,
        }

    on(platform, promise)


def lrs(platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "lrs", "mappings", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=150,
        env={**os.environ, "LRS_HOME": str(platform.home), "COLUMNS": "200"},
    )  # fmt: skip


@pytest.mark.slow
def test_the_commands_show_try_and_count(platform: Platform, tmp_path: Path) -> None:
    marker = uuid.uuid4().hex

    async def promise(bench: Bench) -> None:
        await bench.append(of_source(marker, "Fire drill"))
        await bench.drain()

    on(platform, promise)
    listed = json.loads(lrs(platform, "list", "--json").stdout)
    assert {"canonical", "cmi5", "openedx", "seventaps", "video"} <= {each["name"] for each in listed["scripts"]}
    tried = json.loads(lrs(platform, "try", str(a_source(tmp_path, marker)), "--sample", "100", "--json").stdout)
    assert tried["chosen"]["own"] == 1
    shown = lrs(platform, "try", str(tmp_path), "--sample", "1")
    assert "Fire drill" in shown.stdout
    (tmp_path / "own.py").write_text("def own(row:\n", encoding="utf-8")
    refused = lrs(platform, "try", str(tmp_path))
    assert (refused.returncode, "line 1" in refused.stderr) == (2, True)
    assert lrs(platform, "unmapped", "--limit", "5").returncode == 0


@pytest.mark.slow
def test_a_mapping_put_in_force_maps_what_is_sent_from_then_on(platform: Platform, tmp_path: Path) -> None:
    """By the command, and the loader that runs: nothing is started again for it."""
    marker = uuid.uuid4().hex

    def sent(title: str) -> bool:
        """Whether a statement sent now becomes an event by the script of this test."""
        one = of_source(marker, title)
        answer = httpx.post(f"{platform.endpoint}/statements", json=one, auth=platform.auth, headers=VERSION)
        assert answer.status_code == 200
        query = "select object_name from core.event where statement_id = %s"
        with psycopg.connect(platform.admin_database_url, autocommit=True) as connection:
            wait_for(lambda: connection.execute(query, [one["id"]]).fetchone() is not None, 90, "the event")
            row = connection.execute(query, [one["id"]]).fetchone()
        return row is not None and row[0] == title

    place = platform.home / "mappings"
    assert not place.exists()
    try:
        told = lrs(platform, "use", str(a_source(tmp_path, marker)), "--sample", "20", "--force")
        assert (told.returncode, "is in force" in told.stdout) == (0, True), told.stderr
        wait_for(lambda: sent("Fire drill"), 60, "the mapping to be in force")
    finally:
        shutil.rmtree(place, ignore_errors=True)
    wait_for(lambda: not sent("Fire drill"), 60, "the mapping to be in force no more")
