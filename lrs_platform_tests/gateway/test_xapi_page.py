"""docs/xapi.md says what the code does."""

from __future__ import annotations

from lrs_platform.gateway.credential_store import SCOPES
from lrs_platform_tests.xapi_table import PAGE, page_with, tables


def test_the_tables_of_resources_are_those_of_the_code() -> None:
    renew = "python -m lrs_platform_tests.xapi_table"
    assert PAGE.read_text(encoding="utf-8") == page_with(tables()), f"renew it: {renew}"


def test_every_scope_is_told() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [scope for scope in SCOPES if f"`{scope}`" not in page] == []
