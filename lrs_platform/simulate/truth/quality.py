"""Truth of the data's own quality: what arrived twice, late, out of order, wrong, contradicting or unknown.

Belongs here: counts of lines. Not here: what the record says (the other files of this folder).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from lrs_platform.simulate.history import Kind
from lrs_platform.simulate.noise import Flaw, Form, Traffic
from lrs_platform.simulate.statements import FLAWED_PROPERTY, Pen
from lrs_platform.simulate.truth.attempts import Record
from lrs_platform.simulate.zones import HOUR

DEFINITIONS = {
    "quality.lines": "Lines as they arrive = accepted + duplicates + conflicts + rejected.",
    "quality.accepted": "Distinct statements that stand in the record, voided and voiding ones too.",
    "quality.duplicates": "Lines equal to an earlier one, to the byte.",
    "quality.conflicts": (
        "Lines under the id of an earlier, different statement; the earlier one stands. conflict_ids lists the ids."
    ),
    "quality.rejected": (
        "Lines that break the standard, in 1.0.3 and in 2.0.0: line numbers (from 1), the flaw, the property "
        'at fault ("" where the text is no JSON).'
    ),
    "quality.late": "Accepted statements that arrived more than an hour after they happened.",
    "quality.out_of_order": (
        "Statements of the record whose timestamp is earlier than that of one already received from the same person."
    ),
    "quality.voided_ids": "Ids of the statements taken back.",
    "quality.voidings_first": "Voiding statements that arrived before the statement they void.",
    "quality.unknown_lessons": "Statements of the record about lessons that lessons.csv does not list.",
    "quality.orphans": (
        "Statements of the record by people who are not in roster.csv (guests; the administrator, who only "
        "voids, is one more actor and counted apart)."
    ),
}


def quality_truth(record: Record, traffic: Traffic, pen: Pen) -> dict[str, Any]:
    """Counts of lines, and which lines and ids they are."""
    events, attempts = record.history.events, record.history.attempts
    forms = Counter(traffic.form)
    rejected = []
    arrived: set[int] = set()
    latest: dict[int, int] = {}
    late = out_of_order = voidings_first = 0
    for number, line in enumerate(traffic.order, start=1):
        form = traffic.form[line]
        if form == Form.WRONG:
            flaw = Flaw(traffic.flaw[line])
            rejected.append({"line": number, "flaw": flaw.name.lower(), "property": FLAWED_PROPERTY[flaw]})
        if form != Form.ORIGINAL:
            continue
        event = events[traffic.event[line]]
        late += traffic.arrival[line] - event.at > HOUR
        if event.kind is Kind.VOIDED:
            voidings_first += event.choice not in arrived
            continue
        arrived.add(event.ordinal)
        if event.ordinal in traffic.voided:
            continue
        person = attempts[event.attempt].learner
        stamp = pen.stamp(event)
        before = latest.get(person)
        if before is not None and stamp < before:
            out_of_order += 1
        else:
            latest[person] = stamp
    listed = {lesson.ordinal for lesson in record.catalogue.listed}
    conflicts = sorted(traffic.event[line] for line in traffic.order if traffic.form[line] == Form.CONFLICT)
    return {
        "lines": len(traffic),
        "accepted": forms[Form.ORIGINAL],
        "duplicates": forms[Form.DUPLICATE],
        "conflicts": forms[Form.CONFLICT],
        "rejected": len(rejected),
        "voided": len(traffic.voided),
        "record": sum(seen.statements for seen in record.seen),
        "late": late,
        "out_of_order": out_of_order,
        "voidings_first": voidings_first,
        "unknown_lessons": sum(seen.statements for seen in record.seen if seen.lesson not in listed),
        "orphans": sum(seen.statements for seen in record.seen if seen.person >= record.company.roster_size),
        "attempts": len(record.seen),
        "answers": sum(len(seen.answers) for seen in record.seen),
        "conflict_ids": [pen.statement_id(ordinal) for ordinal in conflicts],
        "voided_ids": [pen.statement_id(ordinal) for ordinal in sorted(traffic.voided)],
        "rejected_lines": rejected,
    }
