"""Open edX, as its event-routing-backends make statements of its tracking log.

Blocks and courses are told apart by their keys, `/xblock/block-v1:ORG+COURSE+RUN+type@...` and `/course/course-v1:...`.
A block whose statement names no parent belongs to the course of its key.
"""

OPENEDX_SESSION = "https://w3id.org/xapi/openedx/extensions/session-id"


def openedx(row, statement, context):
    """Session, course of a block, share and success that grades imply; videos as by the Video Profile."""
    if row[ACTIVITY_TYPE] == "https://w3id.org/xapi/video/activity-type/video":
        video(row, statement, context)
    session = context.get("extensions", {}).get(OPENEDX_SESSION)
    if isinstance(session, str):
        row[SESSION_ID] = session
    iri = row[OBJECT_ID]
    if row[PARENT_ID] is None and iri is not None and "/xblock/block-v1:" in iri and "+type@" in iri:
        at = iri.index("/xblock/block-v1:")
        course = iri[at + 17 : iri.index("+type@")]
        row[PARENT_ID] = iri[:at] + "/course/course-v1:" + course
    if row[SUCCESS] is None:
        if row[VERB_ID] == "http://adlnet.gov/expapi/verbs/passed":
            row[SUCCESS] = True
        elif row[VERB_ID] == "http://adlnet.gov/expapi/verbs/failed":
            row[SUCCESS] = False
