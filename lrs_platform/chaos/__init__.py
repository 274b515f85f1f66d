"""`lrs chaos`: faults at random moments while statements come in, then what was acknowledged against what is stored.

Belongs here: rounds, and what is told of them. The faults are faults.py, who sends traffic.py, who compares verdict.py.
It runs on the embedded instance of LRS_HOME, whose processes it may kill; the same seed gives the same faults at the
same moments of a round.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lrs_platform.bench.report import show, write
from lrs_platform.bench.subject import Subject
from lrs_platform.chaos.faults import FAULTS, Fault, Victims
from lrs_platform.chaos.traffic import Traffic
from lrs_platform.chaos.verdict import Verdict, verdict
from lrs_platform.local.instance import open_instance
from lrs_platform.local.state import read_state
from lrs_platform.settings import get_settings

HEALED_WITHIN_SECONDS = 300.0
LOST, SOUND = 1, 0


@dataclass(frozen=True, slots=True)
class Round:
    """One fault and what came of it; seconds."""

    fault: str
    after_seconds: float  # from the first statement to the fault
    lasted_seconds: float
    heal_seconds: float  # from the end of the fault to all healthy and everything loaded
    acknowledged: int
    repeated_requests: int
    verdict: Verdict

    @property
    def sound(self) -> bool:
        """Nothing lost, doubled or out of place."""
        return self.verdict.sound


def chaos(*, rounds: int, seed: int, seconds: float = 6.0, rate: float = 40.0, only: str = "") -> int:
    """Run rounds, print each as it ends, write all to `$LRS_HOME/bench/`, also where it is interrupted; 1 where a round
    was not sound.

    `seconds` of traffic a round at `rate` requests a second; `only`: faults whose name begins so. ValueError where none
    does, StartError where no instance runs.
    """
    from rich.console import Console
    from rich.progress import Progress

    chance = random.Random(seed)
    faults = [fault for fault in FAULTS if fault.name.startswith(only)]
    if not faults:
        raise ValueError(f"no fault begins with {only!r}: there are {', '.join(fault.name for fault in FAULTS)}")
    done: list[Round] = []
    with suppress(KeyboardInterrupt), Progress(transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("chaos", total=rounds)
        for number in range(rounds):
            if number % len(faults) == 0:  # each fault equally often, in an order of the seed
                chance.shuffle(faults)
            fault = faults[number % len(faults)]
            progress.update(task, description=f"{fault.name}: {fault.says}")
            done.append(asyncio.run(_round(fault, random.Random(chance.random()), seconds, rate)))
            progress.console.print(f"{number + 1:>4} {_line(done[-1])}", highlight=False, markup=False, emoji=False)
            progress.advance(task)
    if not done:
        return SOUND
    return _tell(done, f"sh lrs chaos --rounds {rounds} --seed {seed}")


async def _round(fault: Fault, chance: random.Random, seconds: float, rate: float) -> Round:
    subject = Subject.running()
    await _healed(subject)
    traffic = Traffic(subject.credentials, seed=chance.getrandbits(64), rate=rate)
    sending = asyncio.create_task(traffic.run(seconds))
    after = chance.uniform(0.2, 0.6) * seconds
    await asyncio.sleep(after)
    begun = time.monotonic()
    async with fault.apply(Victims(subject), chance):
        pass
    ended = time.monotonic()
    await sending
    await _healed(subject)
    healed = time.monotonic()
    return Round(
        fault=fault.name,
        after_seconds=round(after, 2),
        lasted_seconds=round(ended - begun, 2),
        heal_seconds=round(healed - ended, 2),
        acknowledged=len(traffic.acknowledged),
        repeated_requests=traffic.repeated_requests,
        verdict=await asyncio.to_thread(verdict, subject.admin_database_url, traffic),
    )


async def _healed(subject: Subject) -> None:
    """Every process healthy and the log loaded. TimeoutError after five minutes."""
    instance = open_instance(get_settings().home)
    async with asyncio.timeout(HEALED_WITHIN_SECONDS):
        while True:
            state = read_state(instance)
            if state is not None and state.well:
                await asyncio.to_thread(subject.wait_loaded)
                if (state := read_state(instance)) is not None and state.well:
                    return
            await asyncio.sleep(0.1)


def _line(ended: Round) -> str:
    """A round in one line."""
    found = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in asdict(ended.verdict).items() if count)
    return (
        f"{ended.fault}: {ended.acknowledged:,} acknowledged, healed in {ended.heal_seconds:.1f} s, "
        f"{found or 'nothing lost'}"
    )


def _tell(done: list[Round], command: str) -> int:
    by_fault = {name: _sums([each for each in done if each.fault == name]) for name in sorted({e.fault for e in done})}
    home: Path = get_settings().home
    path = write(home, "chaos", command, {"rounds": [asdict(each) for each in done], "faults": by_fault})
    columns: list[dict[str, Any]] = [
        {"figure": figure.replace("_", " "), **{name: sums[figure] for name, sums in by_fault.items()}}
        for figure in _sums(done)
    ]
    show(f"{len(done)} rounds, {sum(each.acknowledged for each in done):,} statements acknowledged", columns, path)
    return SOUND if all(each.sound for each in done) else LOST


def _sums(done: list[Round]) -> dict[str, float]:
    heal = sorted(each.heal_seconds for each in done)
    return {
        "rounds": len(done),
        "acknowledged": sum(each.acknowledged for each in done),
        "lost": sum(each.verdict.lost for each in done),
        "doubled": sum(each.verdict.doubled for each in done),
        "altered": sum(each.verdict.altered for each in done),
        "out_of_place": sum(each.verdict.out_of_place for each in done),
        "heal_p50_s": heal[len(heal) // 2],
        "heal_worst_s": heal[-1],
    }
