"""The table of settings in docs/operations.md, made from settings.py.

`python -m lrs_platform_tests.settings_table` renews it.
"""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from lrs_platform.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "operations.md"
BEGIN, END = "<!-- settings: begin -->\n", "<!-- settings: end -->\n"


def settings_table() -> str:
    """The whole table as Markdown, one row a setting in the order of settings.py."""
    rows = [
        f"| `LRS_{name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | what |", "|---|---|---|", *rows]) + "\n"


def page_with(table: str) -> str:
    """The page with `table` in its place."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}{table}{END}{rest.partition(END)[2]}"


def _default(field: FieldInfo) -> str:
    if _is_secret(field.annotation):
        return "secret"
    return "" if field.default is None else f"`{field.default}`"


def _is_secret(annotation: Any) -> bool:
    union = get_origin(annotation) in (Union, types.UnionType)
    return annotation is SecretStr or (union and SecretStr in get_args(annotation))


if __name__ == "__main__":
    PAGE.write_text(page_with(settings_table()), encoding="utf-8")
