"""`lrs credentials`: who may use /xAPI of the instance on this machine, and for what.

Belongs here: options and what is printed. Not here: credentials themselves (gateway/credential_store.py). A password is
shown once; none is taken from the command line, where every user of the machine could read it.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from lrs_platform import DEFAULT_HOME

app = typer.Typer(help="Credentials of xAPI clients: add, list, rotate, revoke.", no_args_is_help=True)

Home = Annotated[Path, typer.Option(envvar="LRS_HOME", help="Directory of the instance.")]


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="By which the client logs in; without a colon.")],
    scope: Annotated[list[str], typer.Option(help="May be repeated: statements/write, statements/read, ...")],
    name: Annotated[str, typer.Option(help="What the credential is for.")] = "",
    home: Home = DEFAULT_HOME,
) -> int:
    """Make a credential; its password is shown once."""
    from lrs_platform.gateway.credential_store import make_credential

    making = make_credential(_redis_url(home), username=username, scopes=scope, name=name, home_page=_home_page(home))
    try:
        password = asyncio.run(making)
    except ValueError as error:
        return _say(str(error), failed=True)
    return _say(f"username  {username}\npassword  {password}\nscopes    {', '.join(sorted(scope))}")


@app.command("list")
def list_(home: Home = DEFAULT_HOME) -> int:
    """Show credentials and their scopes, never passwords."""
    from lrs_platform.gateway.credential_store import list_credentials

    found = asyncio.run(list_credentials(_redis_url(home)))
    for username, credential in sorted(found.items()):
        _say(f"{username:<24} {' '.join(credential.scopes):<40} {credential.name}".rstrip())
    return 0


@app.command()
def rotate(username: str, home: Home = DEFAULT_HOME) -> int:
    """Give a credential a new password, shown once; scopes and authority stay. The old one ends within a minute."""
    from lrs_platform.gateway.credential_store import rotate_password

    try:
        password = asyncio.run(rotate_password(_redis_url(home), username))
    except LookupError as error:
        return _say(str(error), failed=True)
    return _say(f"username  {username}\npassword  {password}")


@app.command()
def revoke(username: str, home: Home = DEFAULT_HOME) -> int:
    """Remove a credential; it ends within a minute (LRS_VERDICT_TTL_SECONDS). Its statements stay."""
    from lrs_platform.gateway.credential_store import remove_credential

    if not asyncio.run(remove_credential(_redis_url(home), username)):
        return _say(f"there is no credential {username}", failed=True)
    return _say(f"{username} is revoked")


def _redis_url(home: Path) -> str:
    """The log's address: LRS_REDIS_URL, else that of the instance in `home`. Raises StartError."""
    from lrs_platform.local.credentials import redis_url
    from lrs_platform.local.instance import open_instance

    return os.environ.get("LRS_REDIS_URL") or redis_url(open_instance(home))


def _home_page(home: Path) -> str | None:
    """homePage of the authority's account: LRS_PUBLIC_URL, else the address of the instance in `home`, if it is
    here.
    """
    from lrs_platform.local.credentials import load_credentials
    from lrs_platform.local.instance import open_instance

    if os.environ.get("LRS_PUBLIC_URL") or os.environ.get("LRS_REDIS_URL"):
        return os.environ.get("LRS_PUBLIC_URL")
    return load_credentials(open_instance(home)).urls["gateway"]


def _say(text: str, *, failed: bool = False) -> int:
    from lrs_platform.local.display import say

    say(text, error=failed)
    return 2 if failed else 0
