"""`python -m lrs_platform_tests.reference [--check] [PAGE...]`: write the pages of docs/reference, or look at them."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lrs_platform.local.instance import open_instance
from lrs_platform.local.state import is_running
from lrs_platform_tests.reference import FROM_CODE, FROM_INSTANCE, file_of, is_current


def main() -> int:
    """Exit status 0; 1 where a page is not current."""
    parser = argparse.ArgumentParser(prog="python -m lrs_platform_tests.reference")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 where a page is not current")
    parser.add_argument("pages", nargs="*", choices=[*FROM_CODE, *FROM_INSTANCE, []], metavar="PAGE")
    chosen = parser.parse_args()
    names = list(chosen.pages or [*FROM_CODE, *FROM_INSTANCE])
    if not is_running(open_instance(Path(os.environ.get("LRS_HOME", ".lrs")))):
        if left := [name for name in names if name in FROM_INSTANCE]:
            print(f"not looked at: {', '.join(left)}; start an instance first (sh lrs up --detach)")  # noqa: T201
        names = [name for name in names if name in FROM_CODE]
    if chosen.check:
        old = [name for name in names if not is_current(name)]
        print("\n".join(f"docs/reference/{name}.md is not current" for name in old) or "all current")  # noqa: T201
        return 1 if old else 0
    for name in names:
        file_of(name).write_text({**FROM_CODE, **FROM_INSTANCE}[name](), encoding="utf-8")
    return 0


sys.exit(main())
