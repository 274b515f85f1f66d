"""A roster: who is in the company, and in which cohort. As 7taps exports it, or as anybody keeps it.

Belongs here: the columns First Name, Last Name, Email, Group, Team, Time Zone, and what is wrong with a line. All other
columns are kept as they are. No I/O.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, TypedDict

from lrs_platform.roster.table import FileUnreadable, Problem, Table
from lrs_platform.xapi.identifiers import fold_mbox, is_mbox

FIRST_NAME = ("first name", "firstname", "given name", "forename")
LAST_NAME = ("last name", "lastname", "surname", "family name")
FULL_NAME = ("name", "full name", "learner", "learner name")
MAIL = ("email", "e mail", "mail", "email address", "e mail address", "mail address")
GROUP = ("group", "group name")
TEAM = ("team", "team name")
TIME_ZONE = ("time zone", "timezone", "tz")
LONGEST = 300  # characters of a name; longer is a column that slipped
COHORT = " / "  # between group and team in a cohort's name


class RosterRow(TypedDict):
    """A line as the warehouse keeps it (core.roster_row). `claims`: the actor keys that are this person."""

    line: int
    mail_key: str
    mail: str
    claims: list[str]
    first_name: str | None
    last_name: str | None
    group_name: str | None
    team_name: str | None
    cohort_name: str | None
    time_zone: str | None
    extra: dict[str, str]


@dataclass(slots=True)
class Understood:
    """What a file was understood to say: rows for the warehouse, and what is wrong with its lines."""

    rows: list[Any] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def left_out(self) -> int:
        """Lines that are not among the rows."""
        return len({problem.line for problem in self.problems if problem.fatal})


def cohort_name(group: str, team: str) -> str | None:
    """Name of the cohort of a group and a team; None for neither."""
    return COHORT.join(part for part in (group, team) if part) or None


def claims_of(mail: str) -> list[str]:
    """The actor keys of whoever has this address: mbox and mbox_sha1sum, as written and with its domain folded.

    The hash is of the whole mailto IRI (Data 2.4.2.3), so each spelling has another one.
    """
    spellings = dict.fromkeys((fold_mbox(f"mailto:{mail}"), f"mailto:{mail}"))
    return [*spellings, *(hashlib.sha1(mbox.encode(), usedforsecurity=False).hexdigest() for mbox in spellings)]


def read_roster(table: Table) -> Understood:
    """The rows of a roster. Raises FileUnreadable where there is no column of mail addresses."""
    first, last, full = table.column(*FIRST_NAME), table.column(*LAST_NAME), table.column(*FULL_NAME)
    mail_column, group, team = table.column(*MAIL), table.column(*GROUP), table.column(*TEAM)
    zone = table.column(*TIME_ZONE)
    if mail_column is None:
        raise FileUnreadable(
            f"no column Email: the columns are {', '.join(table.columns.values())}. A roster needs First Name, "
            "Last Name, Email, Group and Team, in any order"
        )
    known = (first, last, mail_column, group, team, zone, *(() if first or last else (full,)))
    found = Understood(problems=list(table.problems))
    seen: dict[tuple[str, str | None], int] = {}
    for line in table.lines:
        mail = line.get(mail_column).removeprefix("mailto:")
        problem = _problem(mail, *(line.get(column) for column in (first, last, full, group, team)))
        if problem:
            found.problems.append(Problem(line.number, table.columns[mail_column], problem))
            continue
        given, family = line.get(first), line.get(last)
        if not first and not last:
            given, _, family = line.get(full).partition(" ")
        cohort = cohort_name(line.get(group), line.get(team))
        key = fold_mbox(f"mailto:{mail}")
        if earlier := seen.get((key, cohort)):
            reason = f"the same person and cohort as line {earlier}; that one counts"
            found.problems.append(Problem(line.number, table.columns[mail_column], reason))
            continue
        seen[key, cohort] = line.number
        found.rows.append(
            RosterRow(
                line=line.number,
                mail_key=key,
                mail=mail,
                claims=claims_of(mail),
                first_name=given or None,
                last_name=family or None,
                group_name=line.get(group) or None,
                team_name=line.get(team) or None,
                cohort_name=cohort,
                time_zone=line.get(zone) or None,
                extra=table.extra(line, known),
            )
        )
    return found


def _problem(mail: str, *names: str) -> str | None:
    if not mail:
        return "there is no mail address: it is what tells people apart"
    if not is_mbox(f"mailto:{mail}"):
        return f"{mail[:80]!r} is no mail address"
    if any(len(name) > LONGEST for name in names):
        return f"a name has more than {LONGEST} characters: have columns slipped?"
    return None
