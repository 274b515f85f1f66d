"""Language tags (RFC 5646), the keys of language maps and the value of context.language.

Belongs here: the tag's grammar. Not here: the registry of subtags; Data 2.2 asks for the sequence of token lengths.
"""

from __future__ import annotations

import re

_TAG = re.compile(
    r"""(?:
        (?: [a-z]{2,3} (?:-[a-z]{3}){0,3} | [a-z]{4} | [a-z]{5,8} )   # language, with extended languages
        (?: -[a-z]{4} )?                                               # script
        (?: -(?:[a-z]{2}|[0-9]{3}) )?                                  # region
        (?: -(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}) )*                     # variants
        (?: -[0-9a-wyz](?:-[a-z0-9]{2,8})+ )*                          # extensions
        (?: -x(?:-[a-z0-9]{1,8})+ )?                                   # private use
      | x(?:-[a-z0-9]{1,8})+
    )""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# The irregular tags that RFC 5646 keeps for old times' sake (2.1, "irregular"); the regular ones fit the grammar.
_IRREGULAR = frozenset(
    {"en-gb-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux", "i-mingo", "i-navajo"}
    | {"i-pwn", "i-tao", "i-tay", "i-tsu", "sgn-be-fr", "sgn-be-nl", "sgn-ch-de"}
)


def is_language_tag(text: str) -> bool:
    """Whether `text` is a well-formed language tag (RFC 5646, 2.2.9) with no singleton or variant twice."""
    folded = text.lower()
    if _TAG.fullmatch(folded) is None:
        return folded in _IRREGULAR
    before_private = folded.partition("-x-")[0].split("-")
    singletons = [part for part in before_private[1:] if len(part) == 1]
    if len(singletons) != len(set(singletons)):
        return False
    end = before_private.index(singletons[0]) if singletons else len(before_private)
    variants = [part for part in before_private[1:end] if len(part) > 4 or (len(part) == 4 and part[0].isdigit())]
    return len(variants) == len(set(variants))
