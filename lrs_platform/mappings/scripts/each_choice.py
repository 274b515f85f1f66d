"""Another end of a composed script: which mapping the rules choose for each statement line, a name a line."""

NOTHING = {}


def choices(lines):
    """The name of a mapping for each statement line, an empty one where it cannot be mapped."""
    rows = []
    for line in lines:
        fields = line.split("\t")
        try:
            statement = json.loads(fields[4])
            context = statement.get("context", NOTHING)
            activities = context.get("contextActivities", NOTHING)
            row = canonical(fields[1], statement, context, activities)
            rows.append(choose(row, fields[3], context, activities) or "canonical")
        except Exception:  # noqa: BLE001 - that it cannot be mapped is told by each_line.py
            rows.append("")
    return "\n".join(rows)


choices(payload.split("\n"))
