"""What is measured is real: generated statements are valid and new each time, a measurement says what it did."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import msgspec
import pytest

from lrs_platform.bench import run
from lrs_platform.bench.footprint import TICKS_A_SECOND, family, held, usage
from lrs_platform.bench.load_generator import Load, Requests, quantile
from lrs_platform.bench.plain_script import copy_text, flatten
from lrs_platform.bench.plot import bars
from lrs_platform.bench.report import medians
from lrs_platform.bench.statements import ids, templates
from lrs_platform.mappings import EVENT_COLUMNS
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version

if TYPE_CHECKING:
    from lrs_platform_tests.conftest import Platform

LOAD = Load(endpoint="http://127.0.0.1:1/xAPI", username="u", password="p", repeated=0.0, wrong=0.0)


def test_generated_statements_are_valid_and_of_the_usual_size() -> None:
    texts = [
        before + statement_id.encode() + behind
        for (before, behind), statement_id in zip(templates(), ids(), strict=False)
    ]
    for version in Version:
        for text in texts[:300]:
            assert len(parse(text, version).statements) == 1
    assert 900 < sum(map(len, texts)) / len(texts) < 1500


def test_ids_are_version_4_and_do_not_repeat_but_on_purpose() -> None:
    some = list(itertools.islice(ids(), 20_000))
    assert len(set(some)) == len(some)
    assert all(text[14] == "4" and text[19] == "8" and len(text) == 36 for text in some)
    assert list(itertools.islice(ids(7), 5)) == list(itertools.islice(ids(7), 5))


def test_a_file_of_statements_is_sent_with_new_ids(tmp_path: Path) -> None:
    original = {
        "id": "f5f5f5f5-0000-4000-8000-000000000001",
        "actor": {"mbox": "mailto:a@example.com"},
        "verb": {"id": "http://v/"},
    }
    (tmp_path / "data.jsonl").write_text(json.dumps(original) + "\n")
    requests = Requests(msgspec.structs.replace(LOAD, data=str(tmp_path / "data.jsonl")))
    sent = [json.loads(requests.next()[2]) for _ in range(3)]
    assert len({statement["id"] for statement in sent}) == 3
    assert all({**statement, "id": original["id"]} == original for statement in sent)


def test_a_single_statement_is_a_put_under_its_id_and_a_batch_is_an_array() -> None:
    method, target, body, repeat = Requests(LOAD).next()
    assert (method, repeat) == ("PUT", False)
    assert target == f"/statements?statementId={json.loads(body)['id']}"
    method, target, body, _ = Requests(msgspec.structs.replace(LOAD, batch=50)).next()
    assert (method, target, len(json.loads(body))) == ("POST", "/statements", 50)


def test_repeats_are_word_for_word_and_wrong_ones_are_refused_by_the_grammar() -> None:
    requests = Requests(msgspec.structs.replace(LOAD, repeated=0.5))
    sent = [requests.next() for _ in range(200)]
    repeats = [(before, after) for before, after in itertools.pairwise(sent) if after[3]]
    assert repeats
    assert all(before[2] == after[2] for before, after in repeats)
    _, _, body, _ = Requests(msgspec.structs.replace(LOAD, wrong=1.0)).next()
    with pytest.raises(ValueError, match=r"verb|verv"):
        parse(body, Version("1.0.3"))


def test_the_yardstick_fills_every_column_of_the_events() -> None:
    before, behind = templates()[0]
    statement = json.loads(before + next(ids()).encode() + behind)
    assert len(flatten(statement["id"], 1, "2026-01-01T00:00:00Z", statement).split("\t")) == len(EVENT_COLUMNS) + 2
    assert copy_text('a\tb\\c\n"') == 'a\\tb\\\\c\\n"'


def test_quantiles_and_medians_are_of_what_was_measured() -> None:
    assert [quantile([1.0, 2.0, 3.0, 4.0], share) for share in (0.0, 0.5, 1.0)] == [1.0, 3.0, 4.0]
    assert medians([{"s": "x", "n": 1}, {"s": "x", "n": 9}, {"s": "x", "n": 2}]) == {"s": "x", "n": 2}


def test_figures_are_drawn_to_scale_and_texts_are_safe() -> None:
    rows = [{"what": "a <b>", "per_s": 1000.0, "note": ""}, {"what": "half", "per_s": 500.0, "note": ""}]
    root = ElementTree.fromstring(bars("Speeds & more", rows, str))
    lengths = [float(each.get("width", 0)) for each in root.iter() if "bar" in (each.get("class") or "")]
    assert lengths == [400.0, 200.0]
    texts = "".join(root.itertext())
    assert "Speeds & more" in texts and "a <b>" in texts


BURN = """
import subprocess, sys, time
if len(sys.argv) < 2:
    subprocess.Popen([sys.executable, *sys.orig_argv[1:], "child"])
end = time.process_time() + 0.3
while time.process_time() < end:
    pass
print("done", flush=True)
time.sleep(60)
"""


def test_cpu_time_is_that_of_a_process_and_its_children() -> None:
    with subprocess.Popen([sys.executable, "-c", BURN], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            process.stdout.readline()
            assert len(family(process.pid)) == 2
            used = usage({"both": process.pid})["both"]
            assert used.cpu_seconds >= 0.6 - 4 / TICKS_A_SECOND
            assert 0 < used.private_mb < used.resident_mb
        finally:
            for member in family(process.pid):
                os.kill(member, signal.SIGKILL)


def test_held_processes_stand_still_and_go_on_afterwards(tmp_path: Path) -> None:
    count = "import sys, time\nwhile True:\n    open(sys.argv[1], 'a').write('x')\n    time.sleep(0.01)"
    file = tmp_path / "counted"
    with subprocess.Popen([sys.executable, "-c", count, str(file)]) as process:
        try:
            _wait_until_longer(file, 0)
            with held([process.pid]):
                while "T" not in Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]:
                    time.sleep(0.01)  # a write that had begun may end
                stood = file.stat().st_size
                time.sleep(0.2)
                assert file.stat().st_size == stood
            _wait_until_longer(file, stood)
        finally:
            process.kill()


def test_a_measurement_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match="accept, load, freshness"):
        run("speed")


@pytest.mark.slow
def test_every_measurement_counts_what_the_platform_took(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    from lrs_platform.settings import get_settings

    monkeypatch.setenv("LRS_HOME", str(platform.home))
    get_settings.cache_clear()
    earlier = set(platform.home.glob("bench/*.json"))

    for name in ("accept", "load", "freshness", "answers", "idle"):
        assert run(name, rounds=1, seconds=1.0, statements=2000, rate=50.0) == 0

    written = [json.loads(path.read_text()) for path in set(platform.home.glob("bench/*.json")) - earlier]
    found = {document["name"]: document for document in written}
    assert set(found) == {"accept", "load", "freshness", "answers", "idle"}
    assert all(row["statements_per_s"] > 0 and row["gateway_cpu_us"] > 0 for row in found["accept"]["medians"])
    assert found["load"]["medians"]["statements"] == 2000
    assert found["load"]["medians"]["script_per_s"] > 0
    assert found["load"]["medians"]["memory_growth"] > 0.5
    assert all(path.with_suffix(".svg").exists() for path in set(platform.home.glob("bench/*.json")) - earlier)
    assert found["freshness"]["medians"]["never_seen"] == 0
    assert found["freshness"]["medians"]["statements"] == 50
    assert all(row["asked"] > 0 and row["not_2xx"] == 0 for row in found["answers"]["medians"])
    assert found["idle"]["medians"]["all_mb"] > 100
    assert {"machine", "versions", "command", "at"} <= set(found["accept"])


@pytest.mark.slow
def test_mapping_and_marts_are_measured_on_a_company(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    from lrs_platform.settings import get_settings

    monkeypatch.setenv("LRS_HOME", str(platform.home))
    get_settings.cache_clear()
    earlier = set(platform.home.glob("bench/*.json"))

    assert run("mapping", rounds=1, statements=1000) == 0
    assert run("marts", rounds=1, statements=3000) == 0

    written = [json.loads(path.read_text()) for path in set(platform.home.glob("bench/*.json")) - earlier]
    found = {document["name"]: document for document in written}
    assert found["mapping"]["medians"]["composed_wall_us"] > 0
    assert found["marts"]["full"][0]["events_read"] > 1000
    assert found["marts"]["events"] >= found["marts"]["full"][0]["events_read"] + 900
    assert {query["query"] for query in found["marts"]["queries"]} >= {"lesson_funnel: picture"}


def _wait_until_longer(file: Path, size: int) -> None:
    end = time.monotonic() + 30
    while not file.exists() or file.stat().st_size <= size:
        assert time.monotonic() < end, f"{file} does not grow"
        time.sleep(0.01)
