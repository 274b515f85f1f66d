"""The rule that keeps a release running beside the next: what a change may do, held against every file."""

from __future__ import annotations

import pytest

from lrs_platform.warehouse.schema_changes import SchemaChange, changes
from lrs_platform_tests.upgrade.rules import FIRST_RELEASE, breaks


def change(text: str) -> SchemaChange:
    return SchemaChange(999, "later", text)


def test_every_change_since_the_first_release_only_adds_or_says_what_it_needs() -> None:
    later = [each for each in changes() if each.version > FIRST_RELEASE]
    assert later
    assert [problem for each in later if not each.compatible_from for problem in breaks(each)] == []


def test_what_a_change_needs_is_a_change_before_it() -> None:
    known = {each.version for each in changes()}
    needing = [each for each in changes() if each.compatible_from]
    assert [each.version for each in needing if each.compatible_from not in known] == []


@pytest.mark.parametrize(
    "text",
    [
        "drop table core.event",
        "drop view report.event",
        "alter table core.event drop column verb_id",
        "alter table core.event rename column verb_id to verb",
        "alter table core.event rename to events",
        "alter table core.event alter column verb_id type integer",
        "alter table core.event alter column verb_id set not null",
        "alter table core.event add column colour text not null",
        "alter table core.event add constraint one check (true)",
        "create unique index one on core.event (verb_id)",
        "truncate core.event",
        "revoke select on core.event from lrs_reader",
    ],
)
def test_what_older_code_would_stumble_over_is_found(text: str) -> None:
    assert breaks(change(text)) != []


@pytest.mark.parametrize(
    "text",
    [
        "create table core.colour (name text primary key)",
        "create table core.colour (name text); create unique index one on core.colour (name)",
        "create table core.colour (name text); alter table core.colour alter column name set not null",
        "create index verb on core.event (verb_id)",
        "alter table core.event add column colour text",
        "alter table core.event add column colour text not null default ''",
        "alter table core.event alter column colour set default 'red'",
        "alter table core.event alter column colour drop not null",
        "create or replace view report.colour as select 1 as n",
        "comment on table core.event is 'x'",
        "grant select on core.event to lrs_reader",
    ],
)
def test_what_only_adds_passes(text: str) -> None:
    assert breaks(change(text)) == []


def test_the_second_half_of_a_change_names_what_it_needs() -> None:
    marked = change("-- Old names go.\n-- contract: needs 091, which has the new ones\nalter table a drop column b")
    assert marked.compatible_from == 91
    assert breaks(marked) != []
