"""The words that a simulated company is made of: names, teams, titles, and what people write.

Belongs here: word lists. Not here: how they are put together (company.py, course.py). First names and surnames are
plants, stones and birds, so that nobody real is meant; some have letters beyond ASCII, as real rosters do.
"""

from __future__ import annotations

_FIRST_NAMES = """
Aspen Basil Bryony Cedar Clover Coral Dahlia Elder Fern Flint Hazel Heather Holly Iris Ivy Jasper Juniper Laurel Linden
Lotus Maple Marigold Myrtle Olive Opal Pearl Poppy Primrose Robin Rowan Ruby Saffron Sage Sorrel Tansy Thyme Viola Wren
Yarrow Zinnia Åse Björk Érable Ölbaum Lærke Łan Ñandú Żabka 百合 さくら
"""
_SURNAMES = """
Agate Alder Amber Ash Barley Basalt Birch Bracken Briar Chalk Cypress Dolomite Dunlin Finch Garnet Gneiss Granite Heron
Hawthorn Hornbeam Jackdaw Kestrel Larch Limestone Magpie Marble Mica Nettle Nightingale Obsidian Osprey Plover Quartz
Redwing Sandstone Siskin Slate Sycamore Teal Thistle Topaz Travertine Tuff Wagtail Walnut Willow Yew Ébène Grünling
Øyenstikker
"""
FIRST_NAMES = tuple(_FIRST_NAMES.split())
SURNAMES = tuple(_SURNAMES.split())
GROUPS = ("Sales", "Support", "Operations", "Engineering", "Finance", "Retail", "Logistics", "People")
TEAMS = ("North", "South", "East", "West", "Central")

COURSES = (
    "Working Safely",
    "Customers First",
    "Keeping Data Private",
    "Leading a Team",
    "Selling With Care",
    "Quality Every Day",
    "Starting Well",
    "Clear Writing",
)
ACTIONS = (
    "Spotting",
    "Preventing",
    "Reporting",
    "Explaining",
    "Planning",
    "Checking",
    "Improving",
    "Handling",
    "Discussing",
    "Documenting",
    "Measuring",
    "Escalating",
)
TOPICS = (
    "Phishing Mails",
    "Complaints",
    "Hazards",
    "Returns",
    "Feedback",
    "Handovers",
    "Passwords",
    "Deadlines",
    "Price Objections",
    "Near Misses",
    "Personal Data",
    "First Meetings",
    "Stock Errors",
    "Difficult Calls",
    "Small Defects",
    "Priorities",
)

# Phrases a team may want to hear of, with how urgent they are: the word list of flagged responses.
FLAGGED = {"unsafe": "high", "harassment": "high", "burned out": "high", "quit": "medium", "waste of time": "low"}

_OPENINGS = (
    "I will try this",
    "Next time I will ask first",
    "This was useful",
    "Our shift does it differently",
    "I'd like an example",
    "Das probiere ich morgen aus",
    "やってみます",
    "Short and clear 👍",
)
_ENDINGS = (
    "with my team on Monday.",
    'and write "done" on the board.',
    "before the next delivery.",
    "as soon as the new tool is there.",
    "at the hand-over.",
    "when a customer calls.",
)
_PLAIN = tuple(f"{opening} {ending}" for opening in _OPENINGS for ending in _ENDINGS)
_WORRIED = {
    "unsafe": "The ladder in aisle 4 is unsafe.",
    "harassment": "Who do I tell about harassment on the night shift?",
    "burned out": "Honestly, most of us are burned out.",
    "quit": "Two colleagues quit because of this.",
    "waste of time": "Sorry, a waste of time.",
}
# What learners write on a free-text card, and the flagged phrase in each.
TEXTS = (*_PLAIN, *_WORRIED.values())
PLAIN_TEXTS = len(_PLAIN)
FLAG_OF_TEXT: tuple[str | None, ...] = (*(None for _ in _PLAIN), *_WORRIED)

# A form card has two fields; its answers, as the JSON text that is the response.
_COMMITMENTS = ("ask a colleague", "use the checklist", "share it in the stand-up", "nothing yet")
_DAYS = ("today", "this week", "next week")
FORMS = tuple(f'{{"commitment":"{what}","when":"{when}"}}' for what in _COMMITMENTS for when in _DAYS)

POLL_OPTIONS = ("not at all", "a little", "mostly", "fully")
