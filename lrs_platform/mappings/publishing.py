"""Putting a folder of mapping rules and scripts in force.

Belongs here: copying files so that a loader never sees half of them. Not here: whether they are any good (trying.py).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from lrs_platform.mappings.composing import RULES, compose
from lrs_platform.mappings.rules import MappingInvalid


def put_in_force(folder: Path, place: Path) -> list[str]:
    """Make the rules and scripts of `folder` those of `place`; names of the files. What else was there counts no more.

    `place` changes by renaming, and what it held stays beside it as NAME.before. Raises MappingInvalid, OSError.
    """
    compose(folder)
    names = sorted(path.name for path in folder.iterdir() if path.name == RULES or path.suffix == ".py")
    if folder.resolve() == place.resolve():
        raise MappingInvalid(f"{folder} is the folder in force already")
    coming, before = place.with_name(f"{place.name}.coming"), place.with_name(f"{place.name}.before")
    shutil.rmtree(coming, ignore_errors=True)
    coming.mkdir(parents=True)
    for name in names:
        shutil.copyfile(folder / name, coming / name)
    shutil.rmtree(before, ignore_errors=True)
    if place.exists():
        place.rename(before)
    coming.rename(place)
    return names
