"""The end of every composed script: statement lines in, event lines out.

In: `payload`, statement lines joined by newlines. Out: the text of the last expression, one event line a statement: a
JSON array in the order of EVENT_COLUMNS, or {"statement_id", "error"} for a statement that cannot be mapped.
`choose` and `AMENDING` are made from rules.yaml (rules.py).
"""

NOTHING = {}


def event_lines(lines):
    """An event line for each statement line; in a function, because local names are found faster than global ones."""
    rows = []
    for line in lines:
        fields = line.split("\t")
        try:
            statement = json.loads(fields[4])
            context = statement.get("context", NOTHING)
            activities = context.get("contextActivities", NOTHING)
            row = canonical(fields[1], statement, context, activities)
            chosen = choose(row, fields[3], context, activities)
            if chosen:
                AMENDING[chosen](row, statement, context)
            rows.append(json.dumps(row))
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns this statement alone
            rows.append(json.dumps({"statement_id": fields[1], "error": type(error).__name__ + ": " + str(error)}))
    return "\n".join(rows)


event_lines(payload.split("\n"))
