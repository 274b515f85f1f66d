"""The supervisor: starts processes in order, asks after their health, restarts what dies, stops in order.

One thread: children carry a death signal that the kernel ties to the thread which forked them. What it knows it writes
to run/state.json; nothing connects to it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from lrs_platform.local.diagnosis import known_cause, last_words, tail
from lrs_platform.local.health import Probe, Reading, read
from lrs_platform.local.instance import Instance
from lrs_platform.local.launch import Launch, is_stopped, signal_group, start_time
from lrs_platform.local.processes import Process
from lrs_platform.local.state import PlatformState, ProcessState, write_state

log = logging.getLogger("lrs.supervisor")

PROBE_STARTING, PROBE_UNHEALTHY, PROBE_HEALTHY = 0.1, 1.0, 5.0  # seconds between probes
SILENCE_STARTING, SILENCE = 180.0, 60.0  # seconds without any answer: hung, to be restarted
BACK_OFF_FIRST, BACK_OFF_MOST = 0.2, 10.0
STEADY_SECONDS = 30.0  # healthy for so long, and the back-off starts anew
LOG_BYTES = 10_000_000  # of one log file, and as much again in its .1


class Child:
    """One process and what is known of it."""

    def __init__(self, process: Process, launch: Callable[[], Launch], probe: Probe) -> None:
        self.process = process
        self.launch = launch
        self.probe = probe
        self.state = ProcessState()
        self.popen: subprocess.Popen[bytes] | None = None
        self.exited = asyncio.Event()
        self.ready = asyncio.Event()  # was healthy, or done, once: others may start
        self.back_off = BACK_OFF_FIRST
        self.log_start = 0  # where this run's output begins

    def has_printed(self, instance: Instance, words: str) -> bool:
        """Whether `words` stand in the first part of this run's output."""
        with instance.log_of(self.process.name).open("rb") as log_file:
            log_file.seek(self.log_start)
            return words.encode() in log_file.read(65536)

    @property
    def pid(self) -> int:
        """Of its last run."""
        assert self.popen is not None
        return self.popen.pid

    def poll(self) -> None:
        """Notice an exit."""
        if self.popen is not None and self.popen.poll() is not None:
            self.exited.set()


class Supervisor:
    """The children of one instance."""

    def __init__(self, instance: Instance, state: PlatformState, children: Iterable[Child]) -> None:
        self.instance = instance
        self.state = state
        self.children = {child.process.name: child for child in children}
        self.state.processes |= {name: child.state for name, child in self.children.items()}
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        """Until SIGTERM or SIGINT, then stop everything in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        loop.add_signal_handler(signal.SIGCHLD, self.poll)
        keepers = [asyncio.create_task(self.keep(child)) for child in self.children.values()]
        keepers += [asyncio.create_task(self.publish()), asyncio.create_task(self.rotate_logs())]
        stop = asyncio.create_task(self.stopping.wait())
        await asyncio.wait([stop, *keepers], return_when=asyncio.FIRST_COMPLETED)
        for task in keepers:  # none of them ends by itself, so a finished one has failed
            task.cancel()
        outcomes = await asyncio.gather(*keepers, return_exceptions=True)
        await self.stop_all()
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def poll(self) -> None:
        """Notice exits."""
        for child in self.children.values():
            child.poll()

    async def keep(self, child: Child) -> None:
        """Start one process when its turn comes, and again whenever it ends."""
        for name in child.process.needs:
            if name in self.children:
                await self.children[name].ready.wait()
        while True:
            await self.until_released(child)
            try:
                self.spawn(child)
            except OSError as error:  # no room for its log, no memory: neither is for ever
                child.state.restarts += 1
                self.note(child, "restarting", pid=None, reason=f"cannot be started: {error}"[:300])
                await self.back_off(child)
                continue
            await self.attend(child)
            if child.process.once and child.popen is not None and child.popen.returncode == 0:
                self.note(child, "done", pid=None)
                child.ready.set()
                await asyncio.Event().wait()
            self.note_exit(child)
            if not self.hold_file(child).exists():
                await self.back_off(child)

    async def back_off(self, child: Child) -> None:
        """Wait before the next start, longer each time."""
        await asyncio.sleep(child.back_off)
        child.back_off = min(child.back_off * 2, BACK_OFF_MOST)

    def spawn(self, child: Child) -> None:
        """Start it once; its output is appended to its log."""
        launch = child.launch()
        child.exited.clear()
        with self.instance.log_of(child.process.name).open("ab") as output:
            child.log_start = output.tell()
            child.popen = launch.spawn(output)
        child.popen.poll()
        pid = child.popen.pid
        child.state.started, child.state.since = start_time(pid), time.time()
        self.note(child, "starting", pid=pid)

    async def attend(self, child: Child) -> None:
        """Probe until it ends, or has given no answer for so long that it must be ended."""
        answered_at = time.monotonic()
        healthy_since: float | None = None
        was_healthy, interval = False, PROBE_STARTING
        while not await self.exits_within(child, interval):
            process = child.process
            if process.once or (
                process.says and not was_healthy and not child.has_printed(self.instance, process.says)
            ):
                continue
            if process.fails and not was_healthy and child.has_printed(self.instance, process.fails):
                log.error("%s could not start: %r; killed", process.name, process.fails)
                signal_group(child.pid, signal.SIGKILL)
                continue
            if is_stopped(child.pid):  # on purpose, by someone: it can neither answer nor be blamed for it
                reading = Reading(healthy=False, answered=True, milliseconds=0, reason="suspended")
            else:
                reading = await read(child.probe, child.state.port or 0)
            now = time.monotonic()
            if reading.answered:
                answered_at = now
            if reading.healthy:
                was_healthy, healthy_since, interval = True, healthy_since or now, PROBE_HEALTHY
                if now - healthy_since > STEADY_SECONDS:
                    child.back_off = BACK_OFF_FIRST
            else:
                healthy_since, interval = None, PROBE_UNHEALTHY if was_healthy else PROBE_STARTING
            if not child.exited.is_set():
                self.note_reading(child, reading, was_healthy)
            if now - answered_at > (SILENCE if was_healthy else SILENCE_STARTING):
                log.error("%s gave no answer for %.0f s: killed", child.process.name, now - answered_at)
                signal_group(child.pid, signal.SIGKILL)

    async def exits_within(self, child: Child, seconds: float) -> bool:
        """Whether the process ends within `seconds`."""
        child.poll()
        try:
            await asyncio.wait_for(child.exited.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def until_released(self, child: Child) -> None:
        """Wait while a file in run/hold keeps it stopped."""
        while self.hold_file(child).exists():
            if child.state.state != "held":
                self.note(child, "held", pid=None)
            await asyncio.sleep(0.1)

    def hold_file(self, child: Child) -> Path:
        return self.instance.hold / child.process.name

    def note_reading(self, child: Child, reading: Reading, was_healthy: bool) -> None:
        """Take down a probe's result."""
        child.state.health_ms = round(reading.milliseconds, 2) if reading.answered else None
        if reading.healthy:
            child.ready.set()
            child.state.incurable = False
            self.note(child, "healthy", pid=child.state.pid)
        else:
            self.note(child, "unhealthy" if was_healthy else "starting", child.state.pid, reading.reason)

    def note_exit(self, child: Child) -> None:
        """Take down that it ended, and end what it left behind."""
        assert child.popen is not None
        signal_group(child.pid, signal.SIGKILL)  # its own children: they would hold ports and leases
        code = child.popen.returncode
        how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        log_file = self.instance.log_of(child.process.name)
        cause = known_cause(child.process.name, tail(log_file))
        reason = (cause or f"{how}: {last_words(log_file)}")[:300]
        child.state.incurable = cause is not None
        child.state.restarts += 1
        child.state.health_ms = None
        self.note(child, "restarting", pid=None, reason=reason)

    def note(self, child: Child, state: str, pid: int | None, reason: str = "") -> None:
        """Change a state, log the change, publish it."""
        changed = state != child.state.state
        child.state.state, child.state.pid, child.state.reason = state, pid, reason
        if pid is None:
            child.state.started = child.state.since = None
        if changed:
            log.info("%s: %s%s", child.process.name, state, f" ({reason})" if reason else "")
            self.write()

    def write(self) -> None:
        """Tell how it stands. A full disk takes the telling, never the supervisor: it has processes to keep."""
        try:
            write_state(self.instance, self.state)
        except OSError as error:
            log.warning("%s cannot be written: %s", self.instance.state_file, error)

    async def publish(self) -> None:
        """Write what changes without a change of state: times of health checks, reasons."""
        while True:
            await asyncio.sleep(PROBE_HEALTHY)
            self.write()

    async def rotate_logs(self) -> None:
        """Keep each log below 10 MB: children append, so what is copied away can be cut off under them."""
        while True:
            await asyncio.sleep(30)
            for path in self.instance.logs.glob("*.log"):
                if path.stat().st_size > LOG_BYTES:
                    with suppress(OSError):  # no room for the copy: the log goes all the same, for it takes the room
                        shutil.copyfile(path, path.with_suffix(".log.1"))
                    os.truncate(path, 0)

    async def stop_all(self) -> None:
        """Stop phase by phase, so that what others rest on goes last."""
        log.info("stopping")
        for phase in sorted({child.process.stop_phase for child in self.children.values()}):
            members = [child for child in self.children.values() if child.process.stop_phase == phase]
            await asyncio.gather(*(self.stop(child) for child in members))
        log.info("stopped")

    async def stop(self, child: Child) -> None:
        """End one process: its own orderly way first."""
        child.poll()
        if child.popen is None or child.popen.returncode is not None:
            return
        self.note(child, "stopping", pid=child.popen.pid)
        child.popen.send_signal(child.launch().death_signal or signal.SIGTERM)
        child.popen.send_signal(signal.SIGCONT)  # a suspended one could not obey
        try:
            await asyncio.wait_for(child.exited.wait(), child.process.stop_seconds)
        except TimeoutError:
            log.error("%s did not stop within %.0f s: killed", child.process.name, child.process.stop_seconds)
        signal_group(child.popen.pid, signal.SIGKILL)
        await child.exited.wait()
        self.note(child, "stopped", pid=None)
