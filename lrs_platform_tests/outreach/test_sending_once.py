"""Every reminder arrives once, whatever is killed whenever: real servers, a real SMTP server, SIGKILL.

The short round is part of the suite; LRS_TEST_MAILS=5000 makes it the long one (docs/outreach.md has its result).
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.outreach.office import LESSONS, MONDAY, ROSTER, decided_in
from lrs_platform_tests.outreach.post import Post, post_of
from lrs_platform_tests.outreach.sink import copies, received

MAILS = int(os.environ.get("LRS_TEST_MAILS", "200"))
VICTIMS = ["mail", "pass", "warehouse", "mail and pass", "mail"] if MAILS >= 1000 else ["mail", "pass", "warehouse"]


@pytest.fixture
def post(platform: Platform, tmp_path: Path) -> Iterator[Post]:
    people = "".join(f"N{number},L,n{number}@example.com,Engines,,UTC,\n" for number in range(MAILS - 3))
    yield from post_of(platform, tmp_path, ROSTER + people, LESSONS, MONDAY)


@pytest.mark.chaos
@pytest.mark.timeout(2400)  # of the long round on a busy machine
def test_every_reminder_arrives_once_although_everything_is_killed(
    post: Post, record_property: Callable[[str, object], None]
) -> None:
    dice = random.Random(20260303)  # the moments still differ: they depend on how quick the machine is
    begun = time.monotonic()
    assert decided_in(post.company)["planned"] == MAILS
    moments = sorted(dice.randrange(MAILS // 20, MAILS * 9 // 10) for _ in VICTIMS)
    victims = dice.sample(VICTIMS, len(VICTIMS))
    minutes = 0.0
    sending = post.pass_begins(minutes)
    while True:
        if moments and post.arrived() >= moments[0]:
            moments.pop(0)
            victim = victims.pop()
            for server in (post.mail, post.warehouse):
                if server.name in victim:
                    server.kill()
                    post.begin(server)
            if "pass" in victim:
                sending.kill()
        if sending.poll() is not None and post.is_healthy():
            states = post.states()
            if set(states) == {"sent"}:
                break
            assert time.monotonic() - begun < 2000, f"not within 2,000 s: {states}"
            minutes += 1.1  # as the next tick of the schedule
            sending = post.pass_begins(minutes)
        time.sleep(0.02)
    seconds = time.monotonic() - begun
    counted = copies(post.maildir)
    record_property("mails", MAILS)
    record_property("seconds", round(seconds, 1))
    sys.stderr.write(f"\n{MAILS} mails, killed {len(VICTIMS) - len(moments)} times, {seconds:.0f} s\n")
    assert moments == [], "all of the kills happened on the way"
    assert len(counted) == MAILS
    assert set(counted.values()) == {1}
    recipients = {message["To"] for message in received(post.maildir)}
    assert len(recipients) == MAILS
    assert post.states() == {"sent": MAILS}
