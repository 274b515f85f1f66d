"""What is kept how long is read from a file that says so plainly, and applied every night."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from lrs_platform.defs.upkeep import SCHEDULES
from lrs_platform.mcp_servers.warehouse.rights import KEPT
from lrs_platform.rights.retention import PolicyInvalid, policy
from lrs_platform.settings import Settings
from lrs_platform_tests.roster.company import Company


def written(tmp_path: Path, text: str) -> dict[str, float]:
    path = tmp_path / "retention.yaml"
    path.write_text(text, encoding="utf-8")
    return policy(Settings(retention_file=path))


def test_what_is_shipped_can_be_applied_and_keeps_the_record() -> None:
    days = policy(Settings())
    assert set(days) <= set(KEPT)
    assert "lrs.statement" not in days


def test_every_table_that_can_be_kept_for_a_time_is_there_with_its_column(company: Company) -> None:
    for table, (column, _) in KEPT.items():
        schema, name = table.split(".")
        query = (
            "select data_type as type from information_schema.columns "
            "where (table_schema, table_name, column_name) = (%s, %s, %s)"
        )
        assert company.one(query, (schema, name, column))["type"] == "timestamp with time zone", table


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    assert written(tmp_path, "lrs.statement: 730\nlrs.rejected:\n# more\n") == {"lrs.statement": 730.0}
    assert written(tmp_path, "") == {}


@pytest.mark.parametrize(
    "text", ["lrs.statement: never", "lrs.statement: -1", "lrs.statement: true", "- a", "a: [", "x"]
)
def test_a_file_that_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(PolicyInvalid):
        written(tmp_path, text)


def test_it_is_applied_every_night_unasked() -> None:
    [nightly] = [each for each in SCHEDULES if each.name == "retention_nightly"]
    assert nightly.default_status is dg.DefaultScheduleStatus.RUNNING
    assert nightly.cron_schedule == "30 3 * * *"
