"""Who may see what: roles of people, and one table that says which pages and endpoints are for whom.

Belongs here: the table. Not here: how somebody proves who they are (login.py, single_sign_on.py). What the table does
not name is for admins alone, so a new page is closed until somebody opens it. Learners' names and texts are no page:
whoever may see them, sees them where a report shows learners.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person does here. An admin may everything."""

    ADMIN = "admin"
    ANALYST = "analyst"  # asks in SQL, sees no person
    COORDINATOR = "coordinator"  # looks after learners, so sees who they are


EVERYBODY = frozenset(Role)
WITH_SQL = frozenset({Role.ADMIN, Role.ANALYST})
WITH_NAMES = frozenset({Role.ADMIN, Role.COORDINATOR})

# A path and everything below it; the longest that fits decides.
RULES: dict[str, frozenset[Role]] = {
    "/ui": frozenset({Role.ADMIN}),
    "/ui/reports": EVERYBODY,
    "/api/reports": EVERYBODY,
    "/ui/nlp-query": EVERYBODY,
    "/ui/db-terminal": WITH_SQL,
    "/api/sql": WITH_SQL,
    "/sqlpad": WITH_SQL,
    "/dagster": frozenset({Role.ADMIN}),  # behind a proxy (forward_auth.py)
    "/ui/reminders": WITH_NAMES,
    "/ui/import": WITH_NAMES,
    "/ui/learners": WITH_NAMES,
}
EXACT: dict[str, frozenset[Role]] = {"/ui": EVERYBODY}  # the front page; not what is below it


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who is logged in. `user` names them for good, `name` is what they are called."""

    user: str
    name: str
    roles: frozenset[Role]

    def may_open(self, path: str) -> bool:
        """Whether the table has `path` open for one of their roles."""
        return bool(self.roles & roles_for(path))

    @property
    def sees_names(self) -> bool:
        """Whether they may see who learners are and what they wrote."""
        return bool(self.roles & WITH_NAMES)


def roles_for(path: str) -> frozenset[Role]:
    """The roles that `path` is open for."""
    if path in EXACT:
        return EXACT[path]
    fitting = [rule for rule in RULES if path == rule or path.startswith(f"{rule}/")]
    return RULES[max(fitting, key=len)] if fitting else frozenset({Role.ADMIN})


def roles_of(named: Iterable[str]) -> frozenset[Role]:
    """The roles among `named`; what is no role of ours is passed over."""
    known = {role.value for role in Role}
    return frozenset(Role(name) for name in named if name in known)
