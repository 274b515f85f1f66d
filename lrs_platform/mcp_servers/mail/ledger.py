"""What became of each idempotency key, on disk before anyone is told: the reason why no mail goes out twice.

Belongs here: the file and its states. A key is written as `handed` before the first byte of its message leaves, and as
`sent`, `refused` or `deferred` when the server has answered; one that stays `handed` was cut off in between, and nobody
here knows whether it arrived. The file is the server's own, so a warehouse restored from a backup sends nothing again.
It holds no address and no text.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lrs_platform.sql_files import sql_file

State = Literal["handed", "sent", "refused", "deferred"]
KEEP_DAYS = 400  # a key names its day, so it never comes again after that; a year of evidence is enough


class LedgerTaken(RuntimeError):
    """Another server has the file open: two would not see what the other is sending."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key. `at` is when its state was written, in seconds since 1970."""

    key: str
    message_id: str
    state: State
    reply: str
    at: float


class Ledger:
    """The file, held by one server at a time. Every change is on disk (fsync) when its method returns; blocking."""

    def __init__(self, path: Path) -> None:
        """Raises LedgerTaken, OSError, sqlite3.Error."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = path.with_suffix(".lock").open("a")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock_file.close()
            raise LedgerTaken(f"{path} is open in another mail server: end that one, or set LRS_MAIL_LEDGER") from None
        self._mutex = threading.Lock()
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = full")
        self._database.executescript(sql_file(__package__, "ledger"))
        with self._transaction() as database:
            database.execute("delete from mail where at < ?", (time.time() - KEEP_DAYS * 86_400,))

    def close(self) -> None:
        """Close the file and let another server have it."""
        with self._mutex:
            self._database.close()
        self._lock_file.close()

    def find(self, key: str) -> Entry | None:
        """The entry of a key, None where it was never handed over."""
        found = self._rows("select key, message_id, state, reply, at from mail where key = ?", (key,))
        return found[0] if found else None

    def hand_over(self, key: str, message_id: str) -> None:
        """Write that the message of `key` is about to leave."""
        with self._transaction() as database:
            database.execute(
                "insert into mail values (?, ?, 'handed', '', ?) "
                "on conflict (key) do update set state = 'handed', reply = '', at = excluded.at",
                (key, message_id, time.time()),
            )

    def settle(self, key: str, message_id: str, state: State, reply: str) -> None:
        """Write what the server answered, or what a lookup found."""
        with self._transaction() as database:
            database.execute(
                "insert into mail values (?, ?, ?, ?, ?) "
                "on conflict (key) do update set state = excluded.state, reply = excluded.reply, at = excluded.at",
                (key, message_id, state, reply[:500], time.time()),
            )

    def counts(self) -> dict[str, int]:
        """Keys by state."""
        with self._mutex:
            return dict(self._database.execute("select state, count(*) from mail group by state").fetchall())

    def unseen(self, marks: Iterable[str]) -> set[str]:
        """Those of `marks` (hashes of messages that came back) that nobody has taken yet."""
        with self._mutex:
            return {
                mark
                for mark in marks
                if not self._database.execute("select 1 from returned where mark = ?", (mark,)).fetchone()
            }

    def taken(self, marks: Iterable[str]) -> None:
        """These messages that came back have been dealt with."""
        with self._transaction() as database:
            database.executemany(
                "insert into returned values (?, ?) on conflict do nothing", [(mark, time.time()) for mark in marks]
            )

    def _rows(self, query: str, parameters: tuple[str, ...]) -> list[Entry]:
        with self._mutex:
            return [Entry(*row) for row in self._database.execute(query, parameters).fetchall()]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._mutex:
            self._database.execute("begin immediate")
            try:
                yield self._database
            except BaseException:
                self._database.execute("rollback")
                raise
            self._database.execute("commit")
