"""Statements that the tests start from, and a way to change one property of them.

Belongs here: valid statements, as Python objects. Not here: cases (test_*.py).
"""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]


class _LeftOut:
    def __repr__(self) -> str:
        return "left out"  # a test's id is the same in every process


LEFT_OUT: Any = _LeftOut()  # as a value: the property is not there

AGENT: Json = {"mbox": "mailto:ann@example.org"}
GROUP: Json = {
    "objectType": "Group",
    "member": [{"mbox": "mailto:ann@example.org"}, {"openid": "https://bo.example.org/"}],
}
STATEMENT_ID = "7ccd3322-e1a5-411a-a67d-6a735c76f119"
OTHER_ID = "12345678-1234-4678-9234-567812345678"

SMALLEST: Json = {
    "actor": {"mbox": "mailto:ann@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://example.org/lesson/1"},
}

FULL: Json = {
    "id": STATEMENT_ID,
    "actor": {
        "objectType": "Group",
        "name": "Team",
        "account": {"homePage": "https://example.org", "name": "team"},
        "member": [
            {"objectType": "Agent", "name": "Ann", "mbox": "mailto:ann@example.org"},
            {"mbox_sha1sum": "a" * 40},
        ],
    },
    "verb": {
        "id": "http://adlnet.gov/expapi/verbs/completed",
        "display": {"en-US": "completed", "de": "abgeschlossen"},
    },
    "object": {
        "objectType": "Activity",
        "id": "https://example.org/lesson/1",
        "definition": {
            "name": {"en": "Lesson"},
            "description": {"zh-Hans-CN": "一"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "moreInfo": "https://example.org/more",
            "interactionType": "choice",
            "correctResponsesPattern": ["a[,]b"],
            "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}],
            "extensions": {"https://example.org/x": {"deep": [None, {"n": 1.50}]}},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
        "success": True,
        "completion": False,
        "response": "a[,]b",
        "duration": "PT1M30.5S",
        "extensions": {"https://example.org/time": 1.25, "https://example.org/none": None},
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "instructor": {"openid": "https://bo.example.org/"},
        "team": {"objectType": "Group", "mbox": "mailto:team@example.org"},
        "contextActivities": {
            "parent": {"id": "https://example.org/course"},
            "grouping": [{"id": "https://example.org/programme", "objectType": "Activity"}],
            "category": [],
            "other": [{"id": "urn:x:1"}, {"id": "urn:x:2", "definition": {"type": "https://example.org/type"}}],
        },
        "revision": "2",
        "platform": "phone",
        "language": "de-CH",
        "statement": {"objectType": "StatementRef", "id": OTHER_ID},
        "extensions": {"https://example.org/weather": "fine"},
    },
    "timestamp": "2024-02-29T12:00:00.123Z",
    "stored": "2024-02-29T12:00:01Z",
    "authority": {"account": {"homePage": "https://lrs.example.org", "name": "key"}},
    "version": "1.0.0",
    "attachments": [
        {
            "usageType": "https://example.org/certificate",
            "display": {"en": "Certificate"},
            "description": {"en": "of completion"},
            "contentType": "text/plain; charset=utf-8",
            "length": 27,
            "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
            "fileUrl": "https://example.org/c.txt",
        }
    ],
}

SUBSTATEMENT: Json = {
    "actor": AGENT,
    "verb": {"id": "https://example.org/planned"},
    "object": {
        "objectType": "SubStatement",
        "actor": AGENT,
        "verb": {"id": "https://example.org/visit"},
        "object": {"id": "https://example.org/museum"},
        "result": {"response": "soon"},
        "context": {"contextActivities": {"parent": {"id": "https://example.org/trip"}}, "platform": "feet"},
        "timestamp": "2030-01-01T00:00:00Z",
        "attachments": FULL["attachments"],
    },
}

ABOUT_AGENT: Json = {**SMALLEST, "object": {"objectType": "Agent", "mbox": "mailto:bo@example.org"}}
ABOUT_GROUP: Json = {**SMALLEST, "object": GROUP}
VOIDING: Json = {
    "actor": AGENT,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
    "object": {"objectType": "StatementRef", "id": STATEMENT_ID.upper()},
}

ACTIVITY_WITH = {
    "scale": {"interactionType": "likert", "scale": [{"id": "1"}, {"id": "2"}]},
    "source": {"interactionType": "matching", "source": [{"id": "a"}], "target": [{"id": "b"}]},
    "steps": {"interactionType": "performance", "steps": [{"id": "a"}], "correctResponsesPattern": ["a[.]1:3"]},
    "choices": {"interactionType": "sequencing", "choices": [{"id": "a"}], "correctResponsesPattern": []},
}


def edited(statement: Json, path: str, value: Any) -> Json:
    """A copy of `statement` with `value` at `path` (names and positions, separated by spaces), missing parents made."""
    copied: Json = json.loads(json.dumps(statement))  # not deepcopy, which would keep shared parts shared
    *parents, last = path.split()
    node: Any = copied
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
    if value is LEFT_OUT:
        del node[last]
    elif isinstance(node, list):
        node[int(last)] = value
    else:
        node[last] = value
    return copied


def text(statement: object) -> bytes:
    """`statement` as JSON, in UTF-8."""
    return json.dumps(statement, ensure_ascii=False).encode()
