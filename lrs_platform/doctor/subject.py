"""What is examined: an instance on this machine, or the services that the environment names, or both.

Belongs here: finding out where everything is. Not here: judging it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lrs_platform.local.credentials import load_credentials, load_secrets
from lrs_platform.local.instance import Instance, StartError, open_instance
from lrs_platform.local.processes import values_of
from lrs_platform.local.state import PlatformState, is_running, read_state
from lrs_platform.settings import Settings


@dataclass(frozen=True)
class Subject:
    """One installation. `given` is what the environment says, None where that is no valid configuration; `settings` has
    the addresses and secrets of the instance too. `state`: of an instance that runs on this machine, else None.
    """

    instance: Instance
    given: Settings | None
    settings: Settings | None
    state: PlatformState | None = None
    problems: tuple[tuple[str, str], ...] = ()  # of settings that are no valid ones: variable, what is wrong

    @property
    def runs_here(self) -> bool:
        """Whether a supervisor is at work on this machine."""
        return self.state is not None

    def given_by_environment(self, name: str) -> bool:
        """Whether the environment, not the instance, says what setting `name` is: its server is somebody else's."""
        return self.given is not None and getattr(self.given, name) is not None


def subject_at(home: Path, port: int | None = None) -> Subject:
    """The installation whose instance lies in `home`, as far as it can be told without any server."""
    os.environ["LRS_HOME"] = str(home.expanduser().resolve())
    instance = open_instance(home, port)
    state = read_state(instance) if is_running(instance) else None
    if state is not None:
        instance = Instance(instance.home, state.port)
    try:
        given = Settings()
    except ValidationError as error:
        return Subject(instance, None, None, state, tuple(_told(each) for each in error.errors(include_input=False)))
    return Subject(instance, given, _complete(instance, given), state)


def _complete(instance: Instance, given: Settings) -> Settings:
    """`given` with what the instance knows; as it is where there is no instance that was ever started."""
    try:
        secrets, credentials = load_secrets(instance), load_credentials(instance)
    except StartError:
        return given
    return Settings.model_validate(values_of(instance, given, secrets, credentials))


def _told(error: Any) -> tuple[str, str]:
    """Of one of pydantic's errors, the variable and the rule; what was set is not repeated, it may be a secret."""
    name = ".".join(str(part) for part in error["loc"])
    return f"LRS_{name.removeprefix('LRS_').removeprefix('lrs_').upper()}", str(error["msg"])
