"""docs/reference/packages.md: the packages by layer, each with the first sentence of its docstring."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from lrs_platform_tests.layers import LAYERS

PACKAGE = Path(__file__).resolve().parents[2] / "lrs_platform"
SENTENCE = re.compile(r"(.+?\.)(?: [A-Z`].*)?$")
HEAD = """\
# Packages

What stands where in `lrs_platform/`, from the ground up: a part imports from its own layer and from those before it on
this page. Each package says more in the first lines of its `__init__.py`, each module in its own; the tests of a
package lie in `lrs_platform_tests/` under its name. Which process runs what is told in
[architecture.md](../architecture.md).
"""


def page() -> str:
    """A section a layer, a row a package or module."""
    sections = []
    for name, layer in LAYERS.items():
        rows = [f"| `{part}` | {_says(PACKAGE / part)} |" for part in layer.parts.split() if part != "__init__.py"]
        sections.append(
            f"\n## {name.capitalize()}\n\n{layer.what}\n\n| part | what |\n|---|---|\n" + "\n".join(rows) + "\n"
        )
    return HEAD + "".join(sections)


def _says(place: Path) -> str:
    file = place / "__init__.py" if place.is_dir() else place
    told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    text = " ".join(told.partition("\n\n")[0].split())
    found = SENTENCE.match(text)
    return (found[1] if found else text).replace("|", "\\|")
