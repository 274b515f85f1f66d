"""In files: logs lose the person without losing a byte, archives their statements, and what is left is found."""

from __future__ import annotations

import gzip
import json
import threading
from pathlib import Path

import pytest

from lrs_platform.rights import files
from lrs_platform.rights.subject import Subject
from lrs_platform.settings import Settings
from lrs_platform_tests.samples import statement

MAIL = "ada@example.com"
ADA = Subject.of([f"mailto:{MAIL}"])
OTHER = {"mbox": "mailto:bea@example.com"}


def test_a_log_keeps_its_length_and_everybody_else(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "gateway.log"
    log.parent.mkdir()
    text = f"GET /x?agent={MAIL} 200\nbea@example.com é\n" + '{"mbox":"mailto:ada\\u0040example.com"}\nend'
    log.write_text(text, encoding="utf-8")
    assert files.blank_logs(tmp_path, ADA) == 2
    assert log.stat().st_size == len(text.encode())
    assert log.read_text(encoding="utf-8").split("\n") == [
        f"GET /x?agent={'*' * len(MAIL)} 200",
        "bea@example.com é",
        "*" * len('{"mbox":"mailto:ada\\u0040example.com"}'),
        "end",
    ]
    assert files.search(tmp_path, ADA) == (1, [])


def test_what_a_process_writes_meanwhile_stays(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "gateway.log"
    log.parent.mkdir()
    log.write_text(f"{MAIL}\n" * 2000)

    def append() -> None:
        with log.open("a") as file:
            for number in range(2000):
                file.write(f"line {number}\n")
                file.flush()

    writer = threading.Thread(target=append)
    writer.start()
    files.blank_logs(tmp_path, ADA)
    writer.join()
    lines = log.read_text().splitlines()
    assert lines == ["*" * len(MAIL)] * 2000 + [f"line {number}" for number in range(2000)]


@pytest.mark.parametrize("name", ["2026/01.jsonl", "2026/01.jsonl.gz"])
def test_archives_lose_the_persons_statements_and_keep_those_of_others(tmp_path: Path, name: str) -> None:
    path = tmp_path / "archive" / name
    path.parent.mkdir(parents=True)
    kept = json.dumps(statement(actor=OTHER), indent=None)
    lines = [
        json.dumps(statement(actor={"mbox": f"mailto:{MAIL}"})),
        kept,
        json.dumps(statement(actor=OTHER, context={"instructor": {"mbox": f"mailto:{MAIL}", "name": "Ada"}})),
    ]
    data = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    path.chmod(0o600)
    assert files.search(tmp_path, ADA)[1] == [f"archive/{name}"]

    assert files.rewrite_archives(tmp_path, ADA) == {"removed": 1, "rewritten": 1}
    raw = path.read_bytes()
    left = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode().splitlines()
    assert left[0] == kept and len(left) == 2
    assert json.loads(left[1])["actor"] == OTHER and "Ada" not in left[1]
    assert files.search(tmp_path, ADA) == (1, [])
    assert path.stat().st_mode & 0o777 == 0o600
    assert files.rewrite_archives(tmp_path, ADA) == {}


def test_any_other_file_that_names_the_person_is_told(tmp_path: Path) -> None:
    (tmp_path / "send").mkdir()
    (tmp_path / "send" / "notes.txt").write_text(f"ask {MAIL}")
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "dump").write_text(MAIL)  # searched through Redis itself
    assert files.search(tmp_path, ADA) == (1, ["send/notes.txt"])


def test_attachments_are_removed_from_their_store(tmp_path: Path) -> None:
    sha2 = "ab" * 32
    path = tmp_path / "attachments" / "ab" / sha2
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a drawing")
    settings = Settings(home=tmp_path)
    assert files.read_attachments(settings, [sha2, "cd" * 32]) == {sha2: b"a drawing"}
    assert files.remove_attachments(settings, [sha2, "cd" * 32]) == 1
    assert not path.exists()
