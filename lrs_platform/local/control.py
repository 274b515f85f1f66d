"""Starting and stopping an instance from the command line, and waiting until it is as asked.

What is shown meanwhile is display.py's; the processes themselves are the supervisor's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from lrs_platform.local.diagnosis import last_words
from lrs_platform.local.display import Progress, say, show_addresses
from lrs_platform.local.instance import ROOT, Instance, StartError, open_instance
from lrs_platform.local.launch import Launch
from lrs_platform.local.state import PlatformState, ProcessState, is_running, read_state

HEALTHY_WITHIN = 180.0  # seconds; the first start takes about 20
STOPPED_WITHIN = 90.0  # more than the phases of stopping may take together
HOPELESS_RESTARTS = 6  # 12 s of trying again
FINE, NOT_HEALTHY, CANNOT_START = 0, 1, 2


def start(home: Path, port: int | None, *, detach: bool, demo: bool, addresses: bool = True) -> int:
    """Start the instance in `home` and wait until it is healthy; without `detach` stay until it is stopped.

    `addresses`: print the table of addresses, with the login link, which is a secret where output is kept.
    0: healthy (or it ran already and is); 1: some process is not; 2: it cannot start, for a reason given in one line.
    """
    instance = open_instance(home, port)
    if is_running(instance):
        return _join(instance, port, demo, addresses)
    instance.lay_out()
    _install_dbhub(instance)
    with _interrupts():
        supervisor = spawn_supervisor(instance, detach)
        try:
            state = _wait_until_well(instance, supervisor.pid, supervisor)
            status = _report(instance, state, supervisor)
            if status == FINE and addresses:
                show_addresses(instance)
            if status == FINE and demo:
                status = _demonstrate(instance)
            if status == CANNOT_START or detach:
                return status
            say("Ctrl-C stops it.")
            supervisor.wait()
            return status
        except KeyboardInterrupt:
            say("stopping ...")
            stop(instance)
            return 130 if supervisor.returncode is None else FINE


def stop(instance: Instance) -> bool:
    """Stop a running instance and wait for it; False where none ran. Raises StartError where it does not stop."""
    state = read_state(instance)
    if not is_running(instance) or state is None:
        return False
    os.kill(state.supervisor, signal.SIGTERM)
    deadline = time.monotonic() + STOPPED_WITHIN
    while is_running(instance):
        if time.monotonic() > deadline:
            raise StartError(f"it did not stop within {STOPPED_WITHIN:.0f} s: see {instance.log_of('supervisor')}")
        time.sleep(0.05)
    return True


def _join(instance: Instance, port: int | None, demo: bool, addresses: bool) -> int:
    """A second `up` on a home that runs: say so, wait for health, change nothing."""
    state = read_state(instance)
    if state is None or state.failed:
        raise StartError(f"{instance.home} is being started or stopped: try again in a moment")
    if port not in (None, state.port):
        say(f"{instance.home} runs already, on port {state.port}: `sh lrs down` first to move it to {port}")
    else:
        say(f"{instance.home} runs already")
    running = Instance(instance.home, state.port)
    status = _report(running, _wait_until_well(running, state.supervisor, None), None)
    if status == FINE and addresses:
        show_addresses(running)
    return _demonstrate(running) if demo and status == FINE else status


def _install_dbhub(instance: Instance) -> None:
    """What an installation from a wheel still lacks at its first start, where it runs DBHub itself."""
    from lrs_platform.local.dbhub_package import install, is_installed

    if not is_installed(instance) and not os.environ.get("LRS_MCP_DBHUB_URL"):
        say("installing DBHub ...")
        install(instance)


def spawn_supervisor(instance: Instance, detach: bool, names: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """Start the supervisor, of all processes or of `names`, in a session of its own; unless detached it ends with this
    process.
    """
    command = [sys.executable, "-P", "-m", "lrs_platform.local.supervise", str(instance.home), str(instance.port)]
    command += names
    launch = Launch(command, dict(os.environ), ROOT, death_signal=None if detach else signal.SIGTERM)
    with instance.log_of("supervisor").open("ab") as output:
        return launch.spawn(output)


def _wait_until_well(instance: Instance, pid: int, child: subprocess.Popen[bytes] | None) -> PlatformState:
    """Follow the state that supervisor `pid` writes until all is well, or nothing more is to be hoped for."""
    deadline = time.monotonic() + HEALTHY_WITHIN
    with Progress() as progress:
        while True:
            gone = child.poll() is not None if child else not is_running(instance)
            state = read_state(instance)
            if state is not None and state.supervisor == pid:
                progress.update(state)
                if state.well or state.failed or gone or _hopeless(state) or time.monotonic() > deadline:
                    return state
            elif gone:
                words = last_words(instance.log_of("supervisor"))
                raise StartError(f"the supervisor ended: {words}; see {instance.log_of('supervisor')}")
            time.sleep(0.1)


def _hopeless(state: PlatformState) -> bool:
    """Whether a process cannot start: for a cause that restarts do not heal, or after many of them."""
    return any(
        each.incurable or (each.restarts >= HOPELESS_RESTARTS and each.state == "restarting")
        for each in state.processes.values()
    )


def _report(instance: Instance, state: PlatformState, supervisor: subprocess.Popen[bytes] | None) -> int:
    """Say how it ended; the exit status. What cannot start is stopped again, if it was started here."""
    incurable = next((each.reason for each in state.processes.values() if each.incurable and not each.well), None)
    if state.failed or incurable:
        if supervisor is not None:
            stop(instance)
        say(state.failed or incurable or "", error=True)
        return CANNOT_START
    if state.well:
        return FINE
    ill = {name: each for name, each in state.processes.items() if not each.well and each.state != "waiting"}
    for name, each in ill.items():
        if each.restarts or not any(other.restarts for other in ill.values()):  # else it only needs more time
            say(f"{name}: {_complaint(each)}; see {instance.log_of(name)}", error=True)
    say("The others run on, and these are tried again; `sh lrs status` shows how they are, `sh lrs down` stops all.")
    return NOT_HEALTHY


def _complaint(process: ProcessState) -> str:
    tries = f" after {process.restarts} restarts" if process.restarts else ""
    return f"{process.state}{tries}{': ' if process.reason else ''}{process.reason}"


def _demonstrate(instance: Instance) -> int:
    from lrs_platform.local.demo import demonstrate

    return demonstrate(instance)


@contextmanager
def _interrupts() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end this like Ctrl-C: by stopping what was started."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
