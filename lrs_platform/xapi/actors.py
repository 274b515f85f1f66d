"""Rules of Agents, Groups and authorities (1.0.3: Data 2.4.2, 2.4.9; 2.0.0: 4.2.2.1).

Belongs here: who may be named, and by which identifier. Not here: names and types of properties (model.py). A broken
rule raises Flaw with the path from the struct that was given.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from lrs_platform.xapi.errors import Flaw, StatementInvalid
from lrs_platform.xapi.explain import explain
from lrs_platform.xapi.identifiers import account_key, fold_mbox, is_sha1
from lrs_platform.xapi.json_text import check_no_nul, find_repeated_key, malformed
from lrs_platform.xapi.model import Actor, Agent, Group
from lrs_platform.xapi.texts import GOOD_IRIS, check_iri, check_mbox
from lrs_platform.xapi.versions import Version

IDENTIFIERS = "mbox, mbox_sha1sum, openid or account"


def check_identity(agent: Agent | Group | Actor) -> str | None:
    """Check the identifiers of an agent or group; its key (identifiers.agent_key), None where it has none."""
    key = None
    count = 0
    account = agent.account
    if account is not UNSET:
        if account.home_page not in GOOD_IRIS:
            check_iri(account.home_page, "account", "homePage")
        key = account_key(account.home_page, account.name)
        count = 1
    if agent.mbox is not UNSET:
        check_mbox(agent.mbox)
        key = fold_mbox(agent.mbox)
        count += 1
    if agent.mbox_sha1sum is not UNSET:
        if not is_sha1(agent.mbox_sha1sum):
            raise Flaw(("mbox_sha1sum",), "mbox_sha1sum must be 40 hexadecimal digits.", agent.mbox_sha1sum)
        key = agent.mbox_sha1sum.lower()
        count += 1
    if agent.openid is not UNSET:
        check_iri(agent.openid, "openid")
        key = agent.openid
        count += 1
    if count > 1:
        raise Flaw((), f"An Agent or Group must not have more than one of {IDENTIFIERS}.")
    return key


def check_agent(agent: Agent | Actor) -> str:
    """Check an Agent (Data 2.4.2.1); its key."""
    key = check_identity(agent)
    if key is None:
        raise Flaw((), f"An Agent must have one of {IDENTIFIERS}.")
    return key


def check_group(group: Group | Actor) -> str | None:
    """Check a Group (Data 2.4.2.2); its key, None where it is anonymous."""
    key = check_identity(group)
    if group.member is not UNSET:
        for position, member in enumerate(group.member):
            try:
                check_agent(member)
            except Flaw as flaw:
                raise flaw.under("member", position) from None
    if key is None and not group.member:  # UNSET is false too
        raise Flaw(("member",), f"A Group without {IDENTIFIERS} must list its members.")
    return key


def check_actor(actor: Actor) -> str | None:
    """Check an Agent or Group (Data 2.4.2); its key, None for an anonymous Group."""
    if actor.object_type == "Group":
        return check_group(actor)
    if actor.member is not UNSET:
        raise Flaw(("member",), 'Only a Group has members: its objectType must be "Group".')
    return check_agent(actor)


def check_authority(authority: Actor) -> None:
    """Check an authority: an Agent, or the anonymous Group of application and user of 3-legged OAuth (Data 2.4.9)."""
    key = check_actor(authority)
    if authority.object_type == "Group" and (key is not None or len(authority.member or ()) != 2):
        raise Flaw((), "An authority must be an Agent or, for OAuth, a Group of two Agents without an identifier.")


_decode = msgspec.json.Decoder(Actor).decode


def parse_actor(text: bytes, version: Version) -> str | None:
    """The key of an Agent or Group that stands alone, as in the parameter `agent`; None for an anonymous Group.

    StatementInvalid where it breaks the standard.
    """
    try:
        actor = _decode(text)
        check_no_nul(text)
        if (path := find_repeated_key(text)) is not None:
            raise Flaw(path, "A property must not stand twice in one object.", path[-1])
        return check_actor(actor)
    except Flaw as flaw:
        raise StatementInvalid.of(flaw, version) from None
    except msgspec.ValidationError as error:
        raise StatementInvalid.of(explain(error, text), version) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StatementInvalid.of(malformed(text, error), version) from None
