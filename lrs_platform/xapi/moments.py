"""Timestamps (ISO 8601, RFC 3339) and durations (ISO 8601) as xAPI writes them.

Belongs here: their grammar, the instant a timestamp names, its UTC form. Not here: which property holds one (model.py).
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

from lrs_platform.xapi.versions import Version

_HOUR, _SIXTY, _SECOND = r"(?:[01]\d|2[0-3])", r"[0-5]\d", r"(?:[0-5]\d|60)"  # :60 is a leap second (RFC 3339, 5.7)
_MONTH, _DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
# The usual timestamp, without alternatives: a sixth of the time of the exact expression. Python's calendar then says
# whether the day exists; alone it would let odd fractions pass.
_USUAL = re.compile(
    r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?!00:00)[0-2]\d:[0-5]\d|\+00:00)", re.ASCII
)
# RFC 3339, 5.6. An offset of -00:00 means "unknown" there and is forbidden by ISO 8601, so both versions refuse it.
_RFC_3339 = re.compile(
    rf"\d{{4}}-{_MONTH}-{_DAY}T{_HOUR}:{_SIXTY}:{_SECOND}(?:\.\d+)?(?:Z|(?!-00:00)[+-]{_HOUR}:{_SIXTY})", re.ASCII
)
# What 1.0.3 allows beside it (Data 4.5: ISO 8601, extended or basic; the time zone is a "should").
_ISO_8601 = re.compile(
    rf"""(?: \d{{4}}-{_MONTH}-{_DAY}T{_HOUR}(?::{_SIXTY}(?::{_SECOND})?)?
          | \d{{4}}{_MONTH}{_DAY}T{_HOUR}(?:{_SIXTY}(?:{_SECOND})?)? )
        (?: [.,]\d+ )?
        (?: Z | (?!-00(?::?00)?$)[+-]{_HOUR}(?::?{_SIXTY})? )?""",
    re.ASCII | re.VERBOSE,
)
_PARTS = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d)(?::?(\d\d)(?::?(\d\d))?)?(?:[.,](\d+))?(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
# ISO 8601:2004, 4.4.3.2: designators in order, weeks alone, a fraction in the last number only.
_N = r"\d+(?:[.,]\d+)?"
_DURATION = re.compile(
    rf"""(?!.*[.,]\d+[A-Z]+\d)
        P(?:{_N}W | (?=[\dT])(?:{_N}Y)?(?:{_N}M)?(?:{_N}D)?(?:T(?=\d)(?:{_N}H)?(?:{_N}M)?(?:{_N}S)?)?)""",
    re.ASCII | re.VERBOSE,
)
_BEYOND_HUNDREDTHS = re.compile(r"([.,]\d\d)\d+")


def is_rfc_3339(text: str) -> bool:
    """Whether `text` is a timestamp by RFC 3339 with a day that exists: what 2.0.0 asks for (4.2.7)."""
    if _USUAL.fullmatch(text):
        try:
            datetime.fromisoformat(text)
            return True
        except ValueError:
            pass  # a leap second, or wrong: the exact expression decides
    return _RFC_3339.fullmatch(text) is not None and _day_exists(text)


def is_iso_8601(text: str) -> bool:
    """Whether `text` is a date and time of ISO 8601, extended or basic: what 1.0.3 asks for (Data 4.5)."""
    return is_rfc_3339(text) or (_ISO_8601.fullmatch(text) is not None and _day_exists(text))


IS_TIMESTAMP = {Version.V1_0_3: is_iso_8601, Version.V2_0_0: is_rfc_3339}


def _day_exists(text: str) -> bool:
    digits = text[:10].replace("-", "")
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    return year > 0 and day <= monthrange(year, month)[1]


def is_duration(text: str) -> bool:
    """Whether `text` is a duration in designator form (Data 4.6; 2.0: 4.2.7), such as PT4H35M59.14S or P4W."""
    return _DURATION.fullmatch(text) is not None


def comparable_duration(text: str) -> str:
    """A duration without what lies beyond 0.01 seconds, which comparisons leave out (Data 4.6)."""
    return _BEYOND_HUNDREDTHS.sub(r"\1", text)


def instant(text: str) -> tuple[datetime, str]:
    """The point in time that a valid timestamp names: whole seconds in UTC, and the fraction's digits, no zeros last.

    No precision is lost, however many digits were sent. Without an offset the time counts as UTC; a leap second is the
    second after it, as in POSIX. OverflowError at the ends of the years 1 and 9999.
    """
    match = _PARTS.fullmatch(text)
    if match is None:
        raise ValueError(f"not a timestamp: {text[:80]!r}")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    whole = datetime(int(year), int(month), int(day), int(hour), int(minute or 0), tzinfo=UTC)
    if second is None and fraction:  # ISO 8601 allows a fraction of the last part given: 12,5 is half past twelve
        unit = 3600 if minute is None else 60
        scaled = int(fraction) * unit
        seconds, rest = divmod(scaled, 10 ** len(fraction))
        fraction = str(rest).zfill(len(fraction))
    else:
        seconds = int(second or 0)
    if offset and offset != "Z":
        shift = int(offset[1:3]) * 60 + int(offset[3:].lstrip(":") or 0)
        seconds -= shift * 60 if offset[0] == "+" else -shift * 60
    return whole + timedelta(seconds=seconds), (fraction or "").rstrip("0")


def in_utc(text: str) -> str:
    """`text`, the same instant written in UTC with every digit it had (2.0, 4.2.7: returned in UTC).

    A text that says UTC already, or that no calendar can shift (years 1 and 9999), stays as it is.
    """
    if text.endswith(("Z", "+00:00")):
        return text
    try:
        whole, _ = instant(text)
    except OverflowError:
        return text
    match = _PARTS.fullmatch(text)
    fraction = match[7] if match and match[6] else None  # kept as sent where it is a fraction of seconds
    return f"{whole.replace(tzinfo=None).isoformat()}{'.' + fraction if fraction else ''}Z"


def written(moment: datetime) -> str:
    """`moment` (aware) as an LRS writes it: ISO 8601 in UTC, to the millisecond, with Z (Data 2.4.8)."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
