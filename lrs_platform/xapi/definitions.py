"""What statements say of an activity, put together into one definition (1.0.3: Communication 2.5, Data 2.4.4.1).

Belongs here: which words win where two definitions differ. Not here: which statements are asked, where it is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

_MAPS = ("name", "description", "extensions")  # merged entry by entry; anything else is replaced as a whole
_OF_INTERACTION = ("correctResponsesPattern", "choices", "scale", "source", "target", "steps")
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def merged(known: bytes | None, told: Iterable[bytes]) -> bytes:
    """The definition `known` with what later ones say; msgspec.MsgspecError where one is no JSON object.

    A language that only one of them speaks stays. What belonged to another type of interaction goes.
    """
    definition = _decode(known) if known else {}
    for text in told:
        new = _decode(text)
        if new.get("interactionType", definition.get("interactionType")) != definition.get("interactionType"):
            for name in _OF_INTERACTION:
                definition.pop(name, None)
        for name in _MAPS:
            if isinstance(new.get(name), dict) and isinstance(definition.get(name), dict):
                new[name] = {**definition[name], **new[name]}
        definition.update(new)
    return msgspec.json.encode(definition)
