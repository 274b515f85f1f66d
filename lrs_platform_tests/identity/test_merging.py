"""Two learners become one and are told apart again; the marts are then what they were."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_platform.mcp_servers.warehouse import identity
from lrs_platform.mcp_servers.warehouse.database import DataFault
from lrs_platform_tests.learning.history import START, Event
from lrs_platform_tests.roster.company import ROSTER, Company

NOW = START + timedelta(days=5)
MAIL = "{}@example.com"


def merge(company: Company, keep: str, other: str) -> int:
    done = company.do(lambda c: identity.merge_by_hand(c, MAIL.format(keep), MAIL.format(other), note="", by="test"))
    return int(done["merge_id"])


def unmerge(company: Company, merge_id: int) -> None:
    company.do(lambda c: identity.unmerge_by_hand(c, merge_id, by="test"))


def busy(company: Company) -> None:
    """Ada, Bea and Cyd have learned something."""
    company.roster(ROSTER)
    company.load(
        Event(who=who, verb=verb, lesson="safety", name=who.capitalize(), at=START + timedelta(hours=hour))
        for hour, who in enumerate(("ada", "bea", "cyd"))
        for verb in ("launched", "completed")
    )
    company.refresh(NOW)


def test_merged_learners_are_counted_as_one(company: Company) -> None:
    busy(company)
    merge(company, "ada", "bea")
    company.refresh(NOW)
    assert company.one("select events from mart.learner_activity join core.learner using (learner_id) where mail = "
                       "'ada@example.com'")["events"] == 4  # fmt: skip
    assert len(company.rows("select * from mart.learner_activity")) == 2
    assert {name for name, _, _ in company.cohorts_of("ada@example.com")} == {"Engines / North", "Engines / South"}


def test_telling_apart_restores_all_that_marts_read_and_say(company: Company) -> None:
    busy(company)
    state, marts = company.state(), company.marts()
    ids = company.rows("select learner_id, first_key from core.learner order by 1")
    merge_id = merge(company, "ada", "bea")
    company.refresh(NOW)
    assert company.marts() != marts
    unmerge(company, merge_id)
    assert company.state() == state
    company.refresh(NOW)
    assert company.marts() == marts
    assert company.rows("select learner_id, first_key from core.learner order by 1") == ids


def test_names_follow_the_keys(company: Company) -> None:
    company.load([Event(who="ada", verb="launched", lesson="safety", name="Ada")])
    company.refresh(NOW)
    company.load([Event(who="bea", verb="launched", lesson="safety", name="Bea")])
    company.refresh(NOW)
    before = company.rows("select mail, name from core.learner order by mail")
    unmerge(company, merge(company, "ada", "bea"))
    assert company.rows("select mail, name from core.learner order by mail") == before


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.permutations(["ada", "bea", "cyd"]), max_size=3), order=st.permutations(range(3)))
def test_merges_undone_in_any_order_leave_what_was(company: Company, steps: list[list[str]], order: list[int]) -> None:
    if not company.rows("select * from core.learner"):
        busy(company)
    before = company.state()
    merges = []
    for keep, other, _ in steps:
        try:
            merges.append(merge(company, keep, other))
        except DataFault:
            continue  # one of them went over already
    for place in order:
        if place < len(merges):
            unmerge(company, merges[place])
    assert company.state() == before


def test_an_event_under_a_new_spelling_goes_back_with_its_person(company: Company) -> None:
    busy(company)
    merge_id = merge(company, "ada", "bea")
    event = Event(who="bea", verb="viewed", lesson="safety")
    company.load([event])
    company.rows_changed(
        "update core.event set actor_key = 'mailto:bea@EXAMPLE.com' where statement_id = %s", (event.id,)
    )
    company.refresh(NOW)
    unmerge(company, merge_id)
    company.refresh(NOW)
    owner = company.one("select mail from core.learner_key join core.learner using (learner_id) "
                        "where actor_key = 'mailto:bea@EXAMPLE.com'")  # fmt: skip
    assert owner["mail"] == "bea@example.com"


def test_what_cannot_be_merged_is_told(company: Company) -> None:
    company.roster(ROSTER)
    with pytest.raises(DataFault, match="the same learner"):
        merge(company, "ada", "ada")
    with pytest.raises(DataFault, match="nobody"):
        merge(company, "ada", "zoe")
    with pytest.raises(DataFault, match="no merge 99"):
        unmerge(company, 99)


def test_a_merge_by_roster_that_was_told_apart_by_hand_is_not_made_again(company: Company) -> None:
    import hashlib

    key = hashlib.sha1(b"mailto:ada@example.com", usedforsecurity=False).hexdigest()
    event = Event(who="nobody", verb="launched", lesson="safety")
    company.load([event, Event(who="ada", verb="completed", lesson="safety")])
    company.rows_changed("update core.event set actor_key = %s where statement_id = %s", (key, event.id))
    company.refresh(NOW)
    company.roster(ROSTER)
    assert len(company.rows("select * from core.learner")) == 3
    merge_id = company.one("select merge_id from core.learner_merge")["merge_id"]
    unmerge(company, merge_id)
    company.roster(ROSTER.replace("Ada", "Augusta"))
    assert len(company.rows("select * from core.learner")) == 4


def test_orphans_come_with_whom_they_may_be(company: Company) -> None:
    company.roster(ROSTER)
    company.load(
        [Event(who="ADA", verb="launched", lesson="safety"), Event(who="zoe", verb="launched", lesson="safety")]
    )
    company.refresh(NOW)
    found = company.do(lambda c: identity.orphans(c, limit=10, skip=0))
    assert found["total"] == 2
    by_mail = {each["mail"]: each["suggestions"] for each in found["orphans"]}
    assert by_mail["ADA@example.com"][0]["shown"] == "Ada Lovelace"
    assert by_mail["ADA@example.com"][0]["score"] == 0.95
    assert by_mail["zoe@example.com"] == []


@pytest.mark.parametrize(
    "text", ["ada@example.com", "ada@EXAMPLE.com", "mailto:ada@example.com", "hash", "id", "pseudonym"]
)
def test_a_learner_is_found_by_whatever_is_at_hand(company: Company, text: str) -> None:
    import hashlib

    company.roster(ROSTER)
    ada = company.learners()["ada@example.com"]
    at_hand = {
        "hash": hashlib.sha1(b"mailto:ada@example.com", usedforsecurity=False).hexdigest().upper(),
        "id": str(ada["learner_id"]),
        "pseudonym": ada["pseudonym"],
    }
    assert company.do(lambda c: identity.meant(c, at_hand.get(text, text))) == [ada["learner_id"]]
