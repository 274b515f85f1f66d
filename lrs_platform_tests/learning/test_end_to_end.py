"""What a company sends over HTTP is in the marts by itself, on the running instance: loader, sensor, refresh in turn.

How soon is measured, not tested (docs/performance.md); the refresh is due every LRS_MARTS_EVERY_SECONDS.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from lrs_platform.send import ALL_ACCEPTED, send
from lrs_platform.simulate import CLEAN, simulate
from lrs_platform_tests.conftest import Platform, wait_for

SEED = 8117  # no other test sends this company
OF_LEARNERS = ("learner_days", "learner_activity", "lesson_attempts", "lesson_progress", "learner_streaks")
OF_LESSONS = ("lesson_funnel", "card_drop_off", "quiz_items", "time_on_task")
LEARNERS_IN = {
    mart: psycopg.sql.SQL(
        "select count(distinct learner_id) from {} inner join core.learner_key using (learner_id)"
        " where actor_key = any(%s)"
    ).format(psycopg.sql.Identifier("mart", mart))
    for mart in OF_LEARNERS
}
LESSONS_IN = {
    mart: psycopg.sql.SQL(
        "select count(distinct lesson_id) from {} inner join core.lesson using (lesson_id) where iri = any(%s)"
    ).format(psycopg.sql.Identifier("mart", mart))
    for mart in OF_LESSONS
}


@pytest.mark.slow
def test_days_of_a_company_are_in_every_mart_by_themselves(platform: Platform, tmp_path: Path) -> None:
    company = simulate(SEED, 12, 5, lessons=4, rates=CLEAN, out=tmp_path)
    seen = [learner for learner in company.truth["learners"] if learner["statements"] > 0]
    keys = [sorted(learner["actor_keys"]) for learner in seen]
    lessons = [lesson["iri"] for lesson in company.truth["lessons"] if lesson["attempts"]["completed"]]
    status = send(
        [tmp_path / "statements.jsonl.gz"],
        endpoint=platform.endpoint,
        username=platform.username,
        password=platform.password,
        resume=False,
    )
    assert status == ALL_ACCEPTED

    def there() -> dict[str, int]:
        with psycopg.connect(platform.admin_database_url) as connection:
            every_key = [key for each in keys for key in each]
            return {
                **{mart: _one(connection, query, every_key) for mart, query in LEARNERS_IN.items()},
                **{mart: _one(connection, query, lessons) for mart, query in LESSONS_IN.items()},
            }

    def complete() -> bool:
        found = there()
        # A learner may send under several keys: without a roster each is a learner of its own.
        return all(found[mart] >= len(seen) for mart in OF_LEARNERS) and all(
            found[mart] >= 1 if mart == "quiz_items" else found[mart] == len(lessons) for mart in OF_LESSONS
        )

    wait_for(complete, 170, "the company in every mart")


def _one(connection: psycopg.Connection[Any], query: psycopg.sql.Composed, values: list[str]) -> int:
    row = connection.execute(query, [values]).fetchone()
    assert row is not None
    return int(row[0])
