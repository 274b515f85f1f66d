"""The shape of the code is the one that docs/architecture.md promises: who may import whom, how long a file may be,
where SQL stands.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lrs_platform.settings import Settings
from lrs_platform_tests.layers import LAYERS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lrs_platform"
LONGEST_FILE = 400
EXECUTES = {"execute", "executemany", "executescript", "copy", "copy_expert", "text", "stream"}

COMMANDS = "commands.py"  # of any part: what `lrs` calls, so it is operation
UPWARDS = {  # on purpose
    # contracts are held against what the code location and the gateway offer, asked when needed
    ("contracts/checking.py", "definitions.py"),
    ("contracts/checking.py", "gateway/app.py"),
    ("gateway/debug/board.py", "local/instance.py"),  # where the project's files lie
}

# Libraries that give power, and the parts that may have it.
HOLDERS = {
    "psycopg": "mcp_servers/warehouse warehouse dagster_history local backup doctor bench chaos rights/commands.py"
    " rights/orchestrator_metadata.py",
    "psycopg_pool": "mcp_servers/warehouse",
    "redis": "stream call_log defs gateway local backup doctor bench chaos rights",
    "aiosmtplib": "mcp_servers/mail",
    "smtplib": "",
    "sqlite3": "mcp_servers/mail backup",
    "mcp": "mcp_servers",
    "dagster": "defs definitions.py dagster_storage.py gateway local/bootstrap.py backup/restoring.py",
    "fastapi": "gateway ui api questions/page.py",
    "langchain": "questions",
    "typer": "cli.py credentials_cli.py commands.py",
    "pydantic_monty": "mcp_servers/python",
}

# A part of the package, and what it must not import: other parts of it, or libraries.
FORBIDDEN = [
    ("xapi", "every part but xapi itself"),
    ("stream", "every part but stream and settings"),
    ("http1.py", "every part"),
    ("mcp_client.py", "dagster fastapi starlette"),
    ("etl_streaming.py", "dagster fastapi starlette psycopg"),
    ("defs", "lrs_platform.gateway lrs_platform.warehouse psycopg"),
    ("gateway", "lrs_platform.defs lrs_platform.definitions lrs_platform.warehouse psycopg"),
    ("mcp_servers", "dagster fastapi lrs_platform.gateway lrs_platform.defs redis"),
    ("mappings/scripts", "every part"),
]
ALLOWED_PARTS = {
    "xapi": {"xapi"},
    "stream": {"stream", "settings"},
    "http1.py": set(),
    "mappings/scripts": set(),
}


@cache
def _modules() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def _imports(tree: ast.Module) -> Iterator[str]:
    """Full names of all that is imported, at the top or inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(part: str) -> list[Path]:
    place = PACKAGE / part
    return [path for path in _modules() if path == place or place in path.parents]


def _within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


@pytest.mark.parametrize(("part", "forbidden"), FORBIDDEN, ids=[part for part, _ in FORBIDDEN])
def test_dependencies_point_one_way(part: str, forbidden: str) -> None:
    files = _files(part)
    assert files, f"{part} is gone: change this table with it"
    wrong = []
    for path in files:
        for name in _imports(_modules()[path]):
            if forbidden.startswith("every part"):
                parts = name.split(".")
                bad = parts[0] == "lrs_platform" and (len(parts) < 2 or parts[1] not in ALLOWED_PARTS[part])
            else:
                bad = any(_within(name, prefix) for prefix in forbidden.split())
            if bad:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def _layer(path: str) -> int:
    """Number of the layer of a file of the package; -1 where no layer names it."""
    if path.endswith(f"/{COMMANDS}"):
        return list(LAYERS).index("operation")
    found = [
        (len(part), number)
        for number, layer in enumerate(LAYERS.values())
        for part in layer.parts.split()
        if path == part or path.startswith(f"{part}/")
    ]
    return max(found)[1] if found else -1


def _file_of(name: str) -> str:
    """The file that an imported name of the package comes from."""
    words = name.split(".")[1:]
    for length in range(len(words), 0, -1):
        place = PACKAGE.joinpath(*words[:length])
        if place.with_suffix(".py").exists():
            return place.with_suffix(".py").relative_to(PACKAGE).as_posix()
        if (place / "__init__.py").exists():
            return (place / "__init__.py").relative_to(PACKAGE).as_posix()
    return "__init__.py"


def test_every_file_has_its_layer_and_imports_from_no_higher_one() -> None:
    names = list(LAYERS)
    wrong = []
    for path, tree in _modules().items():
        file = path.relative_to(PACKAGE).as_posix()
        assert _layer(file) >= 0, f"{file}: give it a layer in LAYERS"
        for name in _imports(tree):
            if not name.startswith("lrs_platform."):
                continue
            target = _file_of(name)
            if _layer(target) > _layer(file) and (file, target) not in UPWARDS:
                wrong.append(f"{file} ({names[_layer(file)]}) imports {target} ({names[_layer(target)]})")
    assert wrong == []


@pytest.mark.parametrize("library", HOLDERS)
def test_what_gives_power_is_in_few_hands(library: str) -> None:
    allowed = HOLDERS[library].split()
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path, tree in _modules().items()
        if any(_within(name, library) for name in _imports(tree))
    }
    strangers = [
        user
        for user in sorted(users)
        if not any(user == part or user.startswith(f"{part}/") or user.endswith(f"/{part}") for part in allowed)
    ]
    assert strangers == []
    idle = [part for part in allowed if not any(user.startswith(part) or user.endswith(part) for user in users)]
    assert idle == [], f"{library}: nobody there imports it any more"


def test_every_setting_is_used() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in (PACKAGE, ROOT / "deploy")
        for path in folder.rglob("*")
        if path.suffix in {".py", ".yaml", ".sh"} and path.name != "settings.py" and "node_modules" not in path.parts
    )
    code += (ROOT / "workspace.yaml").read_text(encoding="utf-8")
    names = [name for name in Settings.model_fields if not re.search(rf"\b({name}|LRS_{name.upper()})\b", code)]
    assert names == []


def test_the_standard_does_no_input_or_output() -> None:
    talkers = {"socket", "asyncio", "httpx", "redis", "psycopg", "pathlib", "os", "subprocess", "urllib.request"}
    wrong = [
        f"{path.name} imports {name}"
        for path in _files("xapi")
        for name in _imports(_modules()[path])
        if any(_within(name, talker) for talker in talkers)
    ]
    assert wrong == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {}
    for folder in ("lrs_platform", "lrs_platform_tests"):
        for path in (ROOT / folder).rglob("*.py"):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > LONGEST_FILE:
                long[str(path.relative_to(ROOT))] = lines
    assert long == {}


def test_every_module_says_first_why_it_exists() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path, tree in _modules().items()
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree)
    ]
    assert silent == []


def test_names_say_what_a_file_is_for() -> None:
    empty_names = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "base"}
    assert [str(path.relative_to(ROOT)) for path in _modules() if path.stem in empty_names] == []


def _made_up_sql(tree: ast.Module) -> Iterator[int]:
    """Lines where a command for the database is put together from text instead of being bound."""
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in EXECUTES
            and node.args
        ):
            continue
        command = node.args[0]
        if isinstance(command, ast.Await):
            continue
        formatted = isinstance(command, ast.JoinedStr)
        glued = isinstance(command, ast.BinOp) and isinstance(command.op, ast.Add | ast.Mod)
        by_format = (
            isinstance(command, ast.Call)
            and isinstance(command.func, ast.Attribute)
            and (command.func.attr == "format" and isinstance(command.func.value, ast.Constant))
        )
        if formatted or glued or by_format:
            yield node.lineno


def test_sql_is_never_put_together_from_text() -> None:
    found = [f"{path.relative_to(ROOT)}:{line}" for path, tree in _modules().items() for line in _made_up_sql(tree)]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'c.execute(f"select {x}")',
        'c.execute("select " + x)',
        'c.execute("select %s" % x)',
        'c.execute("a {}".format(x))',
    ],
)
def test_sql_put_together_from_text_would_be_found(code: str) -> None:
    assert list(_made_up_sql(ast.parse(code))) == [1]
    assert list(_made_up_sql(ast.parse('c.execute("select %s", (x,))'))) == []


def test_long_sql_stands_in_sql_files() -> None:
    """A line of SQL may stand where it is used; what needs several has a file, a name and a statement of intent."""
    verbs = ("select", "insert", "update", "delete", "create", "alter", "with", "copy")
    found = []
    for path, tree in _modules().items():
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                lines = node.value.strip().lower().splitlines()
                if len(lines) > 1 and lines[0].split(" ")[0] in verbs:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_every_sql_file_begins_with_what_it_is_for() -> None:
    files = [*PACKAGE.rglob("*.sql"), *(ROOT / "deploy").glob("postgres/*.sql")]
    assert files
    silent = [str(path.relative_to(ROOT)) for path in files if not path.read_text(encoding="utf-8").startswith("--")]
    assert silent == []


def test_the_repository_names_no_secret_and_no_registry() -> None:
    """Index addresses in a lock file would tie the project to one machine's mirror."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "--index-url" not in lock
    assert "://" not in lock
    assert '"resolved"' not in (ROOT / "deploy" / "dbhub" / "package-lock.json").read_text(encoding="utf-8")
