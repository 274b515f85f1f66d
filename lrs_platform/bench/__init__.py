"""`lrs bench`: speeds of the running instance, each with its yardstick in the same run.

Belongs here: the command as a function. A measurement is a module of its name; what is sent is statements.py, who sends
it load_generator.py and watch.py, what is left behind report.py. Timed figures live here, never in a test.
"""

from __future__ import annotations

from pathlib import Path

MEASUREMENTS = ("accept", "load", "freshness", "answers", "idle", "read", "growth", "upkeep", "mapping", "marts", "nlp")


def run(
    name: str,
    *,
    rounds: int = 3,
    seconds: float | None = None,
    statements: int | None = None,
    rate: float | None = None,
    data: Path | None = None,
    against: str | None = None,
    user: str | None = None,
    password: str | None = None,
) -> int:
    """Run the measurement `name` on the instance of LRS_HOME; returns an exit status. "all" is every one but read and
    growth, which fill the record, upkeep, which takes long, and mapping and marts, which measure parts of their own.

    `seconds` is per round (5 for accept, 60 for freshness, 20 for answers, 300 for idle, 600 for upkeep), `statements`
    how many wait in the log for load (200,000) and growth (100,000), are stored for read, lie behind the marts
    (1,000,000) or are mapped (20,000), `rate` the requests a second (200 for freshness, 20 for answers, 10 for upkeep;
    accept: as many as it takes), `data` a file of statements to send. `against`, `user` and `password` name another LRS
    for accept. Raises StartError where no instance runs, ValueError for a name that is none.
    """
    from lrs_platform.bench.accept import Rival, accept
    from lrs_platform.bench.answers import answers
    from lrs_platform.bench.freshness import freshness
    from lrs_platform.bench.growth import growth
    from lrs_platform.bench.idle import idle
    from lrs_platform.bench.load import load
    from lrs_platform.bench.questions.reporting import nlp
    from lrs_platform.bench.read import read
    from lrs_platform.bench.upkeep import upkeep

    if name not in (*MEASUREMENTS, "all"):
        raise ValueError(f"no measurement {name!r}: there are {', '.join(MEASUREMENTS)} and all")
    if name == "mapping":
        from lrs_platform.bench.mapping import mapping

        return mapping(rounds=rounds, statements=statements or 20_000, data=data)
    if name == "marts":
        from lrs_platform.bench.marts import marts

        return marts(rounds=rounds, statements=statements or 1_000_000)
    rival = Rival(against, user or "", password or "") if against else None
    status = 0
    if name in ("accept", "all"):
        status = accept(rounds=rounds, seconds=seconds or 5.0, data=data, rival=rival, rate=rate or 0.0)
    if name in ("load", "all"):
        status = load(rounds=rounds, statements=statements or 200_000, data=data) or status
    if name in ("freshness", "all"):
        status = freshness(rounds=rounds, seconds=seconds or 60.0, rate=rate or 200.0) or status
    if name in ("answers", "all"):
        status = answers(rounds=rounds, seconds=seconds or 20.0, rate=rate or 20.0) or status
    if name in ("idle", "all"):
        status = idle(rounds=1 if name == "all" else rounds, seconds=seconds or 300.0) or status
    if name == "growth":
        status = growth(rounds=rounds, statements=statements or 100_000)
    if name == "upkeep":
        status = upkeep(rounds=rounds, seconds=seconds or 600.0, rate=rate or 10.0)
    if name == "read":
        status = read(rounds=rounds, statements=statements or 1_000_000)
    if name in ("nlp", "all"):
        status = nlp() or status
    return status
