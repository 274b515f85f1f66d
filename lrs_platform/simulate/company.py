"""The company: cohorts, the people in them, what they are like, and the devices they learn on.

Belongs here: who there is. Not here: what they do (behaviour.py) and what their devices spoil (noise.py).
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from lrs_platform.simulate.dice import Dice, Weighted
from lrs_platform.simulate.words import FIRST_NAMES, GROUPS, SURNAMES, TEAMS
from lrs_platform.simulate.zones import DAY, EPOCH, HOUR, MINUTE, Window, Zone

LEARNERS_PER_COHORT = 25
MOST_COHORTS = len(GROUPS) * len(TEAMS)
GUESTS_SHARE = 0.005  # people who got a link forwarded: in no roster
WEEKS_OF_DELIVERY = 0.75  # of the window, at the least: cohorts begin late, and the last lessons need time
ONE_DEVICE = 0.7  # of the learners; the others have two, and take the second one for a fifth of their attempts
ABROAD = 0.15  # share of learners who live in another zone than their cohort
ABILITY_MOTIVATION_CORRELATION = 0.3

ZONES = {
    "Europe/Berlin": 5,
    "Europe/London": 3,
    "America/New_York": 4,
    "America/Los_Angeles": 2,
    "America/Sao_Paulo": 1,
    "Asia/Kolkata": 2,
    "Asia/Kathmandu": 0.3,  # +05:45
    "Asia/Tokyo": 1,
    "Australia/Sydney": 1,
    "Pacific/Auckland": 0.7,
}


class Disposition(StrEnum):
    """How somebody goes about learning."""

    REGULAR = "regular"  # opens by motivation, may go quiet in any week
    STREAK = "streak"  # comes nearly every day
    NEVER_STARTED = "never_started"  # is assigned everything and opens nothing
    BLOCKED = "blocked"  # a device that cannot play videos, from some lesson on
    GUEST = "guest"  # in no roster


DISPOSITIONS = {
    Disposition.REGULAR: 0.91,
    Disposition.STREAK: 0.04,
    Disposition.NEVER_STARTED: 0.03,
    Disposition.BLOCKED: 0.02,
}


class Identity(StrEnum):
    """How a device names its learner in statements."""

    MBOX = "mbox"
    MBOX_CASE = "mbox_case"  # the mail's domain in other case: the same mailbox (Data 2.3.1)
    MBOX_SHA1SUM = "mbox_sha1sum"
    ACCOUNT = "account"  # of the single sign-on, whose account names are mails


IDENTITIES = {Identity.MBOX: 0.87, Identity.MBOX_CASE: 0.03, Identity.MBOX_SHA1SUM: 0.04, Identity.ACCOUNT: 0.06}

# Letters that Unicode does not decompose into ASCII and accents.
_LATIN = (("Ł", "L"), ("æ", "ae"), ("Ø", "O"), ("ø", "o"), ("百合", "yuri"), ("さくら", "sakura"))


@dataclass(frozen=True, slots=True)
class Device:
    """A phone or computer. `skew_ms`: how far its clock is ahead; `local_offset`: its timestamps are in local time."""

    ordinal: int
    identity: Identity
    skew_ms: int
    often_offline: bool
    local_offset: bool


@dataclass(frozen=True, slots=True)
class Cohort:
    """Group and team. Lessons come on `weekdays` (Monday is 0) at `hour` in `zone`, from local day `first_day`."""

    ordinal: int
    group: str
    team: str
    zone: Zone
    weekdays: tuple[int, ...]
    hour: int
    first_day: int


@dataclass(frozen=True, slots=True)
class Learner:
    """A person. `ability` and `motivation` are standard normal in the company; `slowness` multiplies reading times."""

    ordinal: int
    first_name: str
    last_name: str
    email: str
    cohort: Cohort | None  # None: a guest
    zone: Zone
    ability: float
    motivation: float
    slowness: float
    disposition: Disposition
    devices: tuple[Device, ...]

    @property
    def name(self) -> str:
        """First name and surname."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Company:
    """`people` holds the learners of the roster first, then the guests; a person's `ordinal` is the index there."""

    cohorts: list[Cohort]
    people: list[Learner]
    roster_size: int
    devices: list[Device]

    @property
    def roster(self) -> list[Learner]:
        """The people whom the company knows."""
        return self.people[: self.roster_size]


def found(seed: int, learners: int, lessons: int, window: Window) -> Company:
    """A company of `learners` people (guests not counted) who are to get `lessons` lessons within `window`."""
    dice = Dice(seed, "company")
    zones = [Zone(name, window) for name in ZONES]
    cohorts = _cohorts(dice, zones, learners, lessons, window)
    sizes = Weighted([dice.between(0.5, 1.5) for _ in cohorts])
    company = Company(cohorts, [], learners, [])
    taken: dict[str, int] = {}
    for ordinal in range(learners):
        cohort = cohorts[ordinal] if ordinal < len(cohorts) else cohorts[sizes.draw(dice)]
        _hire(company, Dice(seed, f"person/{ordinal}"), cohort, zones, taken)
    for ordinal in range(math.ceil(learners * GUESTS_SHARE)):
        _hire(company, Dice(seed, f"guest/{ordinal}"), None, zones, taken)
    return company


def _cohorts(dice: Dice, zones: list[Zone], learners: int, lessons: int, window: Window) -> list[Cohort]:
    count = max(1, min(MOST_COHORTS, learners // LEARNERS_PER_COHORT))
    names = dice.shuffled([(group, team) for group in GROUPS for team in TEAMS])[:count]
    by_weight = Weighted(list(ZONES.values()))
    first = (window.start - EPOCH).days
    per_week = min(5, max(1, math.ceil(lessons / max(window.days * WEEKS_OF_DELIVERY / 7, 1.0))))
    cohorts = []
    for ordinal, (group, team) in enumerate(names):
        if window.days <= 7:  # too short for a weekly rhythm: a lesson every day
            weekdays: tuple[int, ...] = tuple(range(7))
            late = 0
        else:
            weekdays = tuple(sorted(dice.shuffled(range(5))[:per_week]))
            late = dice.below(max(1, window.days // 8))  # cohorts start one after the other
        hour = 7 + dice.below(5)
        cohorts.append(Cohort(ordinal, group, team, zones[by_weight.draw(dice)], weekdays, hour, first + late))
    return cohorts


def _hire(company: Company, dice: Dice, cohort: Cohort | None, zones: list[Zone], taken: dict[str, int]) -> None:
    first_name, last_name = dice.pick(FIRST_NAMES), dice.pick(SURNAMES)
    local = f"{_ascii(first_name)}.{_ascii(last_name)}"
    domain = f"{cohort.group.lower()}.example.com" if cohort else "partners.example.com"
    taken[local] = taken.get(local, 0) + 1
    if taken[local] > 1:
        local += str(taken[local])
    at_home = cohort is not None and dice.random() >= ABROAD
    zone = cohort.zone if cohort and at_home else zones[Weighted(list(ZONES.values())).draw(dice)]
    ability = dice.gauss(0.0, 1.0)
    rho = ABILITY_MOTIVATION_CORRELATION
    motivation = rho * ability + math.sqrt(1 - rho * rho) * dice.gauss(0.0, 1.0)
    disposition = list(DISPOSITIONS)[Weighted(list(DISPOSITIONS.values())).draw(dice)]
    devices = tuple(
        _device(dice, len(company.devices) + number, None if cohort else Identity.MBOX)
        for number in range(1 if cohort is None or dice.random() < ONE_DEVICE else 2)
    )
    company.devices.extend(devices)
    company.people.append(
        Learner(
            ordinal=len(company.people),
            first_name=first_name,
            last_name=last_name,
            email=f"{local}@{domain}",
            cohort=cohort,
            zone=zone,
            ability=ability,
            motivation=motivation,
            slowness=dice.around(1.0, 0.25),
            disposition=disposition if cohort else Disposition.GUEST,
            devices=devices,
        )
    )


def _device(dice: Dice, ordinal: int, identity: Identity | None) -> Device:
    drawn = list(IDENTITIES)[Weighted(list(IDENTITIES.values())).draw(dice)]
    return Device(
        ordinal=ordinal,
        identity=identity or drawn,
        skew_ms=_skew(dice),
        often_offline=dice.random() < 0.06,
        local_offset=dice.random() < 0.15,
    )


def _skew(dice: Dice) -> int:
    """Most clocks are set by the network; some are minutes off, one in two hundred an hour or a day."""
    kind = dice.random()
    if kind < 0.90:
        return int(dice.gauss(0.0, 2_000))
    if kind < 0.995:
        return int(dice.gauss(0.0, 2 * MINUTE))
    return int(dice.pick((-DAY, -HOUR, HOUR, 2 * HOUR)) + dice.gauss(0.0, MINUTE))


def _ascii(name: str) -> str:
    """The name as it stands in a mail address: ASCII, lower case."""
    for letters, latin in _LATIN:
        name = name.replace(letters, latin)
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
