"""deploy/helm/rendered.yaml: what the chart gives with its defaults, and from which files it was made.

.venv/bin/python -m lrs_platform_tests.helm_chart    renews it; needs `helm`
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

CHART = Path(__file__).resolve().parents[1] / "deploy/helm/lrs-platform"
RENDERED = CHART.parent / "rendered.yaml"
HEAD = "# Made by `.venv/bin/python -m lrs_platform_tests.helm_chart` from the chart {digest}. Not to be edited.\n"


def digest() -> str:
    """Tells versions of the chart apart: a hash of its files."""
    files = sorted(path for path in CHART.rglob("*") if path.is_file())
    content = b"".join(str(path.relative_to(CHART)).encode() + b"\0" + path.read_bytes() for path in files)
    return hashlib.sha256(content).hexdigest()[:16]


def rendered() -> str:
    """What `helm template` says now. Raises FileNotFoundError where there is no helm."""
    command = ["helm", "template", "lrs", str(CHART), "--namespace", "learning"]
    made = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return HEAD.format(digest=digest()) + made


if __name__ == "__main__":
    try:
        RENDERED.write_text(rendered(), encoding="utf-8")
    except FileNotFoundError:
        sys.exit("helm is not installed")
