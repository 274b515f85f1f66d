"""/xAPI/activities and /xAPI/agents: what is known of one (Communication 2.4, 2.5; 2.0: 4.1.6.3, 4.1.6.4).

Belongs here: the Activity with all that statements say of it, and the Person. Not here: gathering it (the warehouse).
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from lrs_platform.gateway import queries
from lrs_platform.gateway.auth import Scopes
from lrs_platform.gateway.barrier import wait_for_loader
from lrs_platform.gateway.resource import Answer, Call, Resource

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


class ActivitiesResource(Resource):
    """ASGI endpoint of /xAPI/activities."""

    route: ClassVar[str] = "/xAPI/activities"
    allowed: ClassVar[str] = "GET, HEAD"

    async def answer(self, call: Call) -> Answer:
        if call.method not in ("GET", "HEAD"):
            raise self.not_allowed(call.method)
        call.caller.require(Scopes.READ_ENTITIES)
        found = call.parameters
        activity_id = queries.activity_id(found)
        queries.nothing_else(found)
        await wait_for_loader(call.services)
        definitions = await call.services.warehouse.definitions([activity_id])
        activity: dict[str, Any] = {"objectType": "Activity", "id": activity_id}
        if activity_id in definitions:
            activity["definition"] = definitions[activity_id]
        return Answer(200, msgspec.json.encode(activity))


class AgentsResource(Resource):
    """ASGI endpoint of /xAPI/agents."""

    route: ClassVar[str] = "/xAPI/agents"
    allowed: ClassVar[str] = "GET, HEAD"

    async def answer(self, call: Call) -> Answer:
        if call.method not in ("GET", "HEAD"):
            raise self.not_allowed(call.method)
        call.caller.require(Scopes.READ_ENTITIES)
        found = call.parameters
        text = found.get("agent", "")
        queries.required_agent(found, call.version)
        queries.nothing_else(found)
        await wait_for_loader(call.services)
        agent: dict[str, Any] = msgspec.json.decode(text)
        names = [agent["name"]] if "name" in agent else []
        names += [name for name in await call.services.warehouse.names(text) if name not in names]
        person: dict[str, Any] = {"objectType": "Person", **({"name": names} if names else {})}
        person.update({name: [agent[name]] for name in IDENTIFIERS if name in agent})
        return Answer(200, msgspec.json.encode(person))
