"""`lrs erase`, `lrs export`, `lrs retention` and `lrs verify-proof`. Belongs here: options, and what is shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lrs_platform import DEFAULT_HOME

if TYPE_CHECKING:
    from lrs_platform.mcp_client import McpClient
    from lrs_platform.settings import Settings

Home = Annotated[Path, typer.Option(envvar="LRS_HOME", help="Directory of the instance.")]
Learner = Annotated[
    str,
    typer.Option("--learner", help="Mail address, account (homePage|name), its SHA-1, openid, an Agent's JSON, or id."),
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command()(erase)
    app.command()(export)
    app.command()(retention)
    app.command("verify-proof")(verify_proof)


def erase(
    learner: Learner,
    home: Home = DEFAULT_HOME,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and remove nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Remove everything about a learner, everywhere, and write a signed proof. It cannot be undone."""
    _at(home)
    import psycopg
    from redis.exceptions import RedisError

    from lrs_platform.administration import CANNOT, DONE, run
    from lrs_platform.local.instance import StartError
    from lrs_platform.rights.erasure import StillThere, erase, preview
    from lrs_platform.rights.log_entries import LogBehind
    from lrs_platform.stream import LogUnavailable

    async def erased(settings: Settings, warehouse: McpClient) -> int:
        if dry_run or not yes:
            planned = await preview(warehouse, learner)
            numbers = ", ".join(map(str, planned["learner_ids"])) or "none"
            _say(f"learner {numbers}, known by {', '.join(planned['kinds'])}")
            _counts(planned["removed"] | {"attachments": planned["attachments"]}, "would go from")
            _counts(planned["rewritten"], "would be rewritten in")
            if dry_run:
                return DONE
            if not typer.confirm("Remove all of this, also from the log and from Dagster, for ever?"):
                return CANNOT
        try:
            path, proof = await erase(settings, warehouse, learner, by="cli", tell=_say)
        except (StillThere, LogBehind) as error:
            raise StartError(str(error)) from error
        except (LogUnavailable, RedisError, psycopg.Error, OSError) as error:
            raise StartError(f"not finished ({error}): `lrs status`, then erase again: it goes on from here") from error
        _counts(proof["removed"], "removed from")
        _counts(proof["rewritten_because_they_named_the_person"], "rewritten in")
        _say(f"searched afterwards, nothing was found; the proof: {path}")
        return DONE

    return run(home, erased)


def export(
    learner: Learner,
    out: Annotated[Path, typer.Option("--out", help="The ZIP file to be written.", dir_okay=False)],
    home: Home = DEFAULT_HOME,
) -> int:
    """Write everything about a learner into a ZIP: a page to read, statements, rows of every table."""
    _at(home)
    from lrs_platform.administration import DONE, run
    from lrs_platform.rights.copy_of_data import export as write

    async def exported(settings: Settings, warehouse: McpClient) -> int:
        _counts(await write(settings, warehouse, learner, out), "from")
        _say(f"written to {out}")
        return DONE

    return run(home, exported)


def retention(
    home: Home = DEFAULT_HOME,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and remove nothing.")] = False,
) -> int:
    """Remove what is older than retention.yaml allows."""
    _at(home)
    from lrs_platform.administration import DONE, run
    from lrs_platform.local.instance import StartError
    from lrs_platform.rights.retention import PolicyInvalid, apply

    async def applied(settings: Settings, warehouse: McpClient) -> int:
        try:
            removed = await apply(settings, warehouse, dry_run=dry_run)
        except (PolicyInvalid, OSError) as error:
            raise StartError(str(error)) from error
        _counts(removed, "would go from" if dry_run else "removed from")
        if not removed:
            _say("nothing is older than it may be")
        return DONE

    return run(home, applied)


def verify_proof(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A proof of an erasure.")],
    home: Home = DEFAULT_HOME,
    learner: Annotated[str, typer.Option("--learner", help="Say also whether it is about this key.")] = "",
) -> int:
    """Check the signature of a proof; exit status 1 where it does not hold."""
    _at(home)
    home = home.expanduser()
    import json

    from lrs_platform.administration import DONE, NOT_ALL
    from lrs_platform.rights.proof import KEY_FILE, ProofInvalid, Signer, check

    try:
        proof = json.loads(file.read_text(encoding="utf-8"))
        has_key = (home / KEY_FILE).exists()
        signer = Signer.of(home) if has_key else None
        check(proof, public_key=signer.public if signer else None)
    except (ValueError, ProofInvalid) as error:
        _say(f"not valid: {error}")
        return NOT_ALL
    _say(f"valid, signed by {'this instance' if signer else 'the key in it, which this instance does not have'}")
    if learner and signer:
        same = signer.hash_of(learner) in proof.get("subject_hmac_sha256", ())
        _say(f"it is {'' if same else 'not '}about {learner}")
        return DONE if same else NOT_ALL
    return DONE


def _at(home: Path) -> None:
    os.environ["LRS_HOME"] = str(home.expanduser().resolve())


def _counts(counts: dict[str, int], words: str) -> None:
    for place, count in sorted(counts.items()):
        if count:
            _say(f"{count:>8} {words} {place}")


def _say(text: str) -> None:
    from lrs_platform.local.display import say

    say(text)
