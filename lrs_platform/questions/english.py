"""Words of English that questions are put with, whatever they ask for.

Belongs here: lists of words. Not here: what is done with them (words.py), what words mean here (semantic_model.yaml).
"""

from __future__ import annotations

from typing import Literal


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# Words that a question is built with and that say nothing of what is asked. `not` and `never` do: they are not here.
FRAME = word_set("""
    a about all am an and any are as at be been being between but by can compare compared could did display do does
    doing during each either ever every everything figure figures following for from give given had has have having
    how if in into is it its like list made many may me much my need needs now number of on or our out over per
    please present see seen shall should show shows since so some such tell than that the their them then there
    these they this those to too total under until up us versus vs was we were what whats when where whether which
    while who whom whose why with within would yet you your
""")
# Words that are passed over, too, in any of their forms, but may have meant something: what is read past one of them is
# never sure.
FILLING = word_set("""
    able above accord across actual after again against ago almost along already also although altogether
    among amongst amount anyhow anything anywhere around arrange away back bad badly basic because become before
    below beside besides beyond big bit both break breakdown bring broken bunch calculate came care carry case
    change chart check cheer choose come company compare comparison compute concern consider contain count couple
    cover curious currently data decide degree depict describe despite detail develop differ difference different
    distribute distribution divide dont down easily else end enough entire entirely even eventual exact
    exactly example exist expect extent face fact far feel few final find firm first generally get go gone good
    grade graph great group guess happen he hello help her here hers hey hi him his however i idea if include
    indicate info information inside instance instead interest involve issue just keep kind kindly know land last
    lately later lay lead lean let level lie like little look lot lovely main make manage matter maybe meanwhile
    might mine minus more moreover mostly move must near nearly nice nope nothing notice nowhere occur off
    offer often ok okay old once one onto opposite order organisation organization other otherwise outside overall
    overview own pair part perhaps picture place plain plenty plot plus point portray position present pretty
    probably produce proper provide put quantity quick quite raise range rank rather real really recent recently
    record reflect regard relate report represent respect respectively reveal rise roughly run same saw say see seem
    self separate serve set settle several she side simple simply single sit situation slice so something sometimes
    somewhat somewhere sorry sort sound split spread stand start stat state statistics stay step stuff suggest sum
    summary suppose sure table take tend thank thanks thing think though thought through throughout throw til till
    together toward towards turn type typically understand unless upon usual value version very via volume wait want
    way we well went whatever whenever whichever whoever whole wise wish without wonder work worth yes
""")
SCAFFOLD = FRAME | FILLING
# Sayings that say nothing of what is asked, though their words may elsewhere.
SAYINGS = (
    "a lot of", "all right", "as of now", "as well", "at all", "at least", "at present", "at the moment",
    "better than", "by any chance", "by the way", "e.g.", "for good", "going by", "i mean", "i.e.", "in fact",
    "in general", "in short", "in terms of", "judging by", "measured by", "of course", "on the whole", "right now",
    "so far", "that is", "these days", "to be exact", "to date", "until now", "up to now", "when it comes to",
    "walk me through", "talk me through", "take me through", "with regard to", "with respect to", "worse than",
)  # fmt: skip
OVER_TIME = (
    "declining", "decreasing", "develop", "development", "develops", "each week", "every week", "evolve", "evolved",
    "evolves", "evolving", "falling", "from week to week", "week to week", "over the last weeks", "over the past weeks",
    "going down", "going up", "growing", "increasing",
    "over the time", "over the weeks", "over time", "rising", "shrinking", "trend", "trends", "week after week",
    "week by week", "week on week", "week over week",
)  # fmt: skip
NEGATIONS = frozenset({"not", "no", "never", "without", "nobody", "none", "nt"})
DOUBTFUL = frozenset({"still", "only"})  # says something where a figure's own words have it, and else leaves a doubt
# Irregular forms of what stands in several words that count as one: `gave up`.
IRREGULAR = {
    "came": "come", "fallen": "fall", "fell": "fall", "gave": "give", "given": "give", "got": "get",
    "gotten": "get", "held": "hold", "kept": "keep", "made": "make", "met": "meet", "ran": "run", "said": "say",
    "sat": "sit", "saw": "see", "stood": "stand", "stuck": "stick", "taken": "take", "threw": "throw",
    "thrown": "throw", "told": "tell", "took": "take", "went": "go",
}  # fmt: skip
Rank = Literal["", "desc", "asc", "good", "bad"]
RANKS: dict[str, Rank] = {
    **dict.fromkeys(("most", "highest", "largest", "biggest", "greatest", "maximum", "max", "top", "longest"), "desc"),
    **dict.fromkeys(
        ("least", "lowest", "fewest", "smallest", "minimum", "min", "bottom", "shortest", "rarely", "seldom", "hardly"),
        "asc",
    ),
    **dict.fromkeys(("best", "strongest"), "good"),
    **dict.fromkeys(("worst", "weakest", "poorest"), "bad"),
}
