"""The code of the first release beside this one: taken out of the history, run with the packages that are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from lrs_platform.local.instance import ROOT

# The last commit whose schema nobody had to upgrade from; where a clone does not reach so far back, the release's tag.
RELEASES = ("7005f01", "v0.1.0")


@dataclass(frozen=True)
class OldRelease:
    """A tree of the project as it was, and a Python that finds the package there."""

    tree: Path
    python: Path

    def now_runs(self, tree: Path) -> None:
        """Have every process of it that starts from now on run the package of another tree; those that run go on."""
        [path] = self.python.parent.parent.glob("lib/python3.*/site-packages/tree.pth")
        path.write_text(_finding(tree))

    def is_run_by(self, pid: int, tree: Path) -> bool:
        """Whether a process runs the package of that tree."""
        held = (str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir())
        return str(_mark(tree)) in held

    def spawn(self, *arguments: str, output: IO[bytes], **values: str) -> subprocess.Popen[bytes]:
        """Start Python with these arguments, and with nothing of ours in the environment but `values`."""
        command = [str(self.python), "-P", *arguments]
        environment = self._environment(values)
        return subprocess.Popen(
            command, cwd=self.tree, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )

    def run(self, *arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
        """Run Python with these arguments, as `spawn` does."""
        command = [str(self.python), "-P", *arguments]
        environment = self._environment(values)
        return subprocess.run(
            command, cwd=self.tree, env=environment, capture_output=True, text=True, check=False, timeout=400
        )

    def _environment(self, values: dict[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "HOME": str(self.tree), **values}


def old_release(directory: Path) -> OldRelease:
    """The first release, laid out in `directory`; skips where the history is not there."""
    archive = directory / "old.tar"
    for name in RELEASES:
        command = ["git", "archive", "--format=tar", f"--output={archive}", name]
        if subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0:
            break
    else:
        pytest.skip("the history of the project is not here")
    tree = directory / "tree"
    with tarfile.open(archive) as tar:
        tar.extractall(tree, filter="data")
    modules = ROOT / "deploy" / "dbhub" / "node_modules"
    if modules.exists():
        shutil.copytree(modules, tree / "deploy" / "dbhub" / "node_modules", symlinks=True)
    return OldRelease(tree, _python(directory / "venv", tree))


def _finding(tree: Path) -> str:
    """A .pth file by which a Python finds the package in a tree, and holds a file of it open, to be told by."""
    return f"{tree}\nimport os; os.open({str(_mark(tree))!r}, os.O_RDONLY)\n"


def _mark(tree: Path) -> Path:
    return tree.resolve() / "pyproject.toml"


def _python(venv: Path, tree: Path) -> Path:
    """A virtual environment that has the package from `tree`, and all others from the one that runs the tests."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=170)
    [packages] = venv.glob("lib/python3.*/site-packages")
    (packages / "tree.pth").write_text(_finding(tree))
    # Appended, so that its own .pth file, which names this checkout, is not read.
    (packages / "others.pth").write_text(f"import sys; sys.path.append({sysconfig.get_path('purelib')!r})\n")
    python = venv / "bin" / "python"
    for program in Path(sys.executable).parent.iterdir():
        made = venv / "bin" / program.name
        if made.exists():
            continue
        content = program.read_bytes()
        if content.startswith(b"#!") and b"python" in content.partition(b"\n")[0]:
            made.write_bytes(f"#!{python}\n".encode() + content.partition(b"\n")[2])
            made.chmod(0o755)
        else:
            made.symlink_to(program)
    return python
