"""Statements of any source to canonical event rows. Runs in the python server's sandbox: the standard's core, no I/O.

In: `payload`, statement lines joined by newlines. Out: the text of the last expression, one event line a statement: a
JSON array in the order of EVENT_COLUMNS, or {"statement_id", "error"} for a statement that this script cannot digest.
"""

import json

SESSION = "https://w3id.org/xapi/video/extensions/session-id"
PROGRESS = ("https://w3id.org/xapi/video/extensions/progress", "https://w3id.org/xapi/cmi5/result/extensions/progress")
UNITS = {"Y": 31557600.0, "M": 2629800.0, "W": 604800.0, "D": 86400.0, "TH": 3600.0, "TM": 60.0, "TS": 1.0}


def agent_key(agent):
    """The agent's inverse functional identifier as text, "" for an anonymous group (xAPI 1.0.3, Data 2.4.2.3).

    The same key as lrs_platform.xapi.identifiers.agent_key: of an address the domain knows no case, nor does a hash.
    """
    if agent.get("mbox") is not None:
        local, at, domain = agent["mbox"].rpartition("@")
        return local + at + domain.lower()
    if agent.get("mbox_sha1sum") is not None:
        return agent["mbox_sha1sum"].lower()
    if agent.get("openid") is not None:
        return agent["openid"]
    account = agent.get("account")
    if account is not None:
        return account["homePage"] + "|" + account["name"]
    return ""


def first_text(language_map):
    """English if there is one, else the first entry of a language map, else None."""
    if not language_map:
        return None
    for tag in ("en-US", "en", "en-GB"):
        if tag in language_map:
            return language_map[tag]
    return next(iter(language_map.values()))


def first_id(activities):
    """Id of the first context activity; 1.0.3 lets a single object stand for an array."""
    if not activities:
        return None
    return activities[0]["id"] if isinstance(activities, list) else activities["id"]


def seconds(duration):
    """An ISO 8601 duration in seconds; months and years by their mean length. None where there is none."""
    if not duration:
        return None
    total = 0.0
    number = ""
    time = ""
    for char in duration[1:]:
        if char == "T":
            time = "T"
        elif char in "0123456789.,":
            number += "." if char == "," else char
        else:
            total += float(number) * UNITS[time + char if time else char]
            number = ""
    return total


def progress(extensions):
    """Share of the content that was seen, 0 to 1: video profile 0..1, cmi5 0..100."""
    for iri in PROGRESS:
        value = extensions.get(iri)
        if isinstance(value, (int, float)):
            return float(value) / 100.0 if iri == PROGRESS[1] else float(value)
    return None


def event(statement_id, statement):
    """The event row of one statement, in the order of EVENT_COLUMNS."""
    actor = statement["actor"]
    target = statement["object"]
    kind = target.get("objectType") or "Activity"
    definition = target.get("definition") or {}
    result = statement.get("result") or {}
    score = result.get("score") or {}
    context = statement.get("context") or {}
    activities = context.get("contextActivities") or {}
    extensions = context.get("extensions") or {}
    name = actor.get("name")
    if kind == "Agent" or kind == "Group":
        object_id = agent_key(target)
    else:
        object_id = target.get("id")
    session = extensions.get(SESSION)
    return [
        statement_id,
        statement.get("timestamp"),
        agent_key(actor),
        name,
        statement["verb"]["id"],
        kind,
        object_id,
        first_text(definition.get("name")) or target.get("name"),
        definition.get("type"),
        context.get("registration"),
        first_id(activities.get("parent")),
        first_id(activities.get("grouping")),
        score.get("scaled"),
        score.get("raw"),
        score.get("min"),
        score.get("max"),
        result.get("success"),
        result.get("completion"),
        result.get("response"),
        seconds(result.get("duration")),
        session if isinstance(session, str) else None,
        progress(result.get("extensions") or {}),
        context.get("platform"),
    ]


rows = []
for line in payload.split("\n"):
    fields = line.split("\t")
    try:
        rows.append(json.dumps(event(fields[1], json.loads(fields[4]))))
    except Exception as error:  # noqa: BLE001 - whatever it is, it concerns this statement alone
        rows.append(json.dumps({"statement_id": fields[1], "error": type(error).__name__ + ": " + str(error)}))
"\n".join(rows)
