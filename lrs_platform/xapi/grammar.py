"""Rules of a whole statement, its result, context and attachments, beyond names and types of properties.

Belongs here: formats of texts and what properties demand of each other. Not here: the shapes (model.py), JSON itself
(json_text.py), agents (actors.py) and activities (activities.py). A broken rule raises Flaw with the path from the
struct that was given. Sections are of 1.0.3, Part Two, unless said otherwise.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import UNSET

from lrs_platform.xapi.activities import check_activity, check_context_activities
from lrs_platform.xapi.actors import check_actor, check_agent, check_authority, check_group
from lrs_platform.xapi.errors import Flaw
from lrs_platform.xapi.identifiers import is_media_type, is_sha2
from lrs_platform.xapi.model import (
    Activity,
    Attachment,
    Context103,
    Context200,
    ContextAgent,
    ContextGroup,
    ObjectActor,
    Result,
    Score,
    Statement,
    StatementRef,
    SubStatement,
)
from lrs_platform.xapi.moments import IS_TIMESTAMP, is_duration
from lrs_platform.xapi.texts import (
    GOOD_IRIS,
    GOOD_TAGS,
    check_extensions,
    check_iri,
    check_language,
    check_languages,
    check_uuid,
)
from lrs_platform.xapi.versions import Version

VOIDED = "http://adlnet.gov/expapi/verbs/voided"

TIMESTAMP_RULE = {
    Version.V1_0_3: "A timestamp must be by ISO 8601, such as 2015-11-18T12:17:00.000Z, and not with offset -00:00.",
    Version.V2_0_0: "A timestamp must be by RFC 3339, such as 2015-11-18T12:17:00.000Z, and not with offset -00:00.",
}
# 1.0.3 takes "all that start with 1.0." (Data 2.4.10); 2.0.0 takes those beside its own (4.2.4.3).
_STATEMENT_VERSION = {
    Version.V1_0_3: re.compile(r"1\.0(?:\.\d+)?", re.ASCII),
    Version.V2_0_0: re.compile(r"[12]\.0(?:\.\d+)?", re.ASCII),
}
VERSION_RULE = {
    Version.V1_0_3: "The version of a statement must be 1.0 or 1.0.x; it is best left out.",
    Version.V2_0_0: "The version of a statement must be 2.0.x or 1.0.x; it is best left out.",
}

AnyContext = Context103 | Context200
AnyStatement = Statement[Any, Any]
AnySubStatement = SubStatement[Any, Any]


def check_statement(statement: AnyStatement, version: Version) -> str | None:
    """Check a statement (Data 2.4); the key of its actor, None for an anonymous Group."""
    key = _check_event(statement, version)
    if statement.id is not UNSET:
        check_uuid(statement.id, "id")
    if statement.stored is not UNSET and not IS_TIMESTAMP[version](statement.stored):
        raise Flaw(("stored",), TIMESTAMP_RULE[version], statement.stored)
    if statement.version is not UNSET and not _STATEMENT_VERSION[version].fullmatch(statement.version):
        raise Flaw(("version",), VERSION_RULE[version], statement.version)
    if statement.authority is not UNSET:
        try:
            check_authority(statement.authority)
        except Flaw as flaw:
            raise flaw.under("authority") from None
    return key


def _check_event(statement: AnyStatement | AnySubStatement, version: Version) -> str | None:
    """What statements and SubStatements share; the key of the actor."""
    verb = statement.verb
    if verb.id not in GOOD_IRIS:
        check_iri(verb.id, "verb", "id")
    if verb.display is not UNSET and not verb.display.keys() <= GOOD_TAGS:
        check_languages(verb.display, "verb", "display")
    subject = statement.object
    about_activity = type(subject) is Activity
    place = "actor"
    try:
        key = check_actor(statement.actor)
        place = "object"
        if about_activity:
            check_activity(subject)
        else:
            _check_object(subject, version)
        if statement.context is not UNSET:
            place = "context"
            check_context(statement.context, about_activity)
        if statement.result is not UNSET:
            place = "result"
            check_result(statement.result)
    except Flaw as flaw:
        raise flaw.under(place) from None
    if verb.id == VOIDED and type(subject) is not StatementRef:
        raise Flaw(("object", "objectType"), "The object of a statement that voids another must be a StatementRef.")
    if statement.timestamp is not UNSET and not IS_TIMESTAMP[version](statement.timestamp):
        raise Flaw(("timestamp",), TIMESTAMP_RULE[version], statement.timestamp)
    if statement.attachments is not UNSET:
        for position, attachment in enumerate(statement.attachments):
            try:
                check_attachment(attachment)
            except Flaw as flaw:
                raise flaw.under("attachments", position) from None
    return key


def _check_object(subject: ObjectActor | StatementRef | AnySubStatement, version: Version) -> None:
    """Check an object that is no Activity (Data 2.4.4.2, 2.4.4.3)."""
    if isinstance(subject, StatementRef):
        check_uuid(subject.id, "id")
    elif isinstance(subject, ObjectActor):
        check_actor(subject)
    else:
        _check_event(subject, version)


def check_context(context: AnyContext, about_activity: bool) -> None:
    """Check the context (Data 2.4.6) of a statement whose object is an Activity, or is not."""
    if context.extensions is not UNSET:
        check_extensions(context.extensions)
    if context.registration is not UNSET:
        check_uuid(context.registration, "registration")
    if not about_activity:
        for name in ("revision", "platform"):
            if getattr(context, name) is not UNSET:
                raise Flaw((name,), f"{name} is allowed only where the object of the statement is an Activity.")
    if context.language is not UNSET:
        check_language(context.language, "language")
    place = "contextActivities"
    try:
        if context.context_activities is not UNSET:
            check_context_activities(context.context_activities)
        if context.instructor is not UNSET:
            place = "instructor"
            check_actor(context.instructor)
        if context.team is not UNSET:
            place = "team"
            check_group(context.team)
        if context.statement is not UNSET:
            place = "statement"
            check_uuid(context.statement.id, "id")
    except Flaw as flaw:
        raise flaw.under(place) from None
    if isinstance(context, Context200):
        _check_relevant(context)


def _check_relevant(context: Context200) -> None:
    """Check contextAgents and contextGroups (2.0.0, 4.2.2.5)."""
    named: list[tuple[str, int, ContextAgent | ContextGroup]] = [
        *(("contextAgents", position, one) for position, one in enumerate(context.context_agents or ())),
        *(("contextGroups", position, one) for position, one in enumerate(context.context_groups or ())),
    ]
    for name, position, one in named:
        inner = "agent" if isinstance(one, ContextAgent) else "group"
        try:
            if isinstance(one, ContextAgent):
                check_agent(one.agent)
            else:
                check_group(one.group)
        except Flaw as flaw:
            raise flaw.under(name, position, inner) from None
        for number, iri in enumerate(one.relevant_types or ()):
            check_iri(iri, name, position, "relevantTypes", number)


def check_result(result: Result) -> None:
    """Check a result (Data 2.4.5)."""
    if result.extensions is not UNSET:
        check_extensions(result.extensions)
    if result.duration is not UNSET and not is_duration(result.duration):
        raise Flaw(("duration",), "A duration must be by ISO 8601, such as PT4H35M59.14S or P4W.", result.duration)
    if result.score is not UNSET:
        try:
            _check_score(result.score)
        except Flaw as flaw:
            raise flaw.under("score") from None


def _check_score(score: Score) -> None:
    """Check a score (Data 2.4.5.1); scaled is checked by its type."""
    low, high, raw = score.min, score.max, score.raw
    if low is not UNSET and high is not UNSET and low >= high:
        raise Flaw(("min",), "min must be less than max.", low)
    if raw is not UNSET and ((low is not UNSET and raw < low) or (high is not UNSET and raw > high)):
        raise Flaw(("raw",), "raw must not be less than min or greater than max.", raw)


def check_attachment(attachment: Attachment) -> None:
    """Check the description of an attachment (Data 2.4.11)."""
    check_iri(attachment.usage_type, "usageType")
    check_languages(attachment.display, "display")
    if attachment.description is not UNSET:
        check_languages(attachment.description, "description")
    if not is_media_type(attachment.content_type):
        rule = "contentType must be an Internet media type, such as text/plain or image/png."
        raise Flaw(("contentType",), rule, attachment.content_type)
    if not is_sha2(attachment.sha2):
        rule = "sha2 must be a hash of the SHA-2 family (224 to 512 bits) in hexadecimal digits."
        raise Flaw(("sha2",), rule, attachment.sha2)
    if attachment.file_url is not UNSET:
        check_iri(attachment.file_url, "fileUrl")
