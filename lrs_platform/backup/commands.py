"""`lrs backup`, `lrs restore` and `lrs verify-backup`. Belongs here: options, the passphrase, what is shown."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lrs_platform import DEFAULT_HOME

if TYPE_CHECKING:
    from lrs_platform.local.instance import Instance

Home = Annotated[Path, typer.Option(envvar="LRS_HOME", help="Directory of the instance.")]
Place = Annotated[str, typer.Argument(help="A directory, or a URL as fsspec writes it, e.g. s3://bucket/monday.")]
PASSPHRASE = "LRS_BACKUP_PASSPHRASE"  # the name of a variable  # noqa: S105


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command()(backup)
    app.command()(restore)
    app.command("verify-backup")(verify_backup)


def backup(
    place: Place,
    home: Home = DEFAULT_HOME,
    with_secrets: Annotated[
        bool,
        typer.Option("--with-secrets", help=f"Also passwords and keys, encrypted; {PASSPHRASE} or a question."),
    ] = False,
) -> int:
    """Write everything that was accepted into an empty place, while the platform runs."""
    from lrs_platform.backup.store import Store
    from lrs_platform.backup.taking import take
    from lrs_platform.local.display import say

    instance = _at(home)
    started = time.monotonic()
    passphrase = _passphrase(confirm=True) if with_secrets else None
    with _told():
        made = take(instance, Store(place), passphrase=passphrase, tell=say)
    entries = sum(part.entries for part in made.log)
    say(
        f"everything accepted until {made.complete_until}: schema {made.schema}, {entries} log entries, "
        f"{made.credentials} credentials, {made.attachments} attachments; {time.monotonic() - started:.1f} s"
    )
    return 0


def verify_backup(place: Place) -> int:
    """Read a whole backup and check it; exit status 1 where something is damaged or missing."""
    from lrs_platform.backup.manifest import load
    from lrs_platform.backup.store import Store
    from lrs_platform.backup.verifying import problems
    from lrs_platform.local.display import say

    store = Store(place)
    with _told():
        told = load(store)
        found = list(problems(store, told))
    for problem in found:
        say(problem, error=True)
    if not found:
        say(f"whole: everything accepted until {told.complete_until}, with {told.attachments} attachments")
    return 1 if found else 0


def restore(
    place: Place,
    home: Home = DEFAULT_HOME,
    port: Annotated[int | None, typer.Option(envvar="LRS_PORT", help="First of ten ports. Default: 8000.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Remove what is there, for ever.")] = False,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Also the passwords and keys of the backup, with its passphrase.")
    ] = False,
) -> int:
    """Put a backup into an empty instance, which must not run; `lrs up` starts it afterwards."""
    from lrs_platform.backup.restoring import restore as put_back
    from lrs_platform.backup.store import Store
    from lrs_platform.local.display import say

    instance = _at(home, port)
    started = time.monotonic()
    passphrase = _passphrase(confirm=False) if with_secrets else None
    with _told():
        told = put_back(instance, Store(place), replace=replace, passphrase=passphrase, tell=say)
    say(f"restored up to {told.complete_until} in {time.monotonic() - started:.1f} s; `lrs up` starts it")
    return 0


def _at(home: Path, port: int | None = None) -> Instance:
    """The instance in `home`."""
    from lrs_platform.local.instance import open_instance

    os.environ["LRS_HOME"] = str(home.expanduser().resolve())
    return open_instance(home, port)


def _passphrase(*, confirm: bool) -> str:
    """From the environment, else asked for. Raises StartError for an empty one."""
    from lrs_platform.local.instance import StartError

    given = os.environ.get(PASSPHRASE)
    if given is None:
        given = str(typer.prompt("passphrase of the backup's secrets", hide_input=True, confirmation_prompt=confirm))
    if not given:
        raise StartError(f"{PASSPHRASE} is empty: secrets are never kept in clear")
    return given


@contextmanager
def _told() -> Iterator[None]:
    """What fails in a database, the log or a store, as one line."""
    import psycopg
    from redis.exceptions import RedisError

    from lrs_platform.local.instance import StartError

    try:
        yield
    except (psycopg.Error, RedisError, OSError) as error:
        words = str(error).strip().splitlines()
        raise StartError(f"not finished: {words[0] if words else type(error).__name__}; see `lrs doctor`") from error
