"""The source LRSs: sources.yaml, read and checked.

Belongs here: what may be said of a source. Not here: asking it (fetching.py). A file of this kind holds no secret: it
names variables of the environment, which begin with LRS_SOURCE_, or files of those names in /run/secrets.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from lrs_platform.settings import SECRETS_DIR, Settings
from lrs_platform.xapi.versions import Version

VARIABLE = r"^LRS_SOURCE_[A-Z0-9_]+$"  # only these reach the process that pulls (local/processes.py)


class SourcesInvalid(ValueError):
    """sources.yaml cannot be used; the message says where and why."""


class Filters(BaseModel):
    """Filters of GET /statements (Communication 2.1.3) that the source applies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verb: str | None = None
    activity: str | None = None
    agent: dict[str, Any] | None = None
    registration: str | None = None
    related_activities: bool | None = None
    related_agents: bool | None = None

    def parameters(self) -> dict[str, str]:
        """As parameters of a request."""
        texts: dict[str, str] = {}
        for name, value in self.model_dump(exclude_none=True).items():
            texts[name] = value if isinstance(value, str) else json.dumps(value)
        return texts


class Source(BaseModel):
    """One source LRS."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    endpoint: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")]
    version: Version = Version.V1_0_3
    username_env: Annotated[str, Field(pattern=VARIABLE)]
    password_env: Annotated[str, Field(pattern=VARIABLE)]
    filters: Filters = Filters()
    since: AwareDatetime | None = None
    # `since` goes by `stored` (Communication 2.1.3). Ralph 5 takes `timestamp`: then a statement that comes late is
    # found only within the overlap, so give that the time for which devices may be offline.
    since_by: Literal["stored", "timestamp"] = "stored"
    page_size: Annotated[int, Field(ge=1, le=5000)] = 500
    pages: Annotated[int, Field(ge=1)] = 200
    every_seconds: Annotated[float, Field(ge=0)] = 0.0
    overlap_seconds: Annotated[float, Field(ge=0)] = 60.0
    timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    authority: dict[str, Any] | None = None
    enabled: bool = True

    @field_validator("endpoint")
    @classmethod
    def _without_resource(cls, endpoint: str) -> str:
        return endpoint.rstrip("/").removesuffix("/statements")

    def authority_json(self) -> bytes:
        """Who vouches here for what comes from this source: `authority`, or an account named after it."""
        account = {"homePage": self.endpoint, "name": self.name}
        authority = self.authority or {"objectType": "Agent", "account": account}
        return json.dumps(authority, separators=(",", ":")).encode()

    def credential(self) -> tuple[str, str]:
        """Username and password. Raises SourcesInvalid where a variable is not set."""
        return _secret(self.username_env, self.name), _secret(self.password_env, self.name)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sources: list[Source]


def read_sources(settings: Settings) -> list[Source]:
    """The sources that are configured and enabled. Raises SourcesInvalid."""
    path = settings.sources_file or settings.home / "sources.yaml"
    if not path.exists():
        if settings.sources_file is not None:
            raise SourcesInvalid(f"LRS_SOURCES_FILE names {path}, which is not there")
        return []
    return [source for source in sources_of(path) if source.enabled]


def sources_of(path: Path) -> list[Source]:
    """The sources of one file. Raises SourcesInvalid."""
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {"sources": []}
        sources = _File.model_validate(content).sources
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SourcesInvalid(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SourcesInvalid(f"{path}: {place}: {first['msg']}") from None  # its text would repeat the input
    names = [source.name for source in sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourcesInvalid(f"{path}: two sources are called {twice[0]}: the cursor is kept by name")
    return sources


def _secret(name: str, source: str) -> str:
    value = os.environ.get(name)
    if value is None and (SECRETS_DIR / name).is_file():
        value = (SECRETS_DIR / name).read_text(encoding="utf-8").strip()
    if not value:
        raise SourcesInvalid(f"{name} is not set: source {source} takes its credential from it")
    return value
