"""Asking whether a message arrived, for those whose answer was lost: by its Message-ID, where somebody can tell.

Belongs here: the two ways to ask. An address of http(s) is asked with `?message_id=<...>` and answers 200 with
`{"found": true|false}`, or 404 for no; a directory is a Maildir, such as one that gets a blind copy of everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Protocol

import httpx


class Lookup(Protocol):
    """Whether a message with this Message-ID arrived; None where nobody can say now."""

    async def found(self, message_id: str) -> bool | None: ...


class WebLookup:
    """Asks the relay's own log, or whatever stands before it, over HTTP."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(timeout=10.0)

    async def found(self, message_id: str) -> bool | None:
        """True or False as answered, None for any other answer."""
        try:
            reply = await self._client.get(self._url, params={"message_id": message_id})
            if reply.status_code == 404:
                return False
            told = reply.json()["found"] if reply.status_code == 200 else None
        except (httpx.HTTPError, ValueError, LookupError, TypeError):
            return None
        return told if isinstance(told, bool) else None


class MaildirLookup:
    """Looks into a Maildir. Messages are read once; a name that was seen is not opened again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[str, str] = {}

    async def found(self, message_id: str) -> bool | None:
        """None where the directory cannot be read."""
        try:
            return await asyncio.to_thread(self._look, message_id)
        except OSError:
            return None

    def _look(self, message_id: str) -> bool:
        for path in messages_in(self._directory):
            if path.name not in self._known:
                with path.open("rb") as file:
                    self._known[path.name] = str(BytesHeaderParser().parse(file).get("Message-ID", "")).strip()
        return message_id in self._known.values()


def messages_in(directory: Path) -> Iterator[Path]:
    """Messages of a Maildir: its `new` and `cur`, and not what is still being written to `tmp`. Raises OSError."""
    if not directory.is_dir():
        raise FileNotFoundError(f"{directory} is no directory")
    for part in ("new", "cur"):
        if (directory / part).is_dir():
            yield from sorted(path for path in (directory / part).iterdir() if path.is_file())


def lookup_of(setting: str) -> Lookup | None:
    """What LRS_MAIL_LOOKUP says; None where it is empty."""
    if not setting:
        return None
    return WebLookup(setting) if setting.startswith(("http://", "https://")) else MaildirLookup(Path(setting))
