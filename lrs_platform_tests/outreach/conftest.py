"""One company for all tests of a session, in the Postgres of the running instance; each test leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.outreach.office import LESSONS, MONDAY, ROSTER, Office
from lrs_platform_tests.roster.company import Company, company_in


@pytest.fixture(scope="session")
def opened(platform: Platform) -> Iterator[Company]:
    """A company whose lesson nobody has begun."""
    for company in company_in(platform):
        company.roster(ROSTER)
        company.lessons(LESSONS)
        company.refresh(MONDAY)
        yield company


@pytest.fixture
def office(opened: Company) -> Iterator[Office]:
    made = Office(opened.writer)
    yield made
    made.close()
