"""7taps: courses are bare addresses, cards lie below them, nothing says which card belongs to which course.

The address that a learner followed may carry a campaign's query (`?utm_source=mail`), a fragment or a slash at its end;
they are taken off, else one course counts as several. A card's course is read from the card's address.
"""


def bare_address(iri):
    """An address without query, fragment and slashes at its end."""
    for mark in ("?", "#"):
        if mark in iri:
            iri = iri[: iri.index(mark)]
    while iri.endswith("/"):
        iri = iri[:-1]
    return iri


def seventaps(row, statement, context):
    """Bare addresses, and the course as the parent of its cards."""
    iri = row[OBJECT_ID]
    if row[OBJECT_TYPE] != "Activity" or iri is None:
        return
    if "?" in iri or "#" in iri or iri.endswith("/"):
        iri = row[OBJECT_ID] = bare_address(iri)
    if row[PARENT_ID] is None:
        if "/card/" in iri:
            row[PARENT_ID] = iri[: iri.index("/card/")]
    elif row[PARENT_ID].endswith("/"):
        row[PARENT_ID] = bare_address(row[PARENT_ID])
