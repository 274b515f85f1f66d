"""docs/reference/settings.md: every setting with its default, made from settings.py."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from lrs_platform.settings import Settings

HEAD = """\
# Settings

Every setting is an environment variable, or a file of that name in `/run/secrets`. A process gets only the secrets
that it may hold. The defaults are those of one machine; `sh lrs up` fills in addresses and secrets.

| variable | default | what |
|---|---|---|
"""


def page() -> str:
    """One row a setting, in the order of settings.py."""
    rows = [
        f"| `LRS_{name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return HEAD + "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    if _is_secret(field.annotation):
        return "secret"
    return "" if field.default is None else f"`{field.default}`"


def _is_secret(annotation: Any) -> bool:
    union = get_origin(annotation) in (Union, types.UnionType)
    return annotation is SecretStr or (union and SecretStr in get_args(annotation))
