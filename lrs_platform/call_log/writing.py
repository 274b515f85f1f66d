"""From the MCP client to the stream `lrs:calls`: a bounded buffer in memory, written by a thread every half second.

Belongs here: what a call costs the caller (a few microseconds) and what happens when Redis is away (the oldest calls
are dropped and counted; no call ever waits or fails for its log). Not here: reading (reading.py).
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from lrs_platform import mcp_client
from lrs_platform.call_log.record import (
    AGENTS,
    CALLS_IN_ENTRY,
    FIELD,
    LIVE,
    MAX_ENTRIES,
    STREAM,
    Heartbeat,
    LiveCall,
    LoggedCall,
    packed,
)
from lrs_platform.call_log.work import Work, agents_at_work, current_work
from lrs_platform.mcp_client import CallRecord, CallStarted

if TYPE_CHECKING:
    import redis

log = logging.getLogger(__name__)

BUFFER = 10_000  # calls kept while Redis is away: some minutes at full load, 5 MB
FLUSH_SECONDS = 0.5
BEAT_SECONDS = 2.0
LIVE_MS = 4_000  # a process that dies takes its live calls along after this
HASHED_BYTES = 8_192  # of each end: a batch is 9 MB, and hashing all of it would cost 20 ms


class CallLog:
    """The call log of one process. Its thread starts with the first call or work, and connects then."""

    def __init__(self, redis_url: str, *, process: str, agent: str = "", contract: str = "") -> None:
        """`agent` and `contract` stand for calls made outside of any `at_work`."""
        self.process = f"{process}:{os.getpid()}"
        self.dropped = 0
        self._url = redis_url
        self._nobody = Work(agent=agent, contract=contract)
        # Keyed, so that nobody finds a mail address by hashing a list of them; the same in all processes of a platform.
        self._key = hashlib.blake2b(redis_url.encode(), digest_size=32).digest()
        self._buffer: deque[LoggedCall] = deque(maxlen=BUFFER)
        self._live: dict[int, tuple[CallStarted, Work]] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._told_live = False
        self._beat = 0.0
        self._away = False

    # called by the client, on the path of each call

    def started(self, call: CallStarted) -> None:
        """A call begins."""
        work = current_work()
        self._live[id(call)] = (call, work if work.agent else self._nobody)
        if self._thread is None:
            self.open()

    def ended(self, call: CallStarted, record: CallRecord, arguments: memoryview) -> None:
        """A call has ended; `arguments` are its JSON, of which only a hash is kept."""
        self._live.pop(id(call), None)
        work = current_work()
        by = work if work.agent else self._nobody
        if len(self._buffer) == BUFFER:
            self.dropped += 1
        self._buffer.append(
            LoggedCall(
                int(record.at.timestamp() * 1000), record.server, record.tool, by.agent, by.contract, by.run, by.trace,
                record.request_bytes, record.response_bytes, work.rows, record.ms, record.outcome, record.error,
                self._hash(arguments),
            )
        )  # fmt: skip

    def _hash(self, arguments: memoryview) -> str:
        """Keyed hash of the arguments; of long ones, of their length and both ends."""
        digest = hashlib.blake2b(key=self._key, digest_size=8)
        if len(arguments) <= 2 * HASHED_BYTES:
            digest.update(arguments)
        else:
            digest.update(b"%d" % len(arguments))
            digest.update(arguments[:HASHED_BYTES])
            digest.update(arguments[-HASHED_BYTES:])
        return digest.hexdigest()

    # the thread

    def open(self) -> None:
        """Start the thread, where it does not run."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="call-log", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write what is left, and end."""
        thread = self._thread
        if thread is not None:
            self._ended.set()
            thread.join(2.0)

    def _run(self) -> None:
        import redis

        client = redis.Redis.from_url(self._url, socket_connect_timeout=2, socket_timeout=5)
        while True:
            last = self._ended.wait(FLUSH_SECONDS)
            try:
                self._flush(client, last=last)
                if self._away:
                    log.warning("the call log is written again; %d calls were dropped", self.dropped)
                self._away = False
            except (redis.RedisError, OSError) as error:
                if not self._away:
                    log.warning("the call log waits for Redis: %s", type(error).__name__)
                self._away = True
            if last:
                client.close()
                return

    def _flush(self, client: redis.Redis, *, last: bool) -> None:
        """One round trip with everything there is to tell; none where there is nothing."""
        calls = [self._buffer.popleft() for _ in range(len(self._buffer))]
        now_ms = int(time.time() * 1000)
        commands: list[tuple[Any, ...]] = []
        for first in range(0, len(calls), CALLS_IN_ENTRY):
            pack = packed(calls[first : first + CALLS_IN_ENTRY])
            commands.append(("XADD", STREAM, "MAXLEN", "~", MAX_ENTRIES, "*", FIELD, pack))
        live = [] if last else list(self._live.values())
        if live or self._told_live:
            told = msgspec.json.encode([self._live_call(call, work) for call, work in live])
            commands.append(("SET", LIVE + self.process, told, "PX", LIVE_MS))
        active, ended = agents_at_work()
        if last:
            active, ended = [], [*active, *ended]
        if time.monotonic() - self._beat >= BEAT_SECONDS or ended:
            for state, works in (("working", active), ("idle", ended)):
                commands += [("HSET", AGENTS, work.agent, self._heartbeat(work, state, now_ms)) for work in works]
        if not commands:
            return
        try:
            with client.pipeline(transaction=False) as pipe:
                for command in commands:
                    pipe.execute_command(*command)  # type: ignore[no-untyped-call]
                pipe.execute()
        except BaseException:
            room = BUFFER - len(self._buffer)  # newer calls came meanwhile: they stay, and what finds no room goes
            self.dropped += max(0, len(calls) - room)
            self._buffer.extendleft(reversed(calls[max(0, len(calls) - room) :]))
            raise
        self._told_live = bool(live)
        if active or ended:
            self._beat = time.monotonic()

    def _live_call(self, call: CallStarted, work: Work) -> LiveCall:
        at_ms = int(call.at.timestamp() * 1000)
        return LiveCall(call.server, call.tool, work.agent, work.contract, work.run, at_ms, self.process)

    def _heartbeat(self, work: Work, state: str, now_ms: int) -> bytes:
        return msgspec.json.encode(
            Heartbeat(work.agent, work.contract, work.run, work.trace, work.since_ms, now_ms, state, self.process)
        )


def log_calls(redis_url: str, *, process: str, agent: str = "", contract: str = "") -> CallLog:
    """Log every MCP call of this process from now on. What is left is written when the process ends."""
    call_log = CallLog(redis_url, process=process, agent=agent, contract=contract)
    mcp_client.observe_calls(call_log)
    atexit.register(call_log.close)
    return call_log
