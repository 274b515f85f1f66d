"""What is no question for figures: orders, what is private, code, and what asks for an explanation.

Belongs here: telling by how it begins or what it names. Not here: questions about something that no figure is about,
which the words that nothing explains tell (matching.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lrs_platform.questions.english import word_set
from lrs_platform.questions.words import Word, stem

# What somebody wants who begins like this is no figure; and what names and addresses are, readers never see.
DEEDS = word_set("""
    act add alter assign book buy call cancel change contact create delete disable download email enable enrol erase
    explain forward grant ignore insert install invite mail mark message notify pretend print recommend register
    remind remove reset run schedule select send summarise summarize translate truncate unassign update upload write
""")
PRIVATE = (
    {"address"}, {"email"}, {"mail"}, {"phone"}, {"telephone"}, {"password"}, {"salary"}, {"birthday"}, {"iban"},
    {"system", "prompt"}, {"secret"}, {"credential"}, {"token"},
)  # fmt: skip
# What asks how something is meant, works or will be: no figure says that, but for the forecast.
_EXPLAINING = re.compile(
    r"what (do|does|is|are) .*\b(mean|meant|defined|called)\s*[?!.]*$|(define|explain)\b|how (is|are|was|were) .*"
    r"\b(calculated|computed|measured|defined|worked out)\b|how (do|can|could|should|would) (i|we|you)\b"
    r"|why (should|do|must|would) (i|we|you)\b|(which|what) .*\b(is|are) about\b|what (is|are) an? "
    r"|(can|could|may|should|must) (i|we) (?!see|have|know|get|look|ask|compare)"
    r"|what('s| is) (new|up|happening)\b|how many .*\bdo i (need|get)\b"
    r"|what('s| is) the (passing|pass|minimum|required|maximum) (score|mark|grade|points)"
    r"|who (wrote|made|created|designed|built|recorded|left|leads|runs|manages|heads|founded) *\?*$"
)
_MONEY = re.compile(r"\b(spen[dt]|spending|costs?|pay|paid|pays|earn|earns|earned|invest|investment|investments)\b")
_TIME = re.compile(r"\b(time|long|hours?|minutes?|days?)\b")
_JOB = re.compile(
    r"\b(leave|leaves|leaving|left|quit|join|joins|joined|resigned) (the|our) "
    r"(company|firm|organi[sz]ation|business|job)\b"
)
_GIVING = re.compile(r"(please )?(give|let|make|allow) (?!me\b|us\b)\w+ ")
_CODE = re.compile(
    r"[;{}<>$`\\|]|--|\.\./|/\w+/|\bselect\b.+\bfrom\b|\bunion\b.+\bselect\b|\bdrop (table|schema|database)\b"
)


def refusal(question: str, words: Sequence[Word]) -> str:
    """Why this is no question for figures, "" where it may be one; `question` as it was written, and its words."""
    if _CODE.search(question.lower()):
        return "This looks like code. Ask in plain words, or write SQL in the terminal."
    if _EXPLAINING.match(question.lower().strip()):
        return "Questions are answered with figures; what they mean stands beside each of them under Reports."
    texts = [word.text for word in words if word.text not in ("please", "now", "and", "can", "could", "you")]
    if (texts and texts[0] in DEEDS) or _GIVING.match(question.lower()):
        return "Questions are answered with figures; nothing is done, sent or changed from here."
    if _JOB.search(question.lower()):
        return "Who works here, joins or leaves is not among what can be asked here."
    if _MONEY.search(question.lower()) and not _TIME.search(question.lower()):
        return "What something costs or earns is not among what can be asked here."
    stems = {word.stem for word in words}
    if any({stem(each) for each in private} <= stems for private in PRIVATE):
        return "Names, addresses and secrets are not among what can be asked here."
    return ""
