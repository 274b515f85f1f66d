"""The code blocks of a page of docs/, so that a test can do what a reader does: write the files, run the commands.

A block with a title, as in ```yaml title="rules.yaml", is a file. Blocks of `sh` are commands; after them a block of
`text` shows lines that they print, `...` standing for anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', flags=re.MULTILINE | re.DOTALL)
AT_THE_END = " (at the end)"


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    title: str
    text: str

    def write(self, root: Path) -> None:
        """The file that its title names, below `root`; added to it where the title says so."""
        place = root / self.title.removesuffix(AT_THE_END)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a" if self.title.endswith(AT_THE_END) else "w", encoding="utf-8") as file:
            file.write(self.text)

    def missing_in(self, output: str) -> list[str]:
        """Lines of this block that `output` does not have."""
        lines = [line.strip() for line in output.splitlines()]
        wanted = [_pattern(line.strip()) for line in self.text.splitlines() if line.strip() not in ("", "...")]
        return [pattern for pattern in wanted if not any(fnmatchcase(line, pattern) for line in lines)]


def blocks(page: str) -> list[Block]:
    """All blocks of docs/`page`, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [Block(language, title or "", body) for language, title, body in FENCE.findall(text)]


def _pattern(line: str) -> str:
    """`line` for fnmatch, with `...` as anything and nothing else special."""
    return re.sub(r"([\[*?])", r"[\1]", line).replace("...", "*")
