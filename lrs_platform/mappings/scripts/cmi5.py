"""cmi5 (AICC, Quartz 1st edition): the statements of assignable units, blocks and courses, section 9 of that standard.

What a verb implies is put into the columns (9.5.2, 9.5.3): many senders leave `success` or `completion` out. An
assignable unit mostly has no type; it is a lesson here.
"""

CMI5_SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"  # 9.6.3.1
LESSON_TYPE = "http://adlnet.gov/expapi/activities/lesson"
# Verbs of 9.3 with the success and the completion that each implies; None: it says nothing of that.
CMI5_VERBS = {
    "http://adlnet.gov/expapi/verbs/launched": (None, None),
    "http://adlnet.gov/expapi/verbs/initialized": (None, None),
    "http://adlnet.gov/expapi/verbs/completed": (None, True),
    "http://adlnet.gov/expapi/verbs/passed": (True, None),
    "http://adlnet.gov/expapi/verbs/failed": (False, None),
    "https://w3id.org/xapi/adl/verbs/abandoned": (None, None),
    "https://w3id.org/xapi/adl/verbs/waived": (True, True),
    "http://adlnet.gov/expapi/verbs/terminated": (None, None),
    "https://w3id.org/xapi/adl/verbs/satisfied": (None, True),
}


def cmi5(row, statement, context):
    """Session, and what the verb implies. Other verbs (cmi5 allowed, 7.1.3) only gain the session."""
    session = context.get("extensions", {}).get(CMI5_SESSION)
    if isinstance(session, str):
        row[SESSION_ID] = session
    implied = CMI5_VERBS.get(row[VERB_ID])
    if implied is None:
        return
    if row[SUCCESS] is None:
        row[SUCCESS] = implied[0]
    if row[COMPLETION] is None:
        row[COMPLETION] = implied[1]
    if row[ACTIVITY_TYPE] is None and row[VERB_ID] != "https://w3id.org/xapi/adl/verbs/satisfied":
        row[ACTIVITY_TYPE] = LESSON_TYPE
