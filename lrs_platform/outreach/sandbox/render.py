"""Templates to mails. Runs in the Python server's sandbox, like the mapping scripts: no files, no network.

In: `mails`, a list of {"template": {"subject", "text", "html", "sentences"}, "fields": {name: text}}. Out, the value of
the last expression: a list of {"subject", "text", "html"}, or {"error"} for a mail that cannot be rendered.

`{{name}}` stands for a field; in HTML it is escaped. A paragraph of text (lines up to an empty one) whose fields are
all empty is left out, and so is a line of HTML. Line breaks and control characters in a field become spaces.
"""


def one_line(value):
    """A value in a line; nothing in it can begin a header or end a line."""
    kept = "".join(c if c.isprintable() else " " for c in str(value))
    return " ".join(kept.split())


def escaped(value):
    """For HTML, in text and in attributes between double quotes."""
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        value = value.replace(plain, entity)
    return value


def filled(text, fields, escape):
    """The text with its fields, and whether all of them were empty. Raises ValueError for one that nobody gave."""
    parts = text.split("{{")
    out = [parts[0]]
    empty = len(parts) > 1
    for part in parts[1:]:
        name, end, rest = part.partition("}}")
        name = name.strip()
        if not end or name not in fields:
            raise ValueError("no field " + name[:40])
        value = one_line(fields[name])
        if value:
            empty = False
        out.append(escaped(value) if escape else value)
        out.append(rest)
    return "".join(out), empty


def blocks(text, separator, fields, escape):
    kept = []
    for block in text.split(separator):
        made, empty = filled(block, fields, escape)
        if not empty:
            kept.append(made)
    return separator.join(kept)


def rendered(mail):
    template = mail["template"]
    fields = dict(mail["fields"])
    for name, words in template.get("sentences", {}).items():
        by_value = words.get(fields.get(name, ""), "")
        fields[name] = filled(by_value, fields, False)[0]
    subject = one_line(filled(template["subject"], fields, False)[0])
    if len(subject) > 200:
        subject = subject[:199] + "…"
    return {
        "subject": subject,
        "text": blocks(template["text"], "\n\n", fields, False),
        "html": blocks(template["html"], "\n", fields, True),
    }


def tried(mail):
    try:
        return rendered(mail)
    except (ValueError, KeyError, TypeError) as error:
        return {"error": str(error)}


[tried(mail) for mail in mails]
