"""What can be wrong with Postgres and Redis is found on real servers, and each finding says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
import redis
from pydantic import SecretStr

from lrs_platform.doctor import database, log
from lrs_platform.doctor.clock import clock_finding
from lrs_platform.doctor.finding import Finding, Level
from lrs_platform.warehouse.schema_changes import Applied, changes
from lrs_platform_tests.doctor.conftest import Databases

NOWHERE = "127.0.0.1:1"


def unwell(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Findings that are not ok, by part; each has advice."""
    found = {finding.part: finding for finding in findings if finding.level is not Level.OK}
    assert all(finding.advice for finding in found.values())
    return found


def test_servers_as_the_platform_makes_them_are_well(databases: Databases) -> None:
    assert set(unwell(database.examine(databases.subject))) == {"postgres: dagster"}  # nobody made Dagster's schema yet
    assert unwell(log.examine(databases.subject)) == {}


@pytest.mark.parametrize(
    ("harm", "mend", "part", "words"),
    [
        ("alter role lrs_reader createdb", "alter role lrs_reader nocreatedb", "postgres: roles", "lrs_reader"),
        ("alter role lrs_writer superuser", "alter role lrs_writer nosuperuser", "postgres: roles", "lrs_writer"),
        (
            "grant insert on report.event to lrs_reader",
            "revoke insert on report.event from lrs_reader",
            "postgres: grants",
            "report.event",
        ),
        (
            "grant execute on function pg_sleep(double precision) to lrs_reader",
            "revoke execute on function pg_sleep(double precision) from lrs_reader",
            "postgres: grants",
            "pg_sleep",
        ),
        (
            "grant connect on database dagster to public",
            "revoke connect on database dagster from public",
            "postgres: grants",
            "dagster",
        ),
        (
            "insert into lrs.schema_change (version, name, sha256, compatible_from) values (999, 'later', '', 998)",
            "delete from lrs.schema_change where version = 999",
            "postgres: schema",
            "999",
        ),
    ],
)
def test_a_right_too_many_and_a_foreign_schema_are_found(
    databases: Databases, harm: str, mend: str, part: str, words: str
) -> None:
    with databases.postgres.admin() as admin:
        admin.execute(harm)
        try:
            found = unwell(database.examine(databases.subject))
        finally:
            admin.execute(mend)
    assert words in found[part].told


def test_a_role_that_is_missing_is_named() -> None:
    [finding] = database.roles_findings([{"name": "lrs_writer", "powerful": False, "members": []}])
    assert finding.level is Level.FAIL
    assert "lrs_dagster, lrs_reader, lrs_reader_pii missing" in finding.told


def test_a_schema_behind_this_release_is_a_warning_and_a_changed_one_a_fail() -> None:
    whole = [Applied(change.version, change.sha256, 0) for change in changes()[1:]]
    assert database.schema_finding(whole).level is Level.OK
    assert database.schema_finding(whole[:-1]).level is Level.WARN
    assert database.schema_finding([*whole[1:], Applied(1, "other", 0)]).level is Level.FAIL
    assert database.schema_finding([*whole, Applied(999, "later", 0)]).level is Level.OK
    assert database.schema_finding([*whole, Applied(999, "later", 998)]).level is Level.FAIL


def test_a_server_that_does_not_answer_is_found_and_its_password_is_not_repeated(databases: Databases) -> None:
    away = databases.with_settings(
        database_url=SecretStr(f"postgresql://lrs_writer:hidden-word@{NOWHERE}/lrs"),
        redis_url=SecretStr(f"redis://:hidden-word@{NOWHERE}/0"),
    )
    found = unwell([*database.examine(away), *log.examine(away)])
    assert {"postgres", "redis"} <= set(found)
    assert "does not answer" in found["postgres"].told
    assert "hidden-word" not in str(found)


def test_a_reader_that_logs_in_as_the_writer_is_found(databases: Databases) -> None:
    subject = databases.with_settings(reader_database_url=databases.settings.database_url)
    assert "writer" in unwell(database.examine(subject))["postgres: reader"].told


@pytest.mark.parametrize(
    ("setting", "wrong", "right"),
    [
        ("appendfsync", "everysec", "always"),
        ("appendonly", "no", "yes"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
    ],
)
def test_a_log_that_may_forget_is_found(databases: Databases, setting: str, wrong: str, right: str) -> None:
    assert databases.settings.redis_url is not None
    with redis.Redis.from_url(databases.settings.redis_url.get_secret_value()) as client:
        client.config_set(setting, wrong)
        try:
            found = unwell(log.examine(databases.subject))
        finally:
            client.config_set(setting, right)
    assert found["redis: durability"].level is Level.FAIL


def test_a_password_that_redis_refuses_is_found(databases: Databases) -> None:
    port = databases.postgres.instance.port + 7
    wrong = databases.with_settings(redis_url=SecretStr(f"redis://:wrong-word@127.0.0.1:{port}/0"))
    found = unwell(log.examine(wrong))
    assert "login" in found["redis"].told
    assert "wrong-word" not in str(found)


@pytest.mark.parametrize(
    ("finding", "level"),
    [
        (lambda: log.memory_finding(800, 1000), Level.WARN),
        (lambda: log.memory_finding(800, 0), Level.OK),
        (lambda: log.durability_finding(None), Level.WARN),
        (lambda: clock_finding("redis", 1000.0, 1000.2, 1000.4), Level.OK),
        (lambda: clock_finding("redis", 1000.0, 1005.0, 1005.1), Level.WARN),
        (lambda: clock_finding("redis", 1000.0, 900.0, 900.1), Level.FAIL),
    ],
)
def test_memory_that_runs_short_and_clocks_that_differ_are_judged(finding: Callable[[], Finding], level: Level) -> None:
    assert finding().level is level


def test_a_clock_says_which_way_it_is_wrong() -> None:
    assert "100 s ahead" in clock_finding("redis", 1000.0, 899.9, 900.0).told
    assert "100 s behind" in clock_finding("redis", 1000.0, 1100.0, 1100.1).told
