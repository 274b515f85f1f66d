"""The xAPI Video Profile 1.0: what is played, paused, sought, completed in a video.

Progress comes as an extension from most players; others send only which segments were played and how long the video is,
and the share is computed from these.
"""

VIDEO = "https://w3id.org/xapi/video/extensions/"
VIDEO_SESSION = VIDEO + "session-id"
VIDEO_PROGRESS = VIDEO + "progress"
VIDEO_SEGMENTS = VIDEO + "played-segments"
VIDEO_LENGTH = VIDEO + "length"
VIDEO_TYPE = "https://w3id.org/xapi/video/activity-type/video"


def share_played(segments, length):
    """Share of a video of `length` seconds that `segments` ("0[.]12[,]14[.]21.5") cover, each second once."""
    spans = []
    for span in segments.split("[,]"):
        bounds = span.split("[.]")
        if len(bounds) == 2:
            spans.append((float(bounds[0]), float(bounds[1])))
    played = upto = 0.0
    for start, end in sorted(spans):
        if end > upto:
            played += end - max(start, upto)
            upto = end
    return min(played / length, 1.0)


def video(row, statement, context):
    """Session and progress; a video is a video also where the statement does not say so."""
    known = context.get("extensions", {})
    if VIDEO_SESSION in known and isinstance(known[VIDEO_SESSION], str):
        row[SESSION_ID] = known[VIDEO_SESSION]
    if row[ACTIVITY_TYPE] is None:
        row[ACTIVITY_TYPE] = VIDEO_TYPE
    if "result" not in statement or "extensions" not in statement["result"]:
        return
    done = statement["result"]["extensions"]
    if VIDEO_PROGRESS in done:
        if isinstance(done[VIDEO_PROGRESS], (int, float)):
            row[PROGRESS] = float(done[VIDEO_PROGRESS])
    elif VIDEO_SEGMENTS in done and isinstance(done[VIDEO_SEGMENTS], str):
        length = known.get(VIDEO_LENGTH, done.get(VIDEO_LENGTH))
        if isinstance(length, (int, float)) and length > 0:
            row[PROGRESS] = share_played(done[VIDEO_SEGMENTS], length)
