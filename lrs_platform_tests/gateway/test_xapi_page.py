"""docs/xapi.md says what the code does; its resources are docs/reference/xapi.md, which test_docs.py holds."""

from __future__ import annotations

from pathlib import Path

from lrs_platform.gateway.credential_store import SCOPES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "xapi.md"


def test_every_scope_is_told() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [scope for scope in SCOPES if f"`{scope}`" not in page] == []
