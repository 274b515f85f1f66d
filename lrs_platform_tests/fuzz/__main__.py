"""A long pass: `python -m lrs_platform_tests.fuzz TARGET --seconds N`, led by coverage (atheris), from the corpus on.

A finding ends it and lies in the corpus as found-<hash>; what it learned beside that is thrown away.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

# What else is watched than our own code; rewriting it for that takes time.
PARSERS = {"mixed": ["lrs_platform", "python_multipart"], "sql": ["lrs_platform.sql_guard", "sqlglot.tokens"]}
CORPUS = Path(__file__).with_name("corpus")


def main() -> int:
    """Fuzz until a finding or the end of the time. Exit status: libFuzzer's, 0 without a finding."""
    parser = argparse.ArgumentParser(prog="lrs_platform_tests.fuzz", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=60)
    chosen = parser.parse_args()
    try:
        import atheris
    except ImportError:
        parser.error(
            "atheris is not installed: it has wheels for Linux on x86_64 only; the suite's short pass needs none"
        )
    with atheris.instrument_imports(include=PARSERS.get(chosen.target, ["lrs_platform"])):
        from lrs_platform_tests.fuzz.targets import TARGETS
    if chosen.target not in TARGETS:
        parser.error(f"unknown target: one of {', '.join(TARGETS)}")
    seeds = CORPUS / chosen.target
    learned = Path(tempfile.mkdtemp(prefix="lrs-fuzz-"))
    try:
        atheris.Setup(
            [sys.argv[0], f"-max_total_time={chosen.seconds}", f"-artifact_prefix={seeds}/found-", "-timeout=20",
             "-rss_limit_mb=2048", str(learned), str(seeds)],
            TARGETS[chosen.target],
        )  # fmt: skip
        atheris.Fuzz()
    finally:
        shutil.rmtree(learned, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
