"""An empty warehouse for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.roster.company import Company, company_in


@pytest.fixture
def company(platform: Platform) -> Iterator[Company]:
    """A warehouse with the schema of this release and nothing in it."""
    yield from company_in(platform)
