"""What the tests of reports on the running instance share."""

from __future__ import annotations

import pytest

from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.reports.company import Lesson, work_through_a_lesson


@pytest.fixture(scope="package")
def lesson(platform: Platform) -> Lesson:
    """One lesson that somebody worked through."""
    return work_through_a_lesson(platform)
