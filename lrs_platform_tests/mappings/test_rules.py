"""Rules choose scripts, the first that fits; a user's folder goes over what the project brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs_platform.mappings.composing import compose, current
from lrs_platform.mappings.publishing import put_in_force
from lrs_platform.mappings.rules import MappingInvalid
from lrs_platform.settings import get_settings
from lrs_platform_tests.mappings.sandboxed import chosen, mapped

MOODLE = '''
def moodle(row, statement, context):
    """Courses of a Moodle are lessons."""
    row[ACTIVITY_TYPE] = "http://adlnet.gov/expapi/activities/lesson"
    row[PLATFORM] = "moodle"
'''


def folder(tmp_path: Path, **files: str) -> Path:
    place = tmp_path / "own"
    place.mkdir(exist_ok=True)
    for name, text in files.items():
        (place / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return place


def test_a_script_of_the_users_own_is_chosen_by_a_rule_of_the_users_own(tmp_path: Path) -> None:
    rules = "- {use: moodle, authority: 'https://moodle.example|key'}\n"
    mapping = compose(folder(tmp_path, rules__yaml=rules, moodle__py=MOODLE))
    of_moodle = {"account": {"homePage": "https://moodle.example", "name": "key"}}
    [event] = mapped({}, mapping=mapping, authority=of_moodle)
    assert (event["platform"], event["activity_type"]) == ("moodle", "http://adlnet.gov/expapi/activities/lesson")
    [other] = mapped({}, mapping=mapping)
    assert other["platform"] is None


def test_the_first_rule_that_fits_decides_and_all_its_conditions_have_to_hold(tmp_path: Path) -> None:
    rules = """
- {use: canonical, verb: urn:v1, platform: [a, b]}
- {use: video, verb: [urn:v1, urn:v2], activity: ["urn:film:", "urn:clip:"]}
- {use: cmi5, category: urn:c2, extension: urn:e}
- {use: seventaps, type: urn:t}
"""
    mapping = compose(folder(tmp_path, rules__yaml=rules))
    film = {"object": {"id": "urn:film:1", "definition": {"type": "urn:t"}}}
    category = {"contextActivities": {"category": [{"id": "urn:c1"}, {"id": "urn:c2"}]}}
    single = {"contextActivities": {"category": {"id": "urn:c2"}}, "extensions": {"urn:e": 1}}
    assert chosen(
        {"verb": {"id": "urn:v1"}, "context": {"platform": "b"}, **film},
        {"verb": {"id": "urn:v1"}, "context": {"platform": "c"}, **film},
        {"verb": {"id": "urn:v2"}, "object": {"id": "urn:clip:9"}},
        {"verb": {"id": "urn:v3"}, **film},
        {"context": category},
        {"context": {**category, "extensions": {"urn:e": None}}},
        {"context": single},
        {"object": {"objectType": "Agent", "mbox": "mailto:x@example.com"}, "verb": {"id": "urn:v2"}},
        mapping=mapping,
    ) == ["canonical", "video", "video", "seventaps", "canonical", "cmi5", "cmi5", "canonical"]


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    place = folder(tmp_path, moodle__py=MOODLE)
    first = compose(place).version
    assert first != compose(None).version
    (place / "moodle.py").write_text(MOODLE.replace('"moodle"', '"Moodle"'), encoding="utf-8")
    assert compose(place).version != first
    (place / "moodle.py").write_text(MOODLE, encoding="utf-8")
    assert compose(place).version == first


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"rules__yaml": "- {use: nobody}"}, "no nobody.py"),
        ({"rules__yaml": "- {use: video, vreb: urn:v}"}, "vreb"),
        ({"rules__yaml": "- {use: [video"}, "rules.yaml"),
        ({"rules__yaml": "- {use: video}\n- {use: cmi5, verb: urn:v}"}, "rule 1 has no condition"),
        ({"moodle__py": "def moodle(row:\n"}, "line 1"),
        ({"moodle__py": "def other(row, statement, context):\n    pass\n"}, "a function moodle"),
        ({"Moodle__py": MOODLE}, "small letters"),
        ({"each_line__py": MOODLE}, "none of"),
    ],
)
def test_what_cannot_be_used_is_refused_and_says_where(tmp_path: Path, files: dict[str, str], says: str) -> None:
    with pytest.raises(MappingInvalid, match=says):
        compose(folder(tmp_path, **files))


def test_a_folder_is_in_force_as_soon_as_it_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "home" / "mappings"
    monkeypatch.setenv("LRS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LRS_MAPPINGS_DIR", raising=False)
    get_settings.cache_clear()
    try:
        assert current().version == compose(None).version
        own = folder(tmp_path, moodle__py=MOODLE)
        assert put_in_force(own, place) == ["moodle.py"]
        assert current().version == compose(own).version
        (own / "moodle.py").unlink()
        (own / "rules.yaml").write_text("- {use: video, verb: urn:v}\n", encoding="utf-8")
        assert put_in_force(own, place) == ["rules.yaml"]  # what is no longer in the folder counts no more
        assert current().version == compose(own).version
        (place / "rules.yaml").write_text("- {use: nobody}\n", encoding="utf-8")
        with pytest.raises(MappingInvalid):
            current()
    finally:
        get_settings.cache_clear()
