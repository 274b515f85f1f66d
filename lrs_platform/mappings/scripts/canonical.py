"""The event row of a statement of any source, from what the standard itself says (xAPI 1.0.3, Data 2.4).

Every statement goes through here first; the script that a rule chooses then puts in what the standard does not say.
Written for the sandbox's interpreter, where a call of a method costs as much as a hundred bytes of JSON: what a
statement does not have is not asked for.
"""

import json  # noqa: F401 - for each_line.py

CMI5_PROGRESS = (
    "https://w3id.org/xapi/cmi5/result/extensions/progress"  # cmi5 9.5.5.1; many sources beside cmi5 send it
)
UNITS = {"Y": 31557600.0, "M": 2629800.0, "W": 604800.0, "D": 86400.0, "TH": 3600.0, "TM": 60.0, "TS": 1.0}


def agent_key(agent):
    """The agent's inverse functional identifier as text, "" for an anonymous group (xAPI 1.0.3, Data 2.4.2.3).

    The same key as lrs_platform.xapi.identifiers.agent_key: of an address the domain knows no case, nor does a hash.
    """
    if "mbox" in agent:
        local, at, domain = agent["mbox"].rpartition("@")
        return local + at + domain.lower()
    if "account" in agent:
        account = agent["account"]
        return account["homePage"] + "|" + account["name"]
    if "mbox_sha1sum" in agent:
        return agent["mbox_sha1sum"].lower()
    return agent.get("openid", "")


def first_text(language_map):
    """English if there is one, else the first entry of a language map, else None."""
    for tag in ("en-US", "en", "en-GB"):
        if tag in language_map:
            return language_map[tag]
    for tag in language_map:
        return language_map[tag]
    return None


def first_id(activities):
    """Id of the first context activity; 1.0.3 lets a single object stand for an array."""
    if isinstance(activities, list):
        return activities[0]["id"] if activities else None
    return activities["id"]


def seconds(duration):
    """An ISO 8601 duration in seconds; months and years by their mean length."""
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


def canonical(statement_id, statement, context, activities):
    """The row, in the order of EVENT_COLUMNS. `context` and its `activities` are {} where the statement has none."""
    actor = statement["actor"]
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    name = activity_type = parent = grouping = None
    scaled = raw = lowest = highest = success = completion = response = duration = progress = None
    if kind == "Agent" or kind == "Group":
        object_id = agent_key(target)
        name = target.get("name")
    else:
        object_id = target.get("id")
    if "definition" in target:
        definition = target["definition"]
        activity_type = definition.get("type")
        if "name" in definition:
            names = definition["name"]
            name = names["en-US"] if "en-US" in names else first_text(names)
    if "result" in statement:
        result = statement["result"]
        if "score" in result:
            score = result["score"]
            scaled = score.get("scaled")
            raw = score.get("raw")
            lowest = score.get("min")
            highest = score.get("max")
        success = result.get("success")
        completion = result.get("completion")
        response = result.get("response")
        if "duration" in result:
            duration = seconds(result["duration"])
        if "extensions" in result and CMI5_PROGRESS in result["extensions"]:
            percent = result["extensions"][CMI5_PROGRESS]
            progress = percent / 100.0 if isinstance(percent, (int, float)) else None
    if "parent" in activities:
        parent = first_id(activities["parent"])
    if "grouping" in activities:
        grouping = first_id(activities["grouping"])
    return [
        statement_id,
        statement.get("timestamp"),
        agent_key(actor),
        actor.get("name"),
        statement["verb"]["id"],
        kind,
        object_id,
        name,
        activity_type,
        context.get("registration"),
        parent,
        grouping,
        scaled,
        raw,
        lowest,
        highest,
        success,
        completion,
        response,
        duration,
        None,
        progress,
        context.get("platform"),
    ]
